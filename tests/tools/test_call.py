"""The one call path: validate, authorise, run, record."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import Field, SecretStr

from tests.tools.conftest import Clock
from tools import Actions, Effect, Input, Output, Principal, Run, action
from tools.audit import Audit
from tools.call import Caller
from tools.errors import (
    ActionFailed,
    InvalidArguments,
    NotAllowed,
    NotFound,
    Unavailable,
    UnknownAction,
)
from tools.fakes import FakePorts
from tools.state import State


class Key(Input):
    name: str = Field(default="", description="Whom to greet.")
    login: SecretStr = Field(default=SecretStr(""), description="A secret by its type.")
    api_key: str = Field(default="", description="A secret by its name.")


class Greeting(Output):
    text: str = Field(description="A greeting.")


class EndpointDown(Exception):
    """An error of a port."""


@action(effect=Effect.READS, scope="docs:read")
async def greet(input: Key, run: Run) -> Greeting:
    """Greet somebody."""
    if input.name == "nobody":
        raise KeyError("s3cret detail")
    if input.name == "down":
        raise EndpointDown("the embedder at example.org does not answer")
    return Greeting(text=f"hello {input.name}")


@pytest.fixture
def greeter(ports: FakePorts, state: State, audit: Audit, clock: Clock) -> Caller:
    return Caller(Actions([greet]), ports, state, audit, clock=clock, foreign={EndpointDown: Unavailable})


async def test_a_read_answers_its_output_and_leaves_one_row(
    greeter: Caller, ada: Principal, audit: Audit
) -> None:
    assert await greeter.call("greet", {"name": "Eve"}, ada) == {"text": "hello Eve"}
    (entry,) = audit.entries()
    assert {
        name: entry.body[name] for name in ("kind", "action", "principal", "door", "outcome", "effect")
    } == {
        "kind": "call",
        "action": "greet",
        "principal": ada.ref,
        "door": "cli",
        "outcome": "ok",
        "effect": "reads",
    }
    assert entry.body["ms"] >= 0


async def test_a_bad_argument_is_told_by_field_value_and_reason(
    caller: Caller, ada: Principal, audit: Audit
) -> None:
    with pytest.raises(InvalidArguments) as caught:
        await caller.call("search_docs", {"qestion": "x", "k": "many", "owner": 7}, ada)
    text = str(caught.value)
    assert "- qestion = 'x': is not a field of search_docs; did you mean 'question'?" in text
    assert "- question: is required and was not given" in text
    assert "- k = 'many': input should be a valid integer" in text
    assert "- owner = 7: input should be a valid string" in text
    assert {problem["field"] for problem in caught.value.details["problems"]} == {
        "qestion",
        "question",
        "k",
        "owner",
    }
    assert audit.entries()[-1].body["outcome"] == "invalid_arguments"


@pytest.mark.parametrize("arguments", [None, [], "text", 3])
async def test_arguments_that_are_no_object_are_refused(
    caller: Caller, ada: Principal, arguments: Any
) -> None:
    with pytest.raises(InvalidArguments, match="takes a JSON object"):
        await caller.call("ask", arguments, ada)


async def test_a_null_for_an_optional_field_counts_as_left_out(caller: Caller, ada: Principal) -> None:
    answered = await caller.call("query_catalog", {"kind": None, "limit": None, "text": "features"}, ada)
    assert answered["total"] == 2


async def test_without_the_scope_nothing_runs(caller: Caller, audit: Audit) -> None:
    eve = Principal(ref="user:default/eve", scopes=frozenset({"catalog:read"}))
    with pytest.raises(
        NotAllowed, match=r"needs the scope 'docs:read', and the scopes held are: catalog:read"
    ):
        await caller.call("ask", {"question": "what?"}, eve)
    assert audit.entries()[-1].body["outcome"] == "not_allowed"


async def test_an_unknown_action_is_recorded_too(caller: Caller, ada: Principal, audit: Audit) -> None:
    with pytest.raises(UnknownAction):
        await caller.call("drop_tables", {"x": 1}, ada)
    body = audit.entries()[-1].body
    assert (body["action"], body["outcome"], body["arguments"]) == ("drop_tables", "unknown_action", {"x": 1})


async def test_secrets_are_in_no_row_and_no_error(greeter: Caller, ada: Principal, audit: Audit) -> None:
    arguments: Mapping[str, Any] = {"login": "hunter2", "api_key": "hunter2", "nested": {"token": "hunter2"}}
    with pytest.raises(InvalidArguments) as caught:
        await greeter.call("greet", {**arguments, "login": {"a": "hunter2"}}, ada)
    await greeter.call("greet", {"login": "hunter2", "api_key": "hunter2"}, ada)
    assert "hunter2" not in str(caught.value.details["problems"][0])
    assert "hunter2" not in str([entry.body for entry in audit.entries()])


async def test_an_unforeseen_error_keeps_its_details_to_the_log(
    greeter: Caller, ada: Principal, audit: Audit, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(ActionFailed, match="greet failed with KeyError") as caught,
    ):
        await greeter.call("greet", {"name": "nobody"}, ada)
    assert "s3cret" not in str(caught.value)
    assert "s3cret" in caplog.text
    assert audit.entries()[-1].body["outcome"] == "action_failed"


async def test_an_error_of_a_port_becomes_the_named_one(greeter: Caller, ada: Principal) -> None:
    with pytest.raises(Unavailable, match=r"example\.org does not answer"):
        await greeter.call("greet", {"name": "down"}, ada)


async def test_huge_arguments_leave_a_small_row(greeter: Caller, ada: Principal, audit: Audit) -> None:
    deep: Any = "x" * 100_000
    for _ in range(500):
        deep = [deep]
    with pytest.raises(InvalidArguments):
        await greeter.call("greet", {"name": ["y" * 1_000_000] * 500, "deep": deep, "n": float("nan")}, ada)
    assert len(str(audit.entries()[-1].body)) < 110_000


async def test_a_full_disk_costs_a_read_its_row_and_nothing_else(
    greeter: Caller, ada: Principal, audit: Audit, caplog: pytest.LogCaptureFixture
) -> None:
    audit.close()
    assert await greeter.call("greet", {"name": "Eve"}, ada) == {"text": "hello Eve"}
    assert "could not be recorded" in caplog.text


async def test_events_of_a_stream_reach_the_listener(caller: Caller, ada: Principal) -> None:
    heard: list[Mapping[str, Any]] = []
    answered = await caller.call("ask", {"question": "how fresh are features"}, ada, listen=heard.append)
    await asyncio.sleep(0)
    assert [event["type"] for event in heard][:2] == ["retrieved", "citation"]
    assert (
        "".join(event["delta"] for event in heard if event["type"] == "text").split()
        == answered["answer"].split()
    )


async def test_another_principals_context_is_not_found(
    caller: Caller, ada: Principal, bob: Principal
) -> None:
    context = (await caller.call("ask", {"question": "how fresh are features"}, ada))["context"]
    with pytest.raises(NotFound, match="leave `context` out"):
        await caller.call("ask", {"question": "and who owns it", "context": context}, bob)


async def test_reads_do_not_block_each_other(caller: Caller, ada: Principal) -> None:
    answers = await asyncio.gather(*(caller.call("query_catalog", {}, ada) for _ in range(20)))
    assert {answered["total"] for answered in answers} == {5}
