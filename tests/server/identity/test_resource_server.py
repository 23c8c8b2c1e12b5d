"""Tokens of an issuer at the HTTP doors: MCP and REST alike."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.app import make_app
from server.composition import Cuebook
from server.guard import TokensMissing
from server.identity.errors import IssuerUnavailable
from server.identity.fake import FakeIssuer
from server.identity.keys import KeysAt
from server.settings import ApiToken, SettingsInvalid, load
from tests.server.conftest import served
from tests.server.memory import settings_in, small_cuebook

HERE = "http://127.0.0.1:8000/mcp"
METADATA = "/.well-known/oauth-protected-resource"
CI = ApiToken.model_validate({"name": "ci", "token": "correct-horse-battery", "scopes": ["docs:read"]})
READS = "docs:read catalog:read"
MODERN = "2026-07-28"


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer()


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is loaded in the background."""
    monkeypatch.setattr(Cuebook, "warm_in_background", lambda _self: None)


@pytest.fixture
def cuebook(tmp_path: Path, issuer: FakeIssuer, quiet: None) -> Iterator[Cuebook]:
    keys = tmp_path / "keys.json"
    keys.write_text(issuer.jwks())
    auth = {"issuers": [issuer.trusted(jwks_file=keys)]}
    with small_cuebook(tmp_path / "home", auth=auth, api_tokens=(CI,)) as composed:
        yield composed


@asynccontextmanager
async def bearing(cuebook: Cuebook, token: str) -> AsyncIterator[httpx.AsyncClient]:
    async with served(cuebook) as client:
        client.headers["authorization"] = f"Bearer {token}"
        yield client


async def mcp(client: httpx.AsyncClient, method: str, **params: Any) -> httpx.Response:
    """One self-contained request of the modern era."""
    about = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": about}}
    headers = {
        "mcp-protocol-version": MODERN,
        "mcp-method": method,
        "accept": "application/json, text/event-stream",
        **({"mcp-name": str(params.get("name") or params.get("uri"))} if params else {}),
    }
    return await client.post("/mcp", json=body, headers=headers)


async def legacy(client: httpx.AsyncClient, method: str, **params: Any) -> httpx.Response:
    """Within a session, as clients before 2026 speak."""
    headers = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25"}
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    }
    begun = await client.post(
        "/mcp", json={"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello}, headers=headers
    )
    headers["mcp-session-id"] = begun.headers["mcp-session-id"]
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    await client.post("/mcp", json=ready, headers=headers)
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return await client.post("/mcp", json=body, headers=headers)


@pytest.mark.parametrize("path", [METADATA, f"{METADATA}/mcp"])
async def test_a_client_without_a_token_learns_where_to_get_one(path: str, cuebook: Cuebook) -> None:
    async with served(cuebook) as client:
        refused = await client.post("/mcp", json={})
        told = await client.get(path)

    challenge = refused.headers["www-authenticate"]
    assert refused.status_code == 401
    assert f'resource_metadata="http://127.0.0.1:8000{METADATA}/mcp"' in challenge
    assert 'scope="catalog:read docs:read"' in challenge
    assert "error=" not in challenge
    assert told.json()["resource"] == HERE
    assert told.json()["authorization_servers"] == ["https://id.example"]
    assert told.json()["bearer_methods_supported"] == ["header"]
    assert set(told.json()["scopes_supported"]) == {info.scope for info in cuebook.actions.list()}


@pytest.mark.parametrize("call", [mcp, legacy])
async def test_a_person_calls_over_mcp_and_rest_as_themselves(
    call: Any, cuebook: Cuebook, issuer: FakeIssuer
) -> None:
    async with bearing(cuebook, issuer.token("ada", audience=HERE, scope=f"{READS} index:write")) as client:
        answer = await call(client, "tools/call", name="refresh_index", arguments={})
        rest = await client.post("/api/v1/actions/query_catalog", json={})

    assert (answer.status_code, rest.status_code) == (200, 200)
    assert "planned" in answer.text
    assert {row["principal"] for row in _audit(cuebook)} == {"user:default/ada"}


@pytest.mark.parametrize("call", [mcp, legacy])
async def test_a_missing_scope_is_asked_for_in_the_words_of_oauth_and_audited(
    call: Any, cuebook: Cuebook, issuer: FakeIssuer
) -> None:
    async with bearing(cuebook, issuer.token("ada", audience=HERE, scope="docs:read")) as client:
        answer = await call(client, "tools/call", name="refresh_index", arguments={})
        listed = await call(client, "tools/list")

    challenge = answer.headers["www-authenticate"]
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="docs:read index:write"' in challenge
    assert "resource_metadata=" in challenge
    assert answer.json()["error"]["code"] == "insufficient_scope"
    assert listed.status_code == 200
    assert "not_allowed" in [row["outcome"] for row in _audit(cuebook)]


async def test_a_resource_and_rest_ask_for_their_scope_too(cuebook: Cuebook, issuer: FakeIssuer) -> None:
    uri = "cuebook://entity/component/default/home-ranker"
    page = "cuebook://docs/component/default/home-ranker/index.md"
    async with bearing(cuebook, issuer.token("ada", audience=HERE)) as client:
        answers = [
            await mcp(client, "resources/read", uri=uri),
            await mcp(client, "resources/read", uri=page),
            await client.post("/api/v1/actions/query_catalog", json={}),
        ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert ["catalog:read" in answer.headers["www-authenticate"] for answer in answers] == [True, False, True]


async def test_a_static_token_is_a_program_and_reads_its_refusal(cuebook: Cuebook) -> None:
    async with bearing(cuebook, "correct-horse-battery") as client:
        answer = await mcp(client, "tools/call", name="refresh_index", arguments={})

    assert answer.status_code == 200
    assert "service:default/ci may not call refresh_index" in answer.text


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"audience": "https://billing.example"}, "made for"),
        ({"audience": HERE, "iss": "https://evil.example"}, "none that this server trusts"),
        ({"audience": HERE, "exp": 1_000_000_000}, "expired"),
    ],
)
async def test_a_token_for_another_service_or_time_is_refused_at_every_door(
    claims: dict[str, Any], why: str, cuebook: Cuebook, issuer: FakeIssuer
) -> None:
    token = issuer.token("ada", scope=READS, **claims)
    async with bearing(cuebook, token) as client:
        answers = [await client.post("/mcp", json={}), await client.get("/api/v1/actions")]

    for answer in answers:
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "token_refused"
        assert why in answer.json()["error"]["message"]
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
        assert token not in answer.text


async def test_a_token_in_an_address_is_not_taken(cuebook: Cuebook, issuer: FakeIssuer) -> None:
    token = issuer.token("ada", audience=HERE, scope=READS)
    async with served(cuebook) as client:
        answer = await client.get(f"/api/v1/actions?access_token={token}")

    assert answer.status_code == 401
    assert "addresses end up in logs" in answer.json()["error"]["message"]
    assert token not in answer.text


async def test_an_issuer_whose_keys_cannot_be_read_is_no_reason_to_let_anybody_in(
    cuebook: Cuebook, issuer: FakeIssuer, tmp_path: Path
) -> None:
    (tmp_path / "keys.json").unlink()
    async with bearing(cuebook, issuer.token("ada", audience=HERE, scope=READS)) as client:
        answer = await client.get("/api/v1/actions")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["error"]["code"] == "issuer_unavailable"
    assert str(tmp_path) not in answer.text


@pytest.mark.usefixtures("quiet")
async def test_only_one_of_our_tokens_signs_a_browser_in_where_an_issuer_is_trusted(
    tmp_path: Path, issuer: FakeIssuer
) -> None:
    with small_cuebook(tmp_path, auth={"issuers": [issuer.trusted()]}) as cuebook:
        async with served(cuebook) as client:
            answer = await client.post("/api/v1/session", json={"token": "whatever-it-is-that-i-type"})

    assert answer.status_code == 401


@pytest.mark.usefixtures("quiet")
async def test_where_no_token_is_wanted_there_is_nothing_to_learn_about_them(tmp_path: Path) -> None:
    with small_cuebook(tmp_path) as cuebook:
        async with served(cuebook) as client:
            answer = await client.get(METADATA)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_token_wanted")


@pytest.mark.usefixtures("quiet")
async def test_static_tokens_alone_tell_their_scopes_and_send_nobody_to_an_issuer(tmp_path: Path) -> None:
    with small_cuebook(tmp_path, api_tokens=(CI,)) as cuebook:
        async with served(cuebook) as client:
            told = (await client.get(METADATA)).json()
            refused = await client.get("/api/v1/actions")

    assert "docs:read" in told["scopes_supported"]
    assert "authorization_servers" not in told
    assert "resource_metadata" not in refused.headers["www-authenticate"]


def test_a_network_wants_the_address_that_tokens_are_made_for(tmp_path: Path, issuer: FakeIssuer) -> None:
    settings = settings_in(tmp_path, host="0.0.0.0", auth={"issuers": [issuer.trusted()]})
    with pytest.raises(TokensMissing, match="CUEBOOK_AUTH__RESOURCE"):
        make_app(settings)


@pytest.mark.parametrize(
    ("issuer", "why"),
    [
        ({"issuer": "http://id.example", "jwks_url": "https://id.example/k"}, "must begin with https"),
        ({"issuer": "https://id.example", "jwks_url": "http://10.0.0.1/k"}, "must begin with https"),
        ({"issuer": "https://id.example", "jwks_url": "https://u:p@id.example/k"}, "no plain address"),
        ({"issuer": "https://id.example"}, "either `jwks_url` or `jwks_file`"),
        ({"issuer": "https://id.example", "jwks_file": "k", "made_up": 1}, "made_up"),
    ],
)
def test_an_issuer_that_cannot_be_trusted_is_refused_at_start(
    issuer: dict[str, Any], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEBOOK_AUTH__ISSUERS", json.dumps([issuer]))

    with pytest.raises(SettingsInvalid, match="AUTH__ISSUERS") as refused:
        load()

    assert why in str(refused.value).replace("MADE_UP", "made_up")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(302, headers={"location": "http://169.254.169.254/"}),
        httpx.Response(200, content=b"x" * 300_000),
        httpx.Response(500),
    ],
)
async def test_reading_keys_is_bounded_and_follows_nobody(answer: httpx.Response) -> None:
    asked = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return answer

    with pytest.raises(IssuerUnavailable):
        await KeysAt("https://id.example/keys", transport=httpx.MockTransport(answered)).read()

    assert asked == ["https://id.example/keys"]


def _audit(cuebook: Cuebook) -> Any:
    from tools.audit import Audit

    audit = Audit.open(cuebook.settings.home / "audit.db")
    try:
        return [entry.body for entry in audit.entries()]
    finally:
        audit.close()
