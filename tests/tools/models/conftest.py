"""A caller over a home with really registered models."""

from pathlib import Path

import pytest

from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.fakes import FakePorts
from tools.models import ModelBook
from tools.state import State


@pytest.fixture
def ada() -> Principal:
    return Principal(ref="user:default/ada", scopes=frozenset({"models:read", "models:preview"}), door="rest")


@pytest.fixture
def book(served: Path) -> ModelBook:
    """Only read through it: the home is shared."""
    return ModelBook(served)


@pytest.fixture
def caller(*, actions: Actions, ports: FakePorts, state: State, audit: Audit, book: ModelBook) -> Caller:
    return Caller(actions, ports, state, audit, models=book)
