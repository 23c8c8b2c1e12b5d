"""A server whose policy asks for everything, and an approver whose passphrase is checked at no cost."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.approving.passphrases import Passphrase
from server.composition import Cuebook
from tests.server.memory import small_cuebook

SECRET = "correct horse battery"
POLICY = """\
version: 1
rules:
  - {name: a person looks, verdict: ask, because: effects wait for a person}
"""
TWO_LOOK = """\
version: 1
rules:
  - {name: two look, verdict: ask, approval: {approvers: [user:default/eve, user:default/max], count: 2}}
"""


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Passphrase, "_hashed", lambda self, text: hashlib.sha256(f"{self.salt}{text}".encode()).hexdigest()
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    path.mkdir()
    (path / "policy.yaml").write_text(POLICY)
    return path


@pytest.fixture
def cuebook(home: Path, cheap_hashes: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cuebook]:
    monkeypatch.setattr(Cuebook, "warm_in_background", lambda _self: None)
    with small_cuebook(home) as composed:
        composed.proofs.approvers.add("eve", passphrase=Passphrase.of(SECRET), by="")
        yield composed
