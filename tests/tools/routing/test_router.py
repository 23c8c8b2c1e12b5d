"""Requests in words become the right action with the right arguments; what no action does is refused."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ingest.graph import CatalogGraph
from ingest.index.hashing import HashingEmbedder
from server.composition import Cuebook
from server.exam.asking.requests import (
    HELD_OUT,
    choose,
    exact_share,
    operation,
    read_requests,
    shipped_requests,
    tool_f1,
)
from server.meaning import KeptMeaning
from tests.server.memory import ENTITIES, small_cuebook
from tools.catalogue import Actions
from tools.principal import Principal
from tools.routing.dates import length_in_days, moments
from tools.routing.numerals import spelt
from tools.routing.router import Router

MEASURE = """description: Measure how much disk a folder takes.
effect: reads
scope: catalog:read
examples:
  - how big is {folder}
  - {says: measure the scratch disk, means: {folder: /var/tmp}}
parameters:
  folder: {type: string, description: Where., enum: [/usr/share, /var/tmp]}
command: {argv: [/usr/bin/du, -s, "{folder}"]}
"""


@pytest.fixture(scope="module")
def cuebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cuebook]:
    """With an action of the team's own, and no model to embed with."""
    home = tmp_path_factory.mktemp("home")
    (home / "actions.d").mkdir()
    (home / "actions.d" / "measure_folder.yaml").write_text(MEASURE)
    with small_cuebook(home, embedder={"kind": "hashing"}) as composed:
        yield composed


async def routed(cuebook: Cuebook, request: str, *, without: str = "") -> dict[str, Any]:
    whole = cuebook.local_principal(door="cli")
    principal = Principal(ref=whole.ref, scopes=whole.scopes - {without}, door="cli")
    return await cuebook.caller.call("route_request", {"request": request}, principal)


@pytest.mark.parametrize(
    ("request_", "action", "arguments"),
    [
        ("how big is /var/tmp", "measure_folder", {"folder": "/var/tmp"}),
        ("please measure the scratch disk", "measure_folder", {"folder": "/var/tmp"}),
        ("list my jobs", "list_jobs", {}),
        (
            "train als on world with 64 factors",
            "launch_training",
            {"model": "als", "config": {"factors": 64}},
        ),
        ("describe home-ranker", "describe_entity", {"entity": "component:default/home-ranker"}),
    ],
)
async def test_a_request_becomes_an_action_with_its_arguments(
    cuebook: Cuebook, request_: str, action: str, arguments: dict[str, Any]
) -> None:
    route = await routed(cuebook, request_)

    assert route["status"] == "ready"
    assert route["actions"][0]["action"] == action
    assert {"data": "world", **route["actions"][0]["arguments"]} == {"data": "world", **arguments}


async def test_what_is_missing_is_asked_for_with_candidates(cuebook: Cuebook) -> None:
    route = await routed(cuebook, "scaffold a training job called tempo")

    assert route["status"] == "incomplete"
    assert route["actions"][0]["arguments"] == {"name": "tempo"}
    (missing,) = route["actions"][0]["missing"]
    assert (missing["argument"], missing["candidates"]) == ("owner", ["group:default/ranking"])


@pytest.mark.parametrize("request_", ["delete home-ranker", "restart the feature store", "approve my plan"])
async def test_an_order_that_no_action_does_is_refused(cuebook: Cuebook, request_: str) -> None:
    route = await routed(cuebook, request_)

    assert (route["status"], route["actions"]) == ("none", [])


async def test_a_question_of_how_never_becomes_an_effect(cuebook: Cuebook) -> None:
    route = await routed(cuebook, "how do I roll back home-ranker?")

    assert route["actions"][0]["action"] == "ask"


async def test_names_that_one_may_not_read_are_no_candidates(cuebook: Cuebook) -> None:
    route = await routed(cuebook, "run the playbook migrate", without="playbooks:read")

    assert "migrate" not in str(route["actions"][0]["arguments"])
    assert all(not missing["candidates"] for missing in route["actions"][0]["missing"])


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("since yesterday", "2026-11-25"),
        ("since tuesday", "2026-11-24"),
        ("last week", "2026-11-19"),
        ("3 days ago", "2026-11-23"),
        ("in july", "2026-07"),
        ("in december", "2025-12"),
        ("from 2026-02-03 on", "2026-02-03"),
    ],
)
def test_days_are_resolved_against_today(text: str, day: str) -> None:
    (found,) = moments(text, today=date(2026, 11, 26))

    assert found.value == day


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("five of them", 5),
        ("twenty-five sweeps", 25),
        ("ninety", 90),
        ("a hundred neighbours", 100),
        ("two hundred and twelve", 212),
        ("a dozen", 12),
    ],
)
def test_numbers_in_words_are_read_whole(text: str, value: int) -> None:
    assert [found for _, _, found in spelt(text)] == [value]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("over the past 90 days", 90),
        ("last two weeks", 14),
        ("this month", 30),
        ("the last quarter", 90),
        ("soon", None),
    ],
)
def test_how_long_a_time_is_counts_in_days(text: str, days: int | None) -> None:
    found = length_in_days(text)

    assert (found[0] if found else None) == days


@pytest.mark.parametrize(
    ("request_", "action", "arguments"),
    [
        ("does pipeline v2 beat v1", "compare_models", {"a": "pipeline:2", "b": "pipeline:1"}),
        (
            "compare staging against production for pipeline",
            "compare_models",
            {"a": "pipeline@staging", "b": "pipeline@production"},
        ),
        ("evaluate whatever is on staging for pipeline", "launch_eval", {"model": "pipeline@staging"}),
        ("promote pipeline to staging", "promote_model", {"model": "pipeline", "alias": "staging"}),
        ("list the jobs that are waiting in line", "list_jobs", {"state": "queued"}),
        ("show all models, top 3 by recall@10", "query_model_catalog", {"sort_by": "recall@10", "limit": 3}),
        (
            "train als with 128 latent dims, twenty-five sweeps",
            "launch_training",
            {"model": "als", "config": {"factors": 128, "iterations": 25}},
        ),
        (
            "find passages on retries in home-ranker",
            "search_docs",
            {"question": "retries", "component": "component:default/home-ranker"},
        ),
        (
            "run train_to_promotion for a model named cove, owner ranking",
            "run_playbook",
            {"playbook": "train_to_promotion", "inputs": {"name": "cove", "owner": "group:default/ranking"}},
        ),
        (
            "als please: 96 factors, name sparrow",
            "launch_training",
            {"model": "als", "name": "sparrow", "config": {"factors": 96}},
        ),
        (
            "everything bob did in october",
            "query_audit",
            {"principal": "bob", "since": "2026-10", "until": "2026-10"},
        ),
        ("docs report, last two weeks", "docs_health", {"days": 14}),
        ("rejected plans since monday", "query_audit", {"kind": "reject", "since": "2026-11-23"}),
        ("unanswered questions for ranking's docs", "list_gaps", {"owner": "group:default/ranking"}),
        (
            "rec-sdk-repo: httpx -> 0.28.1",
            "propose_patch",
            {"repository": "rec-sdk-repo", "dependency": "httpx", "version": "0.28.1"},
        ),
        (
            "what would u15 get from pipeline:2",
            "preview_recommendations",
            {"model": "pipeline:2", "user": "u15"},
        ),
        ("list the runing jobs", "list_jobs", {"state": "running"}),
        ("cancel whatever is running", "cancel_job", {"job": "job-0a11"}),
    ],
)
def test_what_stands_apart_from_its_argument_is_found(
    request_: str, action: str, arguments: dict[str, Any]
) -> None:
    actions, catalog = Actions.discover(), CatalogGraph(ENTITIES)
    router = Router(actions, never=("route_request",))

    weighing = router.weigh(request_, operation(catalog, actions), None, today=date(2026, 11, 26))

    filled = weighing.filled[action].arguments
    assert {
        name: list(value) if isinstance(value, tuple) else value for name, value in filled.items()
    } == arguments


def test_the_held_out_requests_are_none_of_the_others() -> None:
    held_out, others = read_requests(HELD_OUT), shipped_requests()
    told = {each.request.lower() for each in held_out}
    assert len(told) == 62
    assert [each.id for each in others if each.request.lower() in told] == []  # prints none of those held out


def test_words_alone_choose_most_tools_where_no_model_embeds(tmp_path: Path) -> None:
    """The floor for deployments without an embedder; docs/requests.md has the figures with one."""
    actions, catalog = Actions.discover(), CatalogGraph(ENTITIES)
    asked = [each for each in shipped_requests() if each.actions][::5]
    meaning = KeptMeaning(HashingEmbedder, tmp_path)

    chosen = choose(
        asked, Router(actions, never=("route_request",)), operation(catalog, actions), meaning, actions
    )

    print(f"tool F1 {tool_f1(chosen):.2f}, arguments {exact_share(chosen):.2f}")
    assert sum(each.right for each in chosen) / len(chosen) >= 0.7
