"""Whatever comes to a door leaves a row, above all what was refused."""

import os
import pwd
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from pydantic import SecretStr

from server.app import make_app
from server.composition import Cuebook
from server.mcp import build_mcp
from server.settings import ApiToken
from tests.server.memory import MemoryLibrary, small_cuebook
from tools.audit import Audit

RANKER, REF = "component/default/home-ranker", "component:default/home-ranker"


def rows_of(cuebook: Cuebook) -> list[dict[str, Any]]:
    audit = Audit.open(cuebook.settings.home / "audit.db")
    cuebook.caller.opened().flush()
    rows = [dict(entry.body) for entry in audit.entries()]
    audit.close()
    return rows


def last_row(cuebook: Cuebook) -> dict[str, Any]:
    return rows_of(cuebook)[-1]


async def test_an_unknown_action_is_recorded_at_every_door(
    cuebook: Cuebook, client: httpx.AsyncClient
) -> None:
    assert (await client.post("/api/v1/actions/drop_all", json={})).status_code == 404
    assert {"action": "drop_all", "outcome": "unknown_action", "door": "rest"}.items() <= last_row(
        cuebook
    ).items()
    async with Client(build_mcp(cuebook)) as mcp:
        with pytest.raises(MCPError):
            await mcp.call_tool("drop_more", {})
    assert {"action": "drop_more", "outcome": "denied"}.items() <= last_row(cuebook).items()


async def test_a_body_that_is_no_json_is_recorded(cuebook: Cuebook, client: httpx.AsyncClient) -> None:
    sent = await client.post(
        "/api/v1/actions/ask", content=b"{", headers={"content-type": "application/json"}
    )
    assert sent.status_code == 422
    row = last_row(cuebook)
    assert (row["action"], row["outcome"]) == ("ask", "denied")
    assert "no JSON" in row["reason"]


_TWICE = b'{"action":"refresh_index","arguments":{"a":"shown","a":"done"},"name":"n","name":"m"}'
_CALL = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":{"question":"a","question":"b"}}}'


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/actions/ask", _TWICE),
        ("/api/v1/plans", _TWICE),
        ("/api/v1/approver/session", _TWICE),
        ("/api/v1/ask/stream", _TWICE),
        ("/mcp", _CALL),
    ],
)
async def test_a_body_that_names_something_twice_means_nothing(
    path: str, body: bytes, cuebook: Cuebook, client: httpx.AsyncClient
) -> None:
    """Else a gateway could show one value, and another be planned; sent in two parts, it is the same body."""

    async def parts() -> AsyncIterator[bytes]:
        yield body[:20]
        yield body[20:]

    kinds = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    for content in (body, parts()):
        sent = await client.post(path, content=content, headers=kinds)
        assert sent.status_code == 422, sent.text
        assert "twice in one object" in sent.text
        assert "twice" in last_row(cuebook)["reason"]


async def test_pages_read_past_the_actions_are_recorded(cuebook: Cuebook, client: httpx.AsyncClient) -> None:
    async with Client(build_mcp(cuebook)) as mcp:
        await mcp.read_resource(f"cuebook://docs/{RANKER}/ops/runbook.md")
    row = last_row(cuebook)
    assert (row["kind"], row["action"], row["outcome"]) == ("read", "read_doc_section", "ok")
    assert row["arguments"] == {"entity": "component:default/home-ranker", "path": "ops/runbook.md"}
    assert (await client.get(f"/api/v1/entities/{RANKER}")).status_code == 200
    assert last_row(cuebook)["arguments"] == {"entity": "component:default/home-ranker"}


async def test_lists_of_resources_are_recorded_and_empty_for_whom_the_catalog_is_not(
    cuebook: Cuebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Client(build_mcp(cuebook)) as mcp:
        assert (await mcp.list_resources()).resources
        row = last_row(cuebook)
        assert (row["kind"], row["action"], row["outcome"]) == ("read", "query_catalog", "ok")
        monkeypatch.setattr(MemoryLibrary, "concern", lambda _self, _source: "it has no owner")
        assert {each.description for each in (await mcp.list_resources()).resources} == {None}
        monkeypatch.setattr(Cuebook, "local_scopes", lambda _self: frozenset({"docs:read"}))
    async with Client(build_mcp(cuebook)) as mcp:
        assert (await mcp.list_resources()).resources == []
    assert last_row(cuebook)["outcome"] == "not_allowed"


async def test_a_page_that_is_opened_past_the_actions_counts_as_read(
    cuebook: Cuebook, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryLibrary, "concern", lambda _self, _source: "it has no owner")
    async with Client(build_mcp(cuebook)) as mcp:
        await mcp.read_resource(f"cuebook://docs/{RANKER}/ops/runbook.md")
    assert (await client.get(f"/docs/{RANKER}/ops/runbook.md")).status_code == 200
    assert (await client.get(f"/api/v1/entities/{RANKER}")).status_code == 200
    (listed,) = (await client.get("/api/v1/entities?kind=component")).json()["items"][:1]
    assert "not shown in lists, because it has no owner" in listed["description"]
    reader = cuebook.local_principal(door="rest")
    for row in rows_of(cuebook):
        who = reader.model_copy(update={"client": row["client"]})
        for found in cuebook.caller.opened().readings.recent(who):
            assert found.place.startswith(
                ("component:default/home-ranker > ops/runbook.md", f"{REF} in the catalog")
            )
        assert cuebook.caller.opened().readings.recent(who)


async def test_a_refused_login_is_recorded_without_its_token(tmp_path: Path) -> None:
    token = ApiToken(name="ci", token=SecretStr("t" * 32))
    with small_cuebook(tmp_path / "home", api_tokens=(token,)) as cuebook:
        app = make_app(cuebook.settings, cuebook=cuebook)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            for number in range(25):
                guess = {"authorization": f"Bearer wrong-{number:020}", "user-agent": "guesser/1"}
                assert (await client.get("/api/v1/actions", headers=guess)).status_code == 401
            assert (await client.get("/api/v1/actions")).status_code == 401
            assert (await client.post("/api/v1/session", json={"token": "w" * 30})).status_code == 401
        rows = rows_of(cuebook)
    assert [(row["kind"], row["outcome"]) for row in rows] == [("login", "denied")] * 21
    assert rows[0]["client"].endswith("guesser/1")
    assert "wrong-" not in str(rows)
    assert "wwww" not in str(rows)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"host": "rebound.example"}, "'rebound.example'"),
        ({"origin": "https://evil.example"}, "'https://evil.example'"),
    ],
)
async def test_a_foreign_host_or_page_is_recorded_and_a_flood_of_them_counted(
    headers: dict[str, str], told: str, tmp_path: Path
) -> None:
    with small_cuebook(tmp_path / "home") as cuebook:
        transport = httpx.ASGITransport(app=make_app(cuebook.settings, cuebook=cuebook))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            for _ in range(25):
                assert (await client.post("/mcp", json={}, headers=headers)).status_code in {403, 421}
        rows = rows_of(cuebook)
    assert [(row["kind"], row["outcome"], row["door"]) for row in rows] == [
        ("origin", "denied", "mcp-http")
    ] * 20
    assert told in rows[0]["reason"]


async def test_a_request_without_a_token_is_recorded_too(tmp_path: Path) -> None:
    token = ApiToken(name="ci", token=SecretStr("t" * 32))
    with small_cuebook(tmp_path / "home", api_tokens=(token,)) as cuebook:
        transport = httpx.ASGITransport(app=make_app(cuebook.settings, cuebook=cuebook))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            assert (await client.post("/mcp", json={})).status_code == 401
        row = last_row(cuebook)
    assert (row["kind"], row["outcome"], row["door"]) == ("login", "denied", "mcp-http")
    assert row["reason"] == "no token was sent"


async def test_a_row_says_for_whom_a_program_acts(tmp_path: Path) -> None:
    token = ApiToken(name="agent", token=SecretStr("t" * 32), on_behalf_of="user:default/ada")
    with small_cuebook(tmp_path / "home", api_tokens=(token,)) as cuebook:
        transport = httpx.ASGITransport(app=make_app(cuebook.settings, cuebook=cuebook))
        headers = {"Authorization": f"Bearer {'t' * 32}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            await client.post("/api/v1/actions/query_catalog", json={}, headers=headers)
        row = last_row(cuebook)
    assert (row["principal"], row["on_behalf_of"]) == ("service:default/agent", "user:default/ada")


async def test_a_row_says_which_account_runs_the_process(cuebook: Cuebook) -> None:
    async with Client(build_mcp(cuebook)) as mcp:
        await mcp.call_tool("query_catalog", {})
    row = last_row(cuebook)
    assert row["principal"] == "user:default/local"
    assert row["on_behalf_of"] == f"account:{pwd.getpwuid(os.getuid()).pw_name}"


async def test_a_row_names_the_client(cuebook: Cuebook) -> None:
    async with Client(build_mcp(cuebook)) as mcp:
        await mcp.call_tool("query_catalog", {})
    row = last_row(cuebook)
    assert row["door"] == "mcp-stdio"
    assert row["client"].startswith("mcp/")


@pytest.mark.parametrize("tool", ["apply_plan", "reject_plan"])
async def test_half_a_character_names_no_plan_and_spoils_no_row_for_later_questions(
    tool: str, cuebook: Cuebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.audit.store._FILED_TOGETHER", 1)  # each row is filed as it is written
    async with Client(build_mcp(cuebook)) as agent:
        refused = await agent.call_tool(tool, {"digest": "\ud800"})
        found = await agent.call_tool("call_action", {"name": "query_audit", "arguments": {}})

    assert refused.is_error and "there is no plan" in str(refused.content)
    assert not found.is_error, found.content
    row = next(row for row in rows_of(cuebook) if row["kind"] in {"apply", "reject"})
    assert (row["digest"], row["outcome"]) == ("?", "plan_missing")
