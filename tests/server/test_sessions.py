"""Reading the page and the docs where tokens are wanted: a token for a cookie."""

from pathlib import Path

import httpx
import pytest

from server.sessions import LIFETIME, cookie_of, token_of
from server.settings import ApiToken
from tests.server.memory import small_cuebook
from tests.server.test_guard import READER, TOKEN, client_of

PAGE = "/docs/component/default/home-ranker/index.md"
OTHER = ApiToken.model_validate({"name": "reader", "token": "another-token-of-the-same-name"})


async def signed_in(client: httpx.AsyncClient, token: str = TOKEN) -> httpx.Response:
    return await client.post("/api/v1/session", json={"token": token})


async def test_a_token_opens_the_docs_and_the_api_for_a_browser(tmp_path: Path) -> None:
    with small_cuebook(tmp_path, api_tokens=(READER,)) as cuebook:
        async with client_of(cuebook) as client:
            before = await client.get(PAGE)
            session = await signed_in(client)
            page, listed = await client.get(PAGE), await client.get("/api/v1/actions")
            not_in_its_scopes = await client.get("/api/v1/entities")
            await client.delete("/api/v1/session")
            after = await client.get(PAGE)

    assert (before.status_code, session.status_code, after.status_code) == (401, 204, 401)
    assert (page.status_code, listed.status_code, not_in_its_scopes.status_code) == (200, 200, 403)


async def test_the_cookie_is_for_this_site_alone_and_does_not_hold_the_token(tmp_path: Path) -> None:
    with small_cuebook(tmp_path, api_tokens=(READER,)) as cuebook:
        async with client_of(cuebook) as client:
            plain = (await signed_in(client)).headers["set-cookie"]
        async with client_of(cuebook, "https://127.0.0.1:8000") as client:
            encrypted = (await signed_in(client)).headers["set-cookie"]

    assert "HttpOnly" in plain
    assert "SameSite=strict" in plain
    assert TOKEN not in plain
    assert "Secure" in encrypted


async def test_a_wrong_token_gives_no_cookie(tmp_path: Path) -> None:
    with small_cuebook(tmp_path, api_tokens=(READER,)) as cuebook:
        async with client_of(cuebook) as client:
            refused = await signed_in(client, "nonsense-nonsense")

    assert refused.status_code == 401
    assert "set-cookie" not in refused.headers
    assert "nonsense" not in refused.text


async def test_a_page_of_another_site_cannot_use_the_session_and_mcp_does_not_take_it(tmp_path: Path) -> None:
    with small_cuebook(tmp_path, api_tokens=(READER,)) as cuebook:
        async with client_of(cuebook) as client:
            await signed_in(client)
            foreign = await client.post(
                "/api/v1/actions/ask", json={"question": "x"}, headers={"origin": "https://evil.example"}
            )
            mcp = await client.post("/mcp", json={})

    assert (foreign.status_code, mcp.status_code) == (403, 401)


async def test_a_reader_without_a_session_gets_a_page_that_asks_for_the_token(tmp_path: Path) -> None:
    with small_cuebook(tmp_path, api_tokens=(READER,)) as cuebook:
        async with client_of(cuebook) as client:
            page = await client.get(PAGE, headers={"accept": "text/html,*/*"})

    assert page.status_code == 401
    assert "data-sign-in" in page.text


async def test_without_tokens_there_is_nothing_to_sign_in_to(client: httpx.AsyncClient) -> None:
    answer = await signed_in(client)

    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "reader",
        "reader||",
        "reader|9999999999|",
        "reader|9999999999|é",
        "reader|²|0",
        f"reader|{'9' * 5000}|0",
    ],
)
def test_what_was_not_made_here_stands_for_nobody(cookie: str) -> None:
    assert token_of(cookie, [READER], now=0) is None


def test_a_session_ends_with_its_time_and_with_its_token() -> None:
    cookie = cookie_of(READER, now=100)
    name, until, seal = cookie.split("|")

    assert token_of(cookie, [OTHER, READER], now=100 + LIFETIME) == READER
    assert token_of(cookie, [READER], now=101 + LIFETIME) is None
    assert token_of(cookie, [OTHER], now=100) is None
    assert token_of(f"{name}|{int(until) + 1}|{seal}", [READER], now=100) is None
