"""The policy through the doors: what a client learns of a refusal, and that it cannot relax anything."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import TextContent

from server.composition import Cuebook
from server.mcp import build_mcp
from server.settings import ApiToken
from tests.server.conftest import served
from tests.server.memory import small_cuebook
from tools.audit import Audit

STAGING = "version: 1\nrules:\n  - {name: refreshing waits, actions: refresh_index, verdict: ask}\n"
REFRESH = "/api/v1/actions/refresh_index"
TOKEN = "0123456789abcdef0123"
Compose = Callable[..., Cuebook]


@pytest.fixture
def compose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Compose]:
    """`compose(policy, client=…)` is the small organisation under that policy, and a client's on top."""
    monkeypatch.setattr(Cuebook, "warm_in_background", lambda _self: None)
    with ExitStack() as stack:

        def composed(policy: str, *, client: str = "", **settings: Any) -> Cuebook:
            home = tmp_path / "home"
            home.mkdir()
            (home / "policy.yaml").write_text(policy)
            path = tmp_path / "client.yaml" if client else None
            if path is not None:
                path.write_text(client)
            return stack.enter_context(small_cuebook(home, client_policy=path, **settings))

        yield composed


async def test_a_limit_is_answered_with_429_and_when_to_come_back(compose: Compose) -> None:
    policy = STAGING + "limits: [{name: slow, calls_a_minute: 1}]\n"
    async with served(compose(policy)) as client:
        assert (await client.post("/api/v1/actions/list_jobs", json={})).status_code == 200
        answer = await client.post("/api/v1/actions/list_jobs", json={})
        entity = await client.get("/api/v1/entities/component/default/home-ranker")
    for refused in (answer, entity):
        error = refused.json()["error"]
        assert (refused.status_code, error["code"]) == (429, "limit_reached")
        assert 0 < int(refused.headers["retry-after"]) == error["details"]["retry_after"] <= 60
        assert "come back in" in error["message"]


async def test_a_model_reads_when_to_come_back(compose: Compose) -> None:
    policy = STAGING + "limits: [{name: slow, calls_a_minute: 1}]\n"
    async with Client(build_mcp(compose(policy))) as client:
        await client.call_tool("list_jobs", {})
        refused = await client.call_tool("list_jobs", {})
    block = refused.content[0]
    assert refused.is_error
    assert isinstance(block, TextContent)
    assert "the limit 'slow': 1 calls a minute are used up; come back in" in block.text


async def test_nothing_that_a_client_sends_relaxes_the_policy(compose: Compose) -> None:
    headers = {"X-Cuebook-Policy": "allow", "X-Policy": "/tmp/allow.yaml", "Policy": "allow"}
    async with served(compose(STAGING)) as client:
        answer = await client.post(REFRESH, json={}, headers=headers)
        with_argument = await client.post(REFRESH, json={"policy": "allow"}, headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (200, "waiting")
    assert with_argument.status_code == 422


async def test_a_clients_policy_tightens_and_never_relaxes(compose: Compose) -> None:
    client_policy = """
version: 1
rules:
  - {name: hands off jobs, effects: [starts_job, destroys], verdict: deny}
  - {name: the rest, verdict: allow}
"""
    operator = STAGING + "  - {name: the rest, verdict: allow}\n"
    cuebook = compose(operator, client=client_policy)
    async with Client(build_mcp(cuebook)) as client:
        waiting = await client.call_tool("refresh_index", {})
        denied = await client.call_tool("launch_training", {"name": "x", "model": "popularity"})
    assert waiting.structured_content is not None
    assert (waiting.structured_content["status"], waiting.structured_content["approval"]["rule"]) == (
        "waiting",
        "refreshing waits",
    )
    assert denied.is_error
    assert "client: hands off jobs" in str(denied.content)


async def test_a_refused_read_looks_like_nothing_there_through_every_door(compose: Compose) -> None:
    policy = """
version: 1
rules:
  - {name: own only, effects: reads, actions: [describe_entity, read_doc_section], arguments: {entity: {one_of: "component:default/home-ranker"}}, verdict: deny}
  - {name: the rest, verdict: ask}
"""
    cuebook = compose(policy)
    doors = [
        ("POST", "/api/v1/actions/describe_entity", {"entity": "component:default/NAME"}),
        (
            "POST",
            "/api/v1/actions/read_doc_section",
            {"entity": "component:default/NAME", "path": "index.md"},
        ),
        ("GET", "/api/v1/entities/component/default/NAME", None),
        ("GET", "/api/v1/docs/component/default/NAME", None),
        ("GET", "/docs/component/default/NAME/index.md", None),
    ]

    async def answered(client: httpx.AsyncClient, mcp: Client, name: str) -> list[str]:
        told = []
        for method, address, body in doors:
            arguments = body and {key: value.replace("NAME", name) for key, value in body.items()}
            answer = await client.request(method, address.replace("NAME", name), json=arguments)
            told.append(f"{answer.status_code} {answer.headers['content-type']} {answer.text}")
        for kind, path in (("entity", ""), ("docs", "/index.md")):
            with pytest.raises(MCPError) as refused:
                await mcp.read_resource(f"cuebook://{kind}/component/default/{name}{path}")
            told.append(str(refused.value))
        return [text.replace(name, "NAME") for text in told]

    async with served(cuebook) as client, Client(build_mcp(cuebook)) as mcp:
        refused = await answered(client, mcp, "home-ranker")
        absent = await answered(client, mcp, "home-rankex")
        seen = await client.get("/api/v1/entities/component/default/feature-store")
    assert refused == absent
    assert {text[:3] for text in refused[: len(doors)]} == {"404"}
    assert seen.status_code == 200
    assert "own only" not in str(refused)
    cuebook.caller.opened().flush()
    with closing(Audit.open(cuebook.settings.home / "audit.db")) as audit:
        rules = [entry.body.get("rule") for entry in audit.entries() if entry.body["outcome"] == "not_found"]
    assert rules == ["own only"] * len(refused) + ["reads"] * len(absent)


async def test_a_service_is_held_to_rules_of_services(compose: Compose) -> None:
    policy = """
version: 1
rules:
  - {name: services never, who: services, verdict: deny}
  - {name: people, verdict: allow}
"""
    token = ApiToken(name="ci", token=TOKEN, scopes=frozenset({"index:write"}))
    async with served(compose(policy, api_tokens=(token,))) as client:
        answer = await client.post(REFRESH, json={}, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 403
    assert "refused by the rule 'services never'" in answer.json()["error"]["message"]


def test_a_broken_policy_stops_the_server_before_anybody_is_served(compose: Compose) -> None:
    from server.app import make_app
    from tools.errors import PolicyInvalid

    cuebook = compose("version: 1\nrules: [{name: x, verdict: allow, who: usr:x}]\n")
    with pytest.raises(PolicyInvalid, match="'usr:x' names nobody"):
        make_app(cuebook.settings, cuebook=cuebook)


async def test_a_changed_policy_counts_at_once_and_one_that_cannot_be_used_stops_effects(
    compose: Compose,
) -> None:
    cuebook = compose(STAGING)
    file = cuebook.settings.home / "policy.yaml"
    broken = "version: 1\nrules: [{name: x, verdict: perhaps}]\n"
    wanted = STAGING.replace("waits, actions", "is denied, actions").replace("ask", "deny")
    async with served(cuebook) as client:

        async def verdict() -> str:
            answer = (await client.post(REFRESH, json={})).json()
            return str(answer.get("status") or answer["error"]["message"])

        async def told() -> list[str]:
            return list((await client.get("/api/v1/status")).json()["degraded"])

        waiting = (await client.post(REFRESH, json={})).json()
        assert (waiting["status"], await told()) == ("waiting", [])
        for text in (wanted, broken, None, STAGING.replace("verdict", "verdict ")):
            file.unlink() if text is None else file.write_text(text)
            if text == wanted:
                assert "refused by the rule 'refreshing is denied'" in await verdict()
            elif text in (broken, None):
                assert "nothing with an effect is done until it is right again" in await verdict()
                applied = await client.post(f"/api/v1/plans/{waiting['digest']}/apply")
                assert applied.status_code == 403
                assert (await client.post("/api/v1/actions/list_jobs", json={})).status_code == 200
                assert "effects are denied" in (await told())[0]
            else:
                assert (await verdict(), await told()) == ("waiting", [])


async def test_a_limit_that_is_added_later_counts(compose: Compose) -> None:
    cuebook = compose(STAGING)
    async with served(cuebook) as client:
        calls = [await client.post("/api/v1/actions/list_jobs", json={}) for _ in range(2)]
        limited = STAGING + "limits: [{name: slow, calls_a_minute: 1}]\n"
        (cuebook.settings.home / "policy.yaml").write_text(limited)
        calls += [await client.post("/api/v1/actions/list_jobs", json={}) for _ in range(2)]
    assert [each.status_code for each in calls] == [200, 200, 200, 429]
