"""What happens to whole processes: killed, started twice, out of disk, cut off from their embedder."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import CUEBOOK, ROOT, environment

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

_SECTIONS = 600  # more than two commits of the embedding cache
_QUESTION = "How is shard 7 drained?"
_HOME = ["approvers.json", "approvers.lock", "audit.db", "index", "questions.db", "state.db"]
_CATALOG = """apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: shards, annotations: {backstage.io/techdocs-ref: "dir:."}}
spec: {type: service, lifecycle: production, owner: storage}
"""


class Embeddings:
    """An OpenAI-shaped endpoint that answers `free` requests and lets all others wait until `go` is set."""

    def __init__(self) -> None:
        self.go, self.stuck, self.free = threading.Event(), threading.Event(), 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
                outer.wait()
                rows = [{"index": n, "embedding": [1.0, float(len(text))]} for n, text in enumerate(asked)]
                with suppress(OSError):  # whoever asked was killed
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(json.dumps({"data": rows}).encode())

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self) -> None:
        self.free -= 1
        if self.free < 0:
            self.stuck.set()
            self.go.wait()


@pytest.fixture
def embeddings() -> Iterator[Embeddings]:
    endpoint = Embeddings()
    yield endpoint
    endpoint.go.set()
    endpoint.server.shutdown()
    endpoint.server.server_close()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    docs = tmp_path / "tree" / "docs"
    docs.mkdir(parents=True)
    (docs.parent / "catalog-info.yaml").write_text(_CATALOG)
    (docs.parent / "mkdocs.yml").write_text("site_name: Shards\n")
    sections = (f"## Shard {n}\n\nDrain shard {n} with `drain --shard {n}`.\n" for n in range(_SECTIONS))
    (docs / "index.md").write_text("# Shards\n\n" + "\n".join(sections))
    return docs.parent


def cuebook(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Type one command; whatever happens, nobody sees a traceback."""
    done = subprocess.run(
        [*CUEBOOK, *arguments], env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert "Traceback" not in done.stderr
    return done


def over(endpoint: str, home: Path) -> dict[str, str]:
    return environment(
        home,
        CUEBOOK_EMBEDDER__KIND="openai",
        CUEBOOK_EMBEDDER__URL=endpoint,
        CUEBOOK_EMBEDDER__MODEL="tiny",
    )


def test_a_killed_ingest_is_resumed_and_a_second_one_waits_its_turn(
    tmp_path: Path, tree: Path, embeddings: Embeddings
) -> None:
    env = over(embeddings.url, tmp_path / "home")
    embeddings.free = 1_000
    (tree / "docs" / "first.md").write_text("# First\n\nThe first index answers.\n")
    page = (tree / "docs" / "index.md").read_text()
    (tree / "docs" / "index.md").write_text("# Shards\n\nShard 7 is drained on Mondays.\n")
    assert cuebook("ingest", str(tree), env=env).returncode == 0
    (tree / "docs" / "index.md").write_text(page)

    embeddings.free = 5  # of 64 texts each: one commit and the beginning of the next
    killed = subprocess.Popen([*CUEBOOK, "ingest", str(tree)], env=env, cwd=ROOT, stderr=subprocess.DEVNULL)
    assert embeddings.stuck.wait(60)
    second = cuebook("ingest", str(tree), env=env)
    killed.kill()
    killed.wait()
    embeddings.go.set()

    assert second.returncode == 8
    assert f"process {killed.pid} is building the index" in second.stderr
    assert "on Mondays" in cuebook("ask", _QUESTION, env=env).stdout
    report = json.loads(cuebook("ingest", str(tree), "--json", env=env).stdout)
    assert report["cached"] >= 256
    assert report["embedded"] > 0
    assert "drain --shard 7" in cuebook("ask", _QUESTION, env=env).stdout
    generations = tmp_path / "home" / "index" / "generations"
    assert len(list(generations.iterdir())) == 2
    assert list((tmp_path / "home").rglob("*.tmp")) == []


def test_without_its_embedder_search_says_so_and_goes_on(tmp_path: Path, tree: Path) -> None:
    home = tmp_path / "home"
    assert cuebook("ingest", str(tree), env=environment(home)).returncode == 0
    env = over("http://127.0.0.1:9/v1", home)

    failed = cuebook("ingest", str(tree), env=env)
    asked = cuebook("ask", _QUESTION, env=env)

    assert failed.returncode == 8
    assert "http://127.0.0.1:9/v1/embeddings does not answer" in failed.stderr
    assert asked.returncode == 0
    assert "drain --shard 7" in asked.stdout
    assert "note: " in asked.stderr


def test_a_killed_server_leaves_its_home_whole(tmp_path: Path, tree: Path) -> None:
    env = environment(tmp_path / "home")
    assert cuebook("ingest", str(tree), env=env).returncode == 0
    for _ in range(2):
        server = subprocess.Popen(
            [*CUEBOOK, "serve", "--port", "0"], env=env, cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        assert server.stderr is not None
        address = next(line.split()[-1] for line in server.stderr if "serves on" in line)
        threads = [threading.Thread(target=_ask, args=(address,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(0.4)  # long enough to have begun, too short for all of them
        server.send_signal(signal.SIGKILL)
        server.communicate()
        for thread in threads:
            thread.join()

    found = {each["check"]: each["ok"] for each in json.loads(cuebook("doctor", "--json", env=env).stdout)}
    assert (found["index"], found["audit"]) == (True, True)
    assert "drain --shard 7" in cuebook("ask", _QUESTION, env=env).stdout
    assert sorted(path.name for path in (tmp_path / "home").iterdir()) == _HOME


def _ask(address: str) -> None:
    body = json.dumps({"question": _QUESTION}).encode()
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{address}/api/v1/ask/stream", data=body, headers={"content-type": "application/json"}
    )
    with suppress(OSError), urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        answer.read()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """An empty disk of 6 MB."""
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("mounting a small disk needs root and mount")
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_costs_the_new_index_and_never_the_old_one(tree: Path, small_disk: Path) -> None:
    env = environment(small_disk / "home")
    page = (tree / "docs" / "index.md").read_text()
    (tree / "docs" / "index.md").write_text("# Shards\n\nShard 7 is drained on Mondays.\n")
    assert cuebook("ingest", str(tree), env=env).returncode == 0
    assert cuebook("ask", _QUESTION, env=env).returncode == 0
    before = sorted(path.relative_to(small_disk) for path in small_disk.rglob("*"))
    (tree / "docs" / "index.md").write_text(page)
    _fill(small_disk / "fill")

    failed = cuebook("ingest", str(tree), env=env)
    asked = cuebook("ask", _QUESTION, env=env)
    planned = cuebook("actions", "call", "refresh_index", env=env)
    saved = cuebook("backup", str(small_disk / "saved.tar.gz"), env=env)

    assert failed.returncode == 1
    assert f"no space is left on the disk of {small_disk}" in failed.stderr
    assert "on Mondays" in asked.stdout
    assert "a conversation could not be stored" in asked.stderr
    assert "audit.db cannot be written" in asked.stderr
    assert "--context" not in asked.stdout
    assert (planned.returncode, "state.db cannot be written" in planned.stderr) == (1, True)
    assert (saved.returncode, "saved.tar.gz was not written" in saved.stderr) == (1, True)
    (small_disk / "fill").unlink()
    assert sorted(path.relative_to(small_disk) for path in small_disk.rglob("*")) == before
    assert cuebook("ingest", str(tree), env=env).returncode == 0
    assert "drain --shard 7" in cuebook("ask", _QUESTION, env=env).stdout


def _fill(path: Path) -> None:
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
