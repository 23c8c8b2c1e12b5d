"""A log of questions, and a caller that records into it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.conftest import Clock
from tools import Actions
from tools.audit import Audit
from tools.call import Caller
from tools.fakes import FakePorts
from tools.questions import QuestionLog
from tools.state import State


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Iterator[QuestionLog]:
    made = QuestionLog(tmp_path / "home", days=30, hidden=("hunter2-hunter2",), clock=clock)
    yield made
    made.close()


@pytest.fixture
def asking(actions: Actions, ports: FakePorts, state: State, audit: Audit, log: QuestionLog) -> Caller:
    return Caller(actions, ports, state, audit, questions=log, clock=log.clock)
