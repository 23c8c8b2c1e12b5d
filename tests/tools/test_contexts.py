"""Conversations belong to whoever began them, are short, and end."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text

from tests.tools.conftest import Clock
from tools.contexts import Contexts
from tools.errors import NotFound
from tools.ports import Turn
from tools.state import State

ADA = "user:default/ada"


@pytest.fixture
def contexts(state: State, clock: Clock) -> Contexts:
    return Contexts(state, turns=3, days=2, each=4, clock=clock)


def _turn(number: int) -> Turn:
    return Turn(f"question {number}", f"answer {number}", (f"component:default/c{number}",))


def test_a_conversation_keeps_its_last_turns(contexts: Contexts) -> None:
    handle = contexts.remember("", _turn(0), principal=ADA)
    for number in range(1, 5):
        assert contexts.remember(handle, _turn(number), principal=ADA) == handle
    assert contexts.history(handle, principal=ADA) == (_turn(2), _turn(3), _turn(4))
    assert contexts.history("", principal=ADA) == ()


def test_somebody_elses_handle_looks_like_none(contexts: Contexts) -> None:
    handle = contexts.remember("", _turn(0), principal=ADA)
    messages = []
    for wrong, who in ((handle, "user:default/bob"), ("x" * len(handle), ADA)):
        with pytest.raises(NotFound) as caught:
            contexts.history(wrong, principal=who)
        messages.append(str(caught.value).replace(wrong, "…"))
    assert messages[0] == messages[1]
    assert contexts.remember(handle, _turn(1), principal="user:default/bob") != handle
    assert contexts.history(handle, principal=ADA) == (_turn(0),)


def test_an_unused_conversation_expires_and_is_removed(
    contexts: Contexts, clock: Clock, state: State
) -> None:
    handle = contexts.remember("", _turn(0), principal=ADA)
    clock.now += 2 * 86_400
    with pytest.raises(NotFound, match="may have expired"):
        contexts.history(handle, principal=ADA)
    contexts.remember("", _turn(1), principal=ADA)
    with state.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM contexts")).scalar() == 1


def test_the_oldest_conversations_make_room(contexts: Contexts, clock: Clock) -> None:
    handles = []
    for number in range(6):
        clock.now += 1
        handles.append(contexts.remember("", _turn(number), principal=ADA))
    assert contexts.history(handles[5], principal=ADA)
    assert contexts.history(handles[2], principal=ADA)
    with pytest.raises(NotFound):
        contexts.history(handles[1], principal=ADA)


def test_long_texts_are_shortened(contexts: Contexts) -> None:
    long = Turn("q" * 50_000, "a" * 50_000, tuple(f"component:default/c{n}" for n in range(100)))
    (kept,) = contexts.history(contexts.remember("", long, principal=ADA), principal=ADA)
    assert (len(kept.question), len(kept.answer), len(kept.entities)) == (4_000, 4_000, 20)


def test_a_store_that_cannot_be_written_costs_the_conversation_only(
    contexts: Contexts, state: State, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(state.path)) as connection:
        connection.execute("DROP TABLE contexts")
    assert contexts.remember("", _turn(0), principal=ADA) == ""
    assert "could not be stored" in caplog.text
