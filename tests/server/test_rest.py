"""REST shows the actions, the catalog, and the state."""

import json
from pathlib import Path

import httpx
import pytest
from mcp import Client

from server.composition import Cuebook
from server.mcp import build_mcp
from tests.conftest import Golden
from tests.server.conftest import served
from tests.server.memory import small_cuebook


async def test_the_openapi_document_is_reviewed_like_code(client: httpx.AsyncClient, golden: Golden) -> None:
    golden("openapi.json", (await client.get("/api/openapi.json")).json())


async def test_every_action_is_a_documented_route_with_its_own_schemas(
    client: httpx.AsyncClient, cuebook: Cuebook
) -> None:
    paths = (await client.get("/api/openapi.json")).json()["paths"]

    for info in cuebook.actions.list():
        operation = paths[f"/api/v1/actions/{info.name}"]["post"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert (body, answer) == (info.input_schema, info.output_schema)
        assert operation["operationId"] == info.name


async def test_the_page_about_the_api_names_every_operation(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    page = (await client.get("/api/docs")).text

    for methods in document["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page


async def test_an_action_answers_its_structured_result(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/actions/ask", json={"question": "How do I restart the ranker?"})

    assert answer.status_code == 200
    assert answer.json()["citations"][0]["path"] == "ops/runbook.md"


@pytest.mark.parametrize("value", ["5", 5.0, True])
async def test_a_whole_number_is_sent_as_one_in_json_and_as_a_text_in_a_query(
    client: httpx.AsyncClient, cuebook: Cuebook, value: object
) -> None:
    wrong = {"question": "ranker", "k": value}
    refused = await client.post("/api/v1/actions/search_docs", json=wrong)
    async with Client(build_mcp(cuebook)) as mcp:
        told = await mcp.call_tool("search_docs", wrong)
    read = await client.get("/api/v1/entities", params={"limit": "5"})

    (problem,) = refused.json()["error"]["details"]["problems"]
    assert refused.status_code == 422
    assert problem == {
        "field": "k",
        "value": json.dumps(value),
        "reason": "input should be a whole number without quotes or decimal point",
    }
    assert told.is_error
    assert f"- k = {json.dumps(value)}: input should be a whole number" in str(told.content)
    assert read.status_code == 200


async def test_an_effect_is_planned_and_then_applied_once(client: httpx.AsyncClient) -> None:
    planned = (await client.post("/api/v1/actions/refresh_index", json={})).json()
    shown = (await client.get(f"/api/v1/plans/{planned['digest']}")).json()
    applied = (await client.post(f"/api/v1/plans/{planned['digest']}/apply")).json()
    again = (await client.post(f"/api/v1/plans/{planned['digest']}/apply")).json()

    assert (planned["status"], shown["status"]) == ("planned", "planned")
    assert applied["status"] == "done"
    assert applied["result"]["generation"] == again["result"]["generation"] == "g1"


async def test_entities_are_filtered_and_counted_for_the_next_filter(client: httpx.AsyncClient) -> None:
    found = (await client.get("/api/v1/entities?kind=component&lifecycle=production&limit=1")).json()

    assert found["total"] == 1
    assert found["items"][0]["ref"] == "component:default/home-ranker"
    assert found["facets"]["lifecycle"] == {"experimental": 1, "production": 1}
    assert found["facets"]["kind"] == {"component": 1}


async def test_a_page_of_entities_begins_where_the_last_one_ended(client: httpx.AsyncClient) -> None:
    refs = [
        (await client.get(f"/api/v1/entities?limit=1&offset={offset}")).json()["items"][0]["ref"]
        for offset in range(3)
    ]

    assert refs == sorted(set(refs))


async def test_an_entity_shows_relations_both_ways_and_what_is_missing(client: httpx.AsyncClient) -> None:
    entity = (await client.get("/api/v1/entities/component/default/home-ranker")).json()

    relations = {(each["type"], each["target"]): each["dangling"] for each in entity["relations"]}
    assert relations["dependsOn", "resource:default/gone"] is True
    assert relations["dependsOn", "component:default/feature-store"] is False
    assert [page["path"] for page in entity["docs"]] == ["index.md", "ops/runbook.md"]


async def test_alive_and_ready_are_two_questions(tmp_path: Path) -> None:
    with small_cuebook(tmp_path, missing=True) as cuebook:
        async with served(cuebook) as client:
            alive, ready = await client.get("/healthz"), await client.get("/readyz")
            status = (await client.get("/api/v1/status")).json()
            asked = await client.post("/api/v1/actions/query_catalog", json={})
            cuebook.parts.library_double.missing = False  # type: ignore[attr-defined]  # the double of memory.py
            later = await client.get("/readyz")

    assert (alive.status_code, ready.status_code, later.status_code) == (200, 503, 200)
    assert "cuebook ingest" in ready.json()["error"]["message"]
    assert status["index"] is None
    assert "cuebook ingest" in status["degraded"][0]
    assert asked.status_code == 503
    assert "cuebook ingest" in asked.json()["error"]["message"]


async def test_metrics_count_calls_by_action_and_never_by_what_a_client_made_up(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/api/v1/actions/query_catalog", json={})
    await client.post("/api/v1/actions/made_up", json={})
    await client.get("/made/up")

    text = (await client.get("/metrics")).text

    assert 'cuebook_action_calls_total{action="query_catalog",door="rest",outcome="ok"} 1.0' in text
    assert "made_up" not in text
    assert "made/up" not in text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/api/v1/plans"),
        ("get", "/api/v1/plans/{digest}"),
        *(("post", f"/api/v1/plans/{{digest}}/{verb}") for verb in ("apply", "approve", "reject")),
    ],
)
async def test_what_a_plan_is_answered_with_is_described_as_the_actions_describe_it(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    document = (await client.get("/api/openapi.json")).json()

    schema = document["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
    answer = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    action = document["paths"]["/api/v1/actions/rate_answer"]["post"]["responses"]["200"]
    assert set(answer["required"]) == set(action["content"]["application/json"]["schema"]["required"])
