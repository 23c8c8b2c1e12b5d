"""`cuebook exam requests`: one table for the router, a model with tools, and a model as an MCP client."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.answers import ScriptedModel, ToolCall
from ingest.errors import ModelUnavailable
from server.composition import Cuebook
from server.exam.asking.requested import examine_requests
from server.exam.asking.requests import RequestsInvalid, Wanted, read_requests
from tests.server.cli.conftest import Cuebook as Command
from tests.server.cli.conftest import cuebook
from tests.server.memory import small_cuebook

__all__ = ["cuebook"]  # fixture

TRAIN = Wanted(
    "a", "train als with 64 factors", ("launch_training",), {"model": "als", "config": {"factors": 64}}
)
PIZZA = Wanted("b", "order pizza", ())
LIST = Wanted("c", "list my jobs", ("list_jobs",))
TRAINING = {
    "model": "als",
    "config": {"factors": 64},
    "data": "world",
}  # what is the default need not be left out


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Cuebook]:
    with small_cuebook(tmp_path, embedder={"kind": "hashing"}) as composed:
        yield composed


def test_without_a_model_the_router_has_the_only_column(small: Cuebook) -> None:
    columns = examine_requests(small, [TRAIN, LIST], model=None)

    assert list(columns) == ["no model"]
    assert (columns["no model"]["request_right"], columns["no model"]["request_exact"]) == (1, 1)


def test_a_model_chooses_among_the_actions_and_over_mcp(small: Cuebook) -> None:
    """Over MCP it looks for what the short list leaves out; nothing of what it chooses is called."""
    model = ScriptedModel(
        (
            ToolCall("launch_training", TRAINING),
            "No tool orders pizza.",
            ToolCall("list_jobs", {"state": "failed"}),
            ToolCall("find_actions", {"text": "train"}),
            ToolCall("call_action", {"name": "launch_training", "arguments": TRAINING}),
            "No tool orders pizza.",
            ToolCall("call_action", {"name": "list_jobs"}),
        )
    )

    columns = examine_requests(small, [TRAIN, PIZZA, LIST], model=("tiny", model))

    assert list(columns) == ["no model", "tiny", "tiny over MCP"]
    assert (columns["tiny"]["request_right"], columns["tiny"]["request_exact"]) == (1, 0.5)
    assert (columns["tiny over MCP"]["request_right"], columns["tiny over MCP"]["request_exact"]) == (1, 1)
    assert "als" in model.seen[0][0].content  # the names that the router knows
    assert '"launch_training"' in model.seen[4][-1].content  # what find_actions answered
    assert asyncio.run(small.caller.plans(small.local_principal(door="cli"))) == ()


def test_a_client_that_only_looks_for_actions_has_chosen_none(small: Cuebook) -> None:
    model = ScriptedModel(("Nothing.", ToolCall("find_actions", {"text": "train"})))

    columns = examine_requests(small, [TRAIN], model=("tiny", model))

    assert columns["tiny over MCP"]["request_right"] == 0


def test_a_model_that_is_down_is_told(small: Cuebook) -> None:
    model = ScriptedModel((ModelUnavailable("the model 'tiny' did not answer"),))

    with pytest.raises(ModelUnavailable, match="'tiny' did not answer"):
        examine_requests(small, [TRAIN], model=("tiny", model))


@pytest.mark.parametrize("line", ["{", '{"id": "a"}', '["a"]', ""])
def test_requests_that_cannot_be_read_are_named(line: str, tmp_path: Path, cuebook: Command) -> None:
    file = tmp_path / "mine.jsonl"
    good = json.dumps({"id": "a", "request": "list my jobs", "action": "list_jobs"})
    file.write_text(f"{good}\n{line}\n" if line else "\n", encoding="utf-8")

    with pytest.raises(RequestsInvalid, match="line 2" if line else "holds no request"):
        read_requests(file)
    ran = cuebook("exam", "requests", str(file))
    assert ran.code == 2
    assert "mine.jsonl" in ran.err
