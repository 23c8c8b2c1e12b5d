"""What one run of an action has at hand."""

import threading
from dataclasses import replace

import pytest

from tools.contexts import Contexts
from tools.fakes import FakePorts
from tools.principal import Principal
from tools.readings import Readings
from tools.run import Run
from tools.state import State


@pytest.mark.parametrize("at_hand", [True, False])
async def test_a_look_into_the_catalog_changes_threads_only_where_it_may_wait(
    at_hand: bool, ports: FakePorts, state: State, ada: Principal
) -> None:
    run = Run(ada, replace(ports, at_hand=at_hand), Contexts(state), Readings(state))

    here = await run.at_once(lambda _run: threading.current_thread() is threading.main_thread())

    assert here is at_hand
