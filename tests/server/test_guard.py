"""Who may reach the HTTP doors."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.app import make_app
from server.guard import TokensMissing
from server.settings import ApiToken
from tests.server.memory import settings_in, small_cuebook
from tests.server.test_recorded import rows_of

TOKEN = "correct-horse-battery"
READER = ApiToken.model_validate({"name": "reader", "token": TOKEN, "scopes": ["docs:read"]})


def client_of(cuebook: Any, base: str = "http://127.0.0.1:8000") -> httpx.AsyncClient:
    app = make_app(cuebook.settings, cuebook=cuebook)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base)


@pytest.mark.parametrize("path", ["/", "/mcp", "/api/v1/status", "/healthz"])
async def test_a_foreign_host_is_refused_at_every_door(path: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(path, headers={"host": "rebound.example"})

    assert answer.status_code == 421
    assert answer.json()["error"]["code"] == "unknown_host"


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example", "null", "http://127.0.0.1:3000", "http://[", "http://[::1", "file://"),
        *("http://evil@127.0.0.1:8000", "http://127.0.0.1:8000/x", "//127.0.0.1:8000"),
        *("chrome-extension://127.0.0.1:8000", "http://127.0.0.1:8000.evil.example"),
    ],
)
@pytest.mark.parametrize("path", ["/mcp", "/api/v1/actions/ask", "/api/v1/ask/stream"])
async def test_a_page_of_another_site_may_not_call(path: str, origin: str, client: httpx.AsyncClient) -> None:
    answer = await client.post(path, json={}, headers={"origin": origin})

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "foreign_origin"


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("host", ("127.0.0.1:8000", "evil.example"), (421, "unknown_host")),
        ("origin", ("http://127.0.0.1:8000", "https://evil.example"), (403, "foreign_origin")),
    ],
)
async def test_a_host_or_origin_that_stands_twice_is_neither(
    name: str, values: tuple[str, ...], told: tuple[int, str], client: httpx.AsyncClient
) -> None:
    client.headers.pop(name, None)
    answer = await client.post("/api/v1/actions/ask", json={}, headers=[(name, value) for value in values])

    assert (answer.status_code, answer.json()["error"]["code"]) == told


@pytest.mark.parametrize(
    "headers", [{"content-encoding": "gzip"}, {"content-encoding": "identity, br"}, {"content-encoding": "x"}]
)
@pytest.mark.parametrize("path", ["/mcp", "/api/v1/actions/ask", "/api/v1/plans", "/api/v1/session"])
async def test_a_body_that_could_unpack_to_anything_is_not_unpacked(
    path: str, headers: dict[str, str], client: httpx.AsyncClient
) -> None:
    bomb = gzip.compress(b'{"question": "' + b" " * 1_000_000 + b'"}')
    answer = await client.post(path, content=bomb, headers={"content-type": "application/json", **headers})

    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "encoded_body")
    plainly = {"content-type": "application/json", "content-encoding": "identity"}
    assert (await client.post("/api/v1/actions/ask", content=b"{}", headers=plainly)).status_code == 422


async def test_a_sign_in_that_names_something_twice_is_refused_and_recorded(tmp_path: Path) -> None:
    twice = b'{"token": "a", "token": "b"}'
    with small_cuebook(tmp_path, api_tokens=(READER,)) as cuebook:
        async with client_of(cuebook) as client:
            answer = await client.post(
                "/api/v1/session", content=twice, headers={"content-type": "application/json"}
            )
        rows = rows_of(cuebook)

    assert answer.status_code == 422
    assert "names 'token' twice" in answer.json()["error"]["message"]
    assert [(row["kind"], row["principal"], row["outcome"]) for row in rows] == [
        ("login", "unknown", "denied")
    ]


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:9", "[::1]:8000", "localhost"])
async def test_our_own_page_may_call_under_each_name_of_this_machine(
    host: str, client: httpx.AsyncClient
) -> None:
    answer = await client.post(
        "/api/v1/actions/query_catalog", json={}, headers={"host": host, "origin": f"http://{host}"}
    )

    assert answer.status_code == 200


async def test_allowed_hosts_and_origins_are_served_with_cors(tmp_path: Path) -> None:
    page = "https://portal.example"
    headers = {"host": "cue.example", "origin": page}
    with small_cuebook(tmp_path, allowed_hosts=("cue.example",), allowed_origins=(page,)) as cuebook:
        async with client_of(cuebook) as client:
            answer = await client.get("/api/v1/actions", headers=headers)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://portal.example"


def test_a_network_without_tokens_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(TokensMissing, match="CUEBOOK_API_TOKENS"):
        make_app(settings_in(tmp_path, host="0.0.0.0"))


async def test_tokens_are_wanted_once_there_are_any(tmp_path: Path) -> None:
    with small_cuebook(tmp_path, api_tokens=(READER,)) as cuebook:
        async with client_of(cuebook) as client:
            anonymous = [await client.get(path) for path in ("/api/v1/actions", "/metrics", "/docs/a/b/c")]
            wrong = await client.get("/api/v1/actions", headers={"authorization": "Bearer nonsense-nonsense"})
            in_query = await client.get(f"/api/v1/actions?access_token={TOKEN}")
            right = await client.get("/api/v1/actions", headers={"authorization": f"Bearer {TOKEN}"})
            open_to_all = [await client.get(path) for path in ("/healthz", "/", "/catalog/a/b/c")]

    assert {answer.status_code for answer in (*anonymous, wrong, in_query)} == {401}
    assert wrong.headers["www-authenticate"].startswith("Bearer")
    assert right.status_code == 200
    assert {answer.status_code for answer in open_to_all} == {200}


async def test_a_token_may_do_what_its_scopes_say(tmp_path: Path) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    with small_cuebook(tmp_path, api_tokens=(READER,)) as cuebook:
        async with client_of(cuebook) as client:
            read = await client.post(
                "/api/v1/actions/ask", json={"question": "restart ranker"}, headers=headers
            )
            write = await client.post("/api/v1/actions/refresh_index", json={}, headers=headers)
            catalog = await client.get("/api/v1/entities", headers=headers)

    assert read.status_code == 200
    assert (write.status_code, catalog.status_code) == (403, 403)
    assert write.json()["error"]["code"] == "not_allowed"


async def test_a_huge_body_is_refused_while_it_arrives(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/v1/actions/ask", content=b'"' + b"x" * 5_000_000, headers={"content-type": "application/json"}
    )

    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "too_large"


async def test_a_body_that_does_not_come_is_waited_for_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.app._BODY_SECONDS", 0.05)

    async def drops() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    with small_cuebook(tmp_path) as cuebook:
        async with client_of(cuebook) as client:
            for path in ("/api/v1/actions/ask", "/mcp"):
                answer = await client.post(
                    path, content=drops(), headers={"content-type": "application/json"}
                )
                assert (answer.status_code, answer.json()["error"]["code"]) == (408, "too_slow"), path
                assert "had not come after 0.05 s" in answer.text


async def test_every_answer_forbids_what_pages_could_be_abused_for(client: httpx.AsyncClient) -> None:
    for path in ("/", "/api/v1/actions", "/docs/component/default/home-ranker/index", "/nothing"):
        headers = (await client.get(path)).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
