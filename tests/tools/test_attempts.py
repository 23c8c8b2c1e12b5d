"""Guessing is slow, through restarts, at the same time, and however the clock is set."""

from concurrent.futures import ThreadPoolExecutor

from tools.state import State
from tools.state.attempts import wait_after

DAY = 24 * 3600.0


def failures(state: State, times: int, *, now: float) -> float:
    waited = 0.0
    for _ in range(times):
        waited = state.attempts.begin("terminal:ada", now=now)
    return waited


def test_the_fourth_wrong_secret_has_to_wait(state: State) -> None:
    assert failures(state, 3, now=0) == 0
    assert state.attempts.begin("terminal:ada", now=1) == 29
    assert state.attempts.begin("page:ada", now=1) == 0
    assert state.attempts.begin("terminal:ada", now=30) == 0
    assert state.attempts.begin("terminal:ada", now=31) == 59


def test_the_wait_doubles_up_to_an_hour() -> None:
    waits = [wait_after(number) for number in (1, 2, 3, 4, 5, 20, 10**9)]
    assert waits == [0, 0, 30, 60, 120, 3600, 3600]


def test_a_right_secret_forgets_the_wrong_ones(state: State) -> None:
    failures(state, 2, now=0)
    state.attempts.succeeded("terminal:ada")
    assert failures(state, 3, now=1) == 0


def test_a_clock_that_is_set_back_neither_ends_a_wait_nor_prolongs_it(state: State) -> None:
    failures(state, 3, now=DAY)
    assert state.attempts.begin("terminal:ada", now=0) == 30
    assert state.attempts.begin("terminal:ada", now=29) == 1
    assert state.attempts.begin("terminal:ada", now=31) == 0


def test_guesses_at_the_same_time_are_no_more_guesses(state: State) -> None:
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: state.attempts.begin("terminal:ada", now=0), range(16)))
    assert waits.count(0) == 3


def test_a_restart_forgets_nothing(state: State) -> None:
    failures(state, 3, now=0)
    other = State.open(state.path)
    try:
        assert other.attempts.begin("terminal:ada", now=0) == 30
    finally:
        other.close()
