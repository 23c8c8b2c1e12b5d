"""Which tools an MCP client is shown, what that costs, and that everything else is within reach."""

import json
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS

from server.composition import Cuebook
from server.mcp import build_mcp
from server.settings import ApiToken
from tests.conftest import Golden
from tests.server.conftest import served
from tests.server.memory import small_cuebook
from tests.server.test_mcp import ERAS, over_http, text_of
from tools.toolset import Toolset

LEADING = ["apply_plan", "reject_plan", "call_action", "find_actions"]
WIDE = {"toolsets": "all"}


async def listed(cuebook: Cuebook, era: Any = "auto") -> list[dict[str, Any]]:
    async with Client(build_mcp(cuebook), mode=era) as client:
        tools = (await client.list_tools()).tools
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]


@pytest.mark.parametrize("era", ERAS)
async def test_every_tool_is_reviewed_like_code(tmp_path: Path, golden: Golden, era: Any) -> None:
    with small_cuebook(tmp_path, mcp=WIDE) as cuebook:
        tools = await listed(cuebook, era)

    golden("mcp_tools.json", tools)
    assert [tool["name"] for tool in tools] == [*(info.name for info in cuebook.actions.list()), *LEADING]


@pytest.mark.parametrize("era", ERAS)
async def test_the_list_by_default_is_reviewed_like_code(cuebook: Cuebook, golden: Golden, era: Any) -> None:
    golden("mcp_tools_short.json", await listed(cuebook, era))


async def test_the_list_by_default_is_at_most_12_tools_in_2500_tokens(cuebook: Cuebook) -> None:
    """Give an action that does not answer questions another toolset if this fails."""
    async with served(cuebook) as client:
        answer = await client.post(
            "/mcp",
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": _META}},
            headers={"accept": "application/json, text/event-stream", "mcp-protocol-version": "2026-07-28"}
            | {"mcp-method": "tools/list"},
        )

    result = json.dumps(answer.json()["result"], separators=(",", ":"), ensure_ascii=False)
    assert len(answer.json()["result"]["tools"]) <= 12
    assert len(result.encode()) / 4 <= 2_500


async def test_every_argument_keeps_its_description_in_the_short_list(cuebook: Cuebook) -> None:
    whole = {info.name: info.input_schema for info in cuebook.actions.list()}
    for tool in await listed(cuebook):
        for name, field in tool["inputSchema"]["properties"].items():
            assert field["description"]
            if tool["name"] in whole:
                assert field["description"] == whole[tool["name"]]["properties"][name]["description"]
        assert tool["inputSchema"]["additionalProperties"] is False


async def test_the_list_does_not_depend_on_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cuebook, "warm_in_background", lambda _self: None)
    secrets = {"nobody": "correct-horse-battery", "operator": "battery-staple-correct"}
    tokens = tuple(
        ApiToken.model_validate(
            {"name": name, "token": secret, "scopes": ["jobs:read"] if name[0] == "o" else []}
        )
        for name, secret in secrets.items()
    )
    seen = []
    with small_cuebook(tmp_path, api_tokens=tokens) as cuebook:
        for secret in secrets.values():
            async with over_http(cuebook, era="auto", token=secret) as client:
                seen.append((await client.list_tools()).tools)

    assert seen[0] == seen[1]


@pytest.mark.parametrize("era", ERAS)
async def test_an_address_names_the_toolsets_it_wants(cuebook: Cuebook, era: Any) -> None:
    async with over_http(cuebook, era=era, query="?toolsets=recsys,operate") as client:
        tools = (await client.list_tools()).tools

    names = [tool.name for tool in tools]
    by_toolset = {info.name: info.toolset for info in cuebook.actions.list()}
    wanted = [name for name, toolset in by_toolset.items() if toolset in (Toolset.RECSYS, Toolset.OPERATE)]
    assert names == [*wanted, *LEADING]
    assert all(tool.output_schema for tool in tools)


async def test_an_unknown_toolset_is_named_with_those_there_are(cuebook: Cuebook) -> None:
    async with over_http(cuebook, era="auto", query="?toolsets=recsys,opperate") as client:
        with pytest.raises(MCPError, match="'opperate' is no toolset; there are: ask, operate") as refused:
            await client.list_tools()

    assert refused.value.error.code == INVALID_PARAMS


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("train a model", "launch_training"),
        ("list the jobs", "list_jobs"),
        ("evaluate", "launch_eval"),
        ("compare models", "compare_models"),
        ("cancel_job", "cancel_job"),
        ("log of a job", "read_job_log"),
    ],
)
async def test_what_is_not_listed_is_found_by_words(text: str, first: str, cuebook: Cuebook) -> None:
    async with Client(build_mcp(cuebook)) as client:
        found = (await client.call_tool("find_actions", {"text": text})).structured_content or {}

    assert found["actions"][0]["name"] == first


async def test_a_name_is_answered_with_all_that_a_call_needs(cuebook: Cuebook) -> None:
    async with Client(build_mcp(cuebook)) as client:
        found = (await client.call_tool("find_actions", {"text": "launch_training"})).structured_content or {}

    best = found["actions"][0]
    info = next(info for info in cuebook.actions.list() if info.name == "launch_training")
    assert (best["input_schema"], best["description"]) == (info.input_schema, info.description)
    assert (best["effect"], best["scope"]) == ("starts_job", info.scope)


async def test_finding_all_leads_to_each_action_once(
    cuebook: Cuebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.mcp.finding._A_PAGE", 4)
    names: list[str] = []
    offset: int | None = 0
    async with Client(build_mcp(cuebook)) as client:
        while offset is not None:
            found = (await client.call_tool("find_actions", {"offset": offset})).structured_content or {}
            names += [action["name"] for action in found["actions"]]
            offset = found["next_offset"]

    assert names == [info.name for info in cuebook.actions.list()]
    assert found["total"] == len(names)


async def test_an_action_called_by_name_is_planned_and_audited_as_itself(cuebook: Cuebook) -> None:
    async with Client(build_mcp(cuebook)) as client:
        direct = (await client.call_tool("query_catalog", {"kind": "group"})).structured_content
        named = await client.call_tool(
            "call_action", {"name": "query_catalog", "arguments": json.dumps({"kind": "group"})}
        )
        planned = await client.call_tool("call_action", {"name": "refresh_index"})

    assert named.structured_content == direct
    assert (planned.structured_content or {})["status"] == "planned"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"name": "launch_trainin"}, "launch_training"),
        ({"name": "call_action", "arguments": {"name": "ask"}}, "no action 'call_action'"),
        ({"name": "apply_plan", "arguments": {"digest": "0"}}, "no action 'apply_plan'"),
        ({"name": "query_catalog", "arguments": {"kint": "x"}}, "did you mean 'kind'"),
        ({"name": "query_catalog", "arguments": "kind=x"}, "arguments"),
        ({"nome": "ask"}, "The fields are: name, arguments"),
    ],
)
async def test_a_call_by_a_wrong_name_or_arguments_is_an_error_to_mend(
    arguments: dict[str, Any], why: str, cuebook: Cuebook
) -> None:
    async with Client(build_mcp(cuebook)) as client:
        result = await client.call_tool("call_action", arguments)

    assert result.is_error is True
    assert why in text_of(result)


async def test_a_call_by_name_needs_the_same_scope(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cuebook, "warm_in_background", lambda _self: None)
    secret = "correct-horse-battery"
    reader = ApiToken.model_validate({"name": "reader", "token": secret, "scopes": ["docs:read"]})
    with small_cuebook(tmp_path, api_tokens=(reader,)) as cuebook:
        async with over_http(cuebook, era="auto", token=secret) as client:
            result = await client.call_tool("call_action", {"name": "refresh_index"})

    assert result.is_error is True
    assert "needs the scope 'index:write'" in text_of(result)


async def test_a_tool_that_can_reach_an_effect_never_says_that_it_only_reads(tmp_path: Path) -> None:
    with small_cuebook(tmp_path, mcp=WIDE) as cuebook:
        hints = {tool["name"]: tool["annotations"] for tool in await listed(cuebook)}
    effects = {info.name for info in cuebook.actions.list() if info.effect != "reads"}

    assert {name for name, hint in hints.items() if not hint["readOnlyHint"]} == effects | {
        "apply_plan",
        "reject_plan",
        "call_action",
    }
    assert hints["call_action"]["destructiveHint"] is True
    assert hints["find_actions"]["readOnlyHint"] is True


_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
}
