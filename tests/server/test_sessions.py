"""Reading the page and the docs where tokens are wanted: a token for a cookie."""

from pathlib import Path

import httpx
import pytest

from server.sessions import COOKIE, LIFETIME, ReaderSessions
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


async def test_signing_out_ends_a_copied_cookie_and_no_other_tab(tmp_path: Path) -> None:
    with small_cuebook(tmp_path, api_tokens=(READER,)) as cuebook:
        async with client_of(cuebook) as one, client_of(cuebook) as other:
            for tab in (one, other):
                await signed_in(tab)
            copied = one.cookies[COOKIE]
            await one.delete("/api/v1/session")
            one.cookies.set(COOKIE, copied, domain="127.0.0.1")
            again, still = await one.get(PAGE), await other.get(PAGE)

    assert (again.status_code, still.status_code) == (401, 200)


async def test_a_cookie_that_was_there_before_is_not_taken_over(tmp_path: Path) -> None:
    """Session fixation: who plants a cookie in a browser learns nothing of the session that begins there."""
    with small_cuebook(tmp_path, api_tokens=(READER,)) as cuebook:
        async with client_of(cuebook) as attacker, client_of(cuebook) as victim:
            await signed_in(attacker)
            planted = attacker.cookies[COOKIE]
            victim.cookies.set(COOKIE, planted, domain="127.0.0.1", path="/")
            begun = (await signed_in(victim)).cookies[COOKIE]
            await victim.delete("/api/v1/session", headers={"cookie": f"{COOKIE}={begun}"})
            ended = await victim.get(PAGE, headers={"cookie": f"{COOKIE}={begun}"})

    assert begun != planted
    assert ended.status_code == 401


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "reader",
        "reader|||",
        "reader|9999|00|",
        "reader|9999|00|é",
        "reader|²|00|0",
        f"reader|{'9' * 5000}|00|0",
        "reader|9999|00|0|0",
    ],
)
def test_what_was_not_made_here_stands_for_nobody(cookie: str) -> None:
    sessions = ReaderSessions()
    assert sessions.token_of(cookie, [READER], now=0) is None
    sessions.end(cookie, [READER], now=0)


def test_a_session_ends_with_its_time_its_token_and_its_process() -> None:
    sessions = ReaderSessions()
    cookie = sessions.begin(READER, now=100)
    name, until, session, seal = cookie.split("|")

    assert sessions.token_of(cookie, [OTHER, READER], now=100 + LIFETIME) == READER
    assert sessions.token_of(cookie, [READER], now=101 + LIFETIME) is None
    assert sessions.token_of(cookie, [READER], now=30) is None
    assert sessions.token_of(cookie, [OTHER], now=100) is None
    assert ReaderSessions().token_of(cookie, [READER], now=100) is None
    for forged in (f"{name}|{int(until) + 1}|{session}|{seal}", f"{name}|{until}|{'0' * 32}|{seal}"):
        assert sessions.token_of(forged, [READER], now=100) is None


def test_ended_sessions_are_forgotten_once_they_are_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = ReaderSessions()
    first = sessions.begin(READER, now=0)
    sessions.end(first, [READER], now=0)
    sessions.end(sessions.begin(READER, now=2 * LIFETIME), [READER], now=2 * LIFETIME)
    assert len(sessions._ended) == 1

    monkeypatch.setattr("server.sessions._MOST_ENDED", 1)
    other = sessions.begin(READER, now=2 * LIFETIME)
    sessions.end(sessions.begin(READER, now=2 * LIFETIME), [READER], now=2 * LIFETIME)
    assert sessions.token_of(other, [READER], now=2 * LIFETIME) is None
