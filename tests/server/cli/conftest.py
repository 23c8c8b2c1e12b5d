"""A terminal for each test: a small tree of catalog and docs, a home, and `cuebook` to type."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from server.approving.passphrases import Passphrase
from server.cli import main

CATALOG = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: night-index
  description: Builds the nearest-neighbour index every night.
  annotations: {backstage.io/techdocs-ref: "dir:."}
spec: {type: service, lifecycle: production, owner: retrieval}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: retrieval}
spec: {type: team, children: []}
"""
RUNBOOK = """\
# Night index runbook

## Recall gate fails

The build stops when recall at 100 is under 0.95.

1. Compare the embedding batch with yesterday's.
2. Run `nightctl rebuild --exact`.

## Disk pressure

Old index files are removed after three days.
"""


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and both outputs."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cuebook = Callable[..., Ran]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "docs").mkdir(parents=True)
    (root / "catalog-info.yaml").write_text(CATALOG)
    (root / "mkdocs.yml").write_text("site_name: Night index\nnav: [{Runbook: runbook.md}]\n")
    (root / "docs" / "runbook.md").write_text(RUNBOOK)
    return root


@pytest.fixture
def cuebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cuebook:
    """Type `cuebook ARGUMENTS` in a folder of its own, with the embedder that needs no model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CUEBOOK_EMBEDDER__KIND", "hashing")
    monkeypatch.setenv("CUEBOOK_HOME", str(tmp_path / "home"))

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        printed = capsys.readouterr()
        return Ran(int(left.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def indexed(cuebook: Cuebook, tree: Path) -> Cuebook:
    """The same terminal, after `cuebook ingest TREE`."""
    ran = cuebook("ingest", str(tree))
    assert ran.code == 0, ran.err
    return cuebook


class Person:
    """Sits at the terminal: gives one answer after another, and sees what is shown."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.seen: list[str] = []

    def say(self, text: str) -> None:
        self.seen.append(text)

    def ask(self, prompt: str) -> str:
        self.seen.append(prompt)
        return self.answers.pop(0)

    ask_hidden = ask


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash that costs nothing; tests/server/approving has the real one."""
    monkeypatch.setattr(
        Passphrase, "_hashed", lambda self, text: hashlib.sha256(f"{self.salt}{text}".encode()).hexdigest()
    )


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    sitting = Person()

    @contextmanager
    def open_terminal() -> Iterator[Person]:
        yield sitting

    monkeypatch.setattr("server.approving.terminal.open_terminal", open_terminal)
    return sitting
