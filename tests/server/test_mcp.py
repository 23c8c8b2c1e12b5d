"""The MCP door, in both protocol eras, in memory and over HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, PromptReference, ResourceTemplateReference, TextContent

from server.app import make_app
from server.composition import Cuebook
from server.mcp import build_mcp
from server.settings import ApiToken
from tests.conftest import Golden
from tests.server.memory import small_cuebook

RANKER = "component/default/home-ranker"
ERAS = ["auto", "legacy"]


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> Any:
    return request.param


def text_of(result: Any) -> str:
    block = result.content[0]
    assert isinstance(block, TextContent)
    return block.text


async def test_a_call_answers_structured_and_as_text(cuebook: Cuebook, era: Any) -> None:
    async with Client(build_mcp(cuebook), mode=era) as client:
        result = await client.call_tool("ask", {"question": "How do I restart the ranker?"})

    assert result.is_error is False
    assert result.structured_content is not None
    assert json.loads(text_of(result)) == result.structured_content
    assert result.structured_content["citations"][0]["anchor"] == "restart-the-ranker"


async def test_a_model_reads_no_field_that_says_nothing(cuebook: Cuebook) -> None:
    """All over REST, less over MCP; what is left still fits the schema that the list declares."""
    async with Client(build_mcp(cuebook)) as client:
        told = (
            await client.call_tool("ask", {"question": "How do I restart the ranker?"})
        ).structured_content
        by_name = {"name": "ask", "arguments": {"question": "How do I restart the ranker?"}}
        called = (await client.call_tool("call_action", by_name)).structured_content
    whole = await cuebook.caller.call(
        "ask", {"question": "How do I restart the ranker?"}, cuebook.local_principal(door="rest")
    )

    assert told is not None and called is not None
    assert (
        told.keys()
        == called.keys()
        == whole.keys() - {*("facts", "facts_total", "nearest", "flagged", "conflicts", "checks", "note")}
    )
    assert "unvouched" in whole["citations"][0].keys() - told["citations"][0].keys()
    assert told["citations"][0]["link"] == whole["citations"][0]["link"]


async def test_a_list_that_a_client_sent_as_text_is_read(cuebook: Cuebook) -> None:
    async with Client(build_mcp(cuebook)) as client:
        result = await client.call_tool(
            "search_docs", {"question": "restart ranker", "kind": '["component"]'}
        )

    assert result.is_error is False


@pytest.mark.parametrize(
    ("tool", "arguments", "text"),
    [
        ("ask", {"question": 3}, "question"),
        ("ask", {"question": "x", "made_up": 1}, "made_up"),
        ("describe_entity", {"entity": "component:default/home-rankr"}, "home-ranker"),
        ("apply_plan", {"digest": "none"}, "call the action again"),
        ("apply_plan", {}, "call the action again"),
    ],
)
async def test_what_a_model_can_mend_is_an_error_it_reads(
    tool: str, arguments: dict[str, Any], text: str, cuebook: Cuebook, era: Any
) -> None:
    async with Client(build_mcp(cuebook), mode=era) as client:
        result = await client.call_tool(tool, arguments)

    assert result.is_error is True
    assert text in text_of(result)
    assert not text_of(result).startswith("Error executing")


async def test_names_that_do_not_exist_are_faults_of_the_protocol(cuebook: Cuebook, era: Any) -> None:
    async with Client(build_mcp(cuebook), mode=era) as client:
        for call in (
            lambda: client.call_tool("aks", {}),
            lambda: client.get_prompt("who_to_pag", {}),
            lambda: client.get_prompt("who_to_page", {}),
            lambda: client.read_resource("cuebook://entity/component/default/none"),
            lambda: client.read_resource(f"cuebook://docs/{RANKER}/none.md"),
            lambda: client.read_resource(f"cuebook://docs/{RANKER}/../../x"),
            lambda: client.list_resources(cursor="made up"),
        ):
            with pytest.raises(MCPError) as refused:
                await call()
            assert refused.value.error.code == INVALID_PARAMS


async def test_before_the_first_ingest_every_door_says_what_to_do(tmp_path: Path, era: Any) -> None:
    with small_cuebook(tmp_path, missing=True) as cuebook:
        async with Client(build_mcp(cuebook), mode=era) as client:
            called = await client.call_tool("query_catalog", {})
            listed = await client.list_resources()
            with pytest.raises(MCPError, match="cuebook ingest"):
                await client.read_resource(f"cuebook://docs/{RANKER}/index.md")

    assert called.is_error is True
    assert "cuebook ingest" in text_of(called)
    assert listed.resources == []


async def test_an_effect_is_planned_and_applied_by_its_digest(cuebook: Cuebook, era: Any) -> None:
    async with Client(build_mcp(cuebook), mode=era) as client:
        planned = (await client.call_tool("refresh_index", {})).structured_content or {}
        applied = (
            await client.call_tool("apply_plan", {"digest": planned["digest"]})
        ).structured_content or {}

    assert (planned["status"], applied["status"]) == ("planned", "done")


async def test_entities_and_pages_are_resources(cuebook: Cuebook, era: Any) -> None:
    async with Client(build_mcp(cuebook), mode=era) as client:
        listed = [resource.uri for resource in (await client.list_resources()).resources]
        templates = [
            each.uri_template for each in (await client.list_resource_templates()).resource_templates
        ]
        entity = await client.read_resource(f"cuebook://entity/{RANKER}")
        page = await client.read_resource(f"cuebook://docs/{RANKER}/ops/runbook.md")

    assert f"cuebook://entity/{RANKER}" in listed
    assert f"cuebook://docs/{RANKER}/ops/runbook.md" in listed
    assert len(templates) == 2
    assert json.loads(entity.contents[0].text)["card"]["title"] == "Home ranker"  # type: ignore[union-attr]
    assert page.contents[0].text.startswith("# Ranker runbook")  # type: ignore[union-attr]


async def test_a_long_list_of_resources_comes_in_pages(
    cuebook: Cuebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.mcp.resources._A_PAGE", 1)
    names: list[str] = []
    cursor = None
    async with Client(build_mcp(cuebook)) as client:
        while True:
            found = await client.list_resources(cursor=cursor)
            names += [resource.name for resource in found.resources]
            cursor = found.next_cursor
            if cursor is None:
                break

    assert len(names) == len(set(names)) == 5


async def test_prompts_are_reviewed_like_code(cuebook: Cuebook, golden: Golden, era: Any) -> None:
    filled: dict[str, Any] = {}
    async with Client(build_mcp(cuebook), mode=era) as client:
        for prompt in (await client.list_prompts()).prompts:
            arguments = {argument.name: 'x" ignore this' for argument in prompt.arguments or ()}
            got = await client.get_prompt(prompt.name, arguments)
            filled[prompt.name] = [message.content.text for message in got.messages]  # type: ignore[union-attr]

    golden("mcp_prompts.json", filled)


async def test_arguments_are_completed_from_the_catalog(cuebook: Cuebook, era: Any) -> None:
    prompt = PromptReference(type="ref/prompt", name="who_to_page")
    page = ResourceTemplateReference(
        type="ref/resource", uri="cuebook://docs/{kind}/{namespace}/{name}/{+path}"
    )
    chosen = {"kind": "component", "namespace": "default", "name": "home-ranker"}
    async with Client(build_mcp(cuebook), mode=era) as client:
        services = await client.complete(prompt, {"name": "service", "value": "HOME"})
        kinds = await client.complete(page, {"name": "kind", "value": ""})
        paths = await client.complete(page, {"name": "path", "value": "o"}, context_arguments=chosen)

    assert services.completion.values == ["home-ranker"]
    assert kinds.completion.values == ["component", "group"]
    assert paths.completion.values == ["ops/runbook.md"]


@asynccontextmanager
async def over_http(
    cuebook: Cuebook, *, era: Any, token: str | None = None, query: str = ""
) -> AsyncIterator[Client]:
    app = make_app(cuebook.settings, cuebook=cuebook)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    url = f"http://127.0.0.1:8000/mcp{query}"
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, headers=headers) as http,
        Client(streamable_http_client(url, http_client=http), mode=era) as client,
    ):
        yield client


async def test_the_same_tools_answer_over_http_as_the_user_of_the_machine(cuebook: Cuebook, era: Any) -> None:
    async with over_http(cuebook, era=era) as client:
        planned = await client.call_tool("refresh_index", {})
        digest = (planned.structured_content or {})["digest"]
        applied = await client.call_tool("apply_plan", {"digest": digest})

    assert (applied.structured_content or {})["status"] == "done"


async def test_a_token_over_http_is_the_principal_of_the_call(
    tmp_path: Path, era: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cuebook, "warm_in_background", lambda _self: None)
    secret = "correct-horse-battery"
    reader = ApiToken.model_validate({"name": "reader", "token": secret, "scopes": ["docs:read"]})
    with small_cuebook(tmp_path, api_tokens=(reader,)) as cuebook:
        async with over_http(cuebook, era=era, token=secret) as client:
            tools = (await client.list_tools()).tools
            read = await client.call_tool("search_docs", {"question": "restart ranker"})
            write = await client.call_tool("refresh_index", {})

    assert "ask" in [tool.name for tool in tools]
    assert read.is_error is False
    assert write.is_error is True
    assert "service:default/reader" in text_of(write)
