"""Planning, approving and applying over REST: what proves an approver, and what does not."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from pydantic import SecretStr

from server.app import make_app
from server.approving.passphrases import Passphrase
from server.approving.sessions import COOKIE, CSRF_HEADER
from server.approving.signed_tokens import new_key
from server.composition import Cuebook
from server.settings import ApiToken
from tests.server.approving.conftest import SECRET, TWO_LOOK
from tests.server.conftest import HERE
from tests.server.memory import small_cuebook

Client = httpx.AsyncClient
PLANS = "/api/v1/plans"
SESSION = "/api/v1/approver/session"


def client_of(cuebook: Cuebook, **options: Any) -> Client:
    transport = httpx.ASGITransport(
        app=make_app(cuebook.settings, cuebook=cuebook), raise_app_exceptions=False
    )
    return Client(transport=transport, base_url=HERE, **options)


@pytest.fixture
async def agent(cuebook: Cuebook) -> AsyncIterator[Client]:
    """Whoever connects from this machine."""
    async with client_of(cuebook) as made:
        yield made


async def signed_in(client: Client, name: str = "eve") -> dict[str, str]:
    """Signs an approver in; returns the headers that decide."""
    answer = await client.post(SESSION, json={"name": name, "passphrase": SECRET})
    assert answer.status_code == 200, answer.text
    return {CSRF_HEADER: answer.json()["csrf"]}


async def planned(client: Client) -> str:
    answer = await client.post(PLANS, json={"action": "refresh_index"})
    assert answer.json()["status"] == "waiting", answer.text
    return str(answer.json()["digest"])


async def status_of(client: Client, digest: str) -> str:
    return str((await client.get(f"{PLANS}/{digest}")).json()["status"])


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_plan_waits_until_an_approver_signs_in_and_approves(agent: Client, cuebook: Cuebook) -> None:
    digest = await planned(agent)
    waiting = await agent.post(f"{PLANS}/{digest}/apply")
    assert (waiting.status_code, waiting.json()["status"]) == (200, "waiting")

    async with client_of(cuebook) as browser:
        headers = await signed_in(browser)
        listed = (await browser.get(PLANS)).json()
        assert [plan["digest"] for plan in listed["waiting"]] == [digest]
        assert listed["approver"] == "user:default/eve"
        approved = await browser.post(f"{PLANS}/{digest}/approve", headers=headers)
        assert approved.json()["approval"]["given"][0]["means"] == "page"

    done = (await agent.post(f"{PLANS}/{digest}/apply")).json()
    assert (done["status"], done["receipt"]["approved_by"]) == ("done", ["user:default/eve"])
    assert (await agent.post(f"{PLANS}/{digest}/apply")).json() == done


async def test_whoever_is_on_this_machine_approves_nothing(agent: Client) -> None:
    digest = await planned(agent)
    for body in (None, {}, {"token": SECRET}, {"token": "eyJ.x.y"}, {"reason": "fine"}):
        answer = await agent.post(f"{PLANS}/{digest}/approve", json=body)
        assert error_of(answer) == (401, "proof_refused")
    assert await status_of(agent, digest) == "waiting"


async def test_a_session_without_its_csrf_token_decides_nothing(agent: Client, cuebook: Cuebook) -> None:
    digest = await planned(agent)
    async with client_of(cuebook) as browser:
        headers = await signed_in(browser)
        wrong = {CSRF_HEADER: headers[CSRF_HEADER][:-1] + "!"}
        for given in ({}, wrong):
            for decision in ("approve", "reject"):
                answer = await browser.post(f"{PLANS}/{digest}/{decision}", headers=given)
                assert error_of(answer) == (401, "proof_refused")
    assert await status_of(agent, digest) == "waiting"


async def test_the_cookie_is_out_of_the_reach_of_scripts_and_sites(agent: Client) -> None:
    answer = await agent.post(SESSION, json={"name": "eve", "passphrase": SECRET})
    cookie = answer.headers["set-cookie"].lower()
    for part in ("httponly", "samesite=strict", "path=/api/v1", "max-age=900"):
        assert part in cookie
    assert SECRET not in answer.text + cookie


async def test_a_session_ends_with_signing_out_and_with_its_approver(agent: Client, cuebook: Cuebook) -> None:
    digest = await planned(agent)
    headers = await signed_in(agent)
    kept = agent.cookies[COOKIE]
    await agent.delete(SESSION)
    agent.cookies.set(COOKIE, kept, domain="127.0.0.1", path="/api/v1")
    answer = await agent.post(f"{PLANS}/{digest}/approve", headers=headers)
    assert error_of(answer) == (401, "proof_refused")

    agent.cookies.clear()
    headers = await signed_in(agent)
    approvers = cuebook.proofs.approvers
    approvers.add("max", passphrase=Passphrase.of(SECRET), by="eve")
    approvers.remove("eve")
    approvers.add("eve", passphrase=Passphrase.of(SECRET), by="max")
    answer = await agent.post(f"{PLANS}/{digest}/approve", headers=headers)
    assert error_of(answer) == (401, "proof_refused")


async def test_guessing_is_locked_out_and_told_until_when(agent: Client) -> None:
    for name in ("eve", "nobody"):
        for _ in range(3):
            answer = await agent.post(SESSION, json={"name": name, "passphrase": "a wrong one"})
            assert error_of(answer) == (401, "proof_refused")
        locked = await agent.post(SESSION, json={"name": name, "passphrase": SECRET})
        assert error_of(locked) == (429, "locked_out")
        assert 0 < int(locked.headers["retry-after"]) <= 30
    assert "set-cookie" not in locked.headers


@pytest.fixture
async def service(cuebook: Cuebook, home: Path) -> AsyncIterator[Client]:
    """An agent with a token of its own, at a server that asks for tokens."""
    cuebook.close()
    token = ApiToken(name="agent", token=SecretStr("0123456789abcdef"), scopes=frozenset({"index:write"}))
    with small_cuebook(home, api_tokens=(token,)) as composed:
        async with client_of(composed, headers={"Authorization": "Bearer 0123456789abcdef"}) as made:
            yield made


async def test_a_bearer_token_approves_nothing_and_an_approver_needs_none(service: Client) -> None:
    digest = await planned(service)
    for body in (None, {"token": "0123456789abcdef"}):
        answer = await service.post(f"{PLANS}/{digest}/approve", json=body)
        assert error_of(answer) == (401, "proof_refused")

    del service.headers["Authorization"]
    assert error_of(await service.get(f"{PLANS}/{digest}")) == (401, "token_missing")
    headers = await signed_in(service)
    assert await status_of(service, digest) == "waiting"
    assert (await service.post(f"{PLANS}/{digest}/approve", headers=headers)).json()["status"] == "approved"
    assert error_of(await service.post(f"{PLANS}/{digest}/apply")) == (404, "plan_missing")
    assert error_of(await service.get("/api/v1/actions")) == (401, "token_missing")


async def test_a_page_of_another_site_decides_nothing(agent: Client) -> None:
    digest = await planned(agent)
    headers = await signed_in(agent) | {"Origin": "https://evil.example"}
    assert (await agent.post(f"{PLANS}/{digest}/approve", headers=headers)).status_code == 403


async def test_whoever_planned_may_take_it_back(agent: Client) -> None:
    digest = await planned(agent)
    rejected = await agent.post(f"{PLANS}/{digest}/reject", json={"reason": "changed my mind"})
    assert (rejected.json()["status"], "changed my mind" in rejected.json()["reason"]) == ("rejected", True)
    assert error_of(await agent.post(f"{PLANS}/{digest}/apply")) == (409, "plan_rejected")


async def test_a_read_is_not_planned(agent: Client) -> None:
    answer = await agent.post(PLANS, json={"action": "search_docs", "arguments": {"question": "x"}})
    assert error_of(answer) == (422, "invalid_arguments")


async def test_only_who_the_rule_names_may_decide(home: Path, cuebook: Cuebook) -> None:
    for name in ("max", "zoe"):
        cuebook.proofs.approvers.add(name, passphrase=Passphrase.of(SECRET), by="eve")
    (home / "policy.yaml").write_text(TWO_LOOK)
    with small_cuebook(home) as strict:
        async with client_of(strict) as agent:
            await _decide_in_turn(agent)


async def _decide_in_turn(agent: Client) -> None:
    digest = await planned(agent)
    headers = await signed_in(agent, "zoe")
    assert (await agent.get(PLANS)).json()["waiting"] == []
    answer = await agent.post(f"{PLANS}/{digest}/approve", headers=headers)
    assert error_of(answer) == (403, "may_not_decide")
    for name, missing in (("eve", 1), ("eve", 1), ("max", 0)):
        headers = await signed_in(agent, name)
        answer = await agent.post(f"{PLANS}/{digest}/approve", headers=headers)
        assert answer.json()["approval"]["missing"] == missing


class CI:
    """Holds the private key of the approver `release`."""

    def __init__(self, cuebook: Cuebook, now: float) -> None:
        self.key, public = new_key()
        self.now = int(now)
        cuebook.proofs.approvers.add("release", key=public, by="eve")

    def token(self, digest: str | None, *, key: Any = None, algorithm: str = "EdDSA", **changed: Any) -> str:
        claims = {
            "aud": "cuebook-approval",
            "sub": "release",
            "digest": digest,
            "decision": "approve",
            "iat": self.now,
            "exp": self.now + 300,
        } | changed
        given = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(given, self.key if key is None else key, algorithm=algorithm)


@pytest.fixture
def ci(cuebook: Cuebook) -> CI:
    return CI(cuebook, cuebook.proofs.clock())


async def test_a_token_signed_for_the_digest_approves_it_once(agent: Client, ci: CI) -> None:
    digest = await planned(agent)
    token = ci.token(digest)
    for _ in range(2):  # a repeated token gives the same one approval
        answer = await agent.post(f"{PLANS}/{digest}/approve", json={"token": token})
        assert [given["approver"] for given in answer.json()["approval"]["given"]] == ["user:default/release"]
    assert (await agent.post(f"{PLANS}/{digest}/apply")).json()["status"] == "done"
    assert error_of(await agent.post(f"{PLANS}/{digest}/approve", json={"token": token})) == (
        409,
        "plan_already_applied",
    )
    other = await planned(agent)
    answer = await agent.post(f"{PLANS}/{other}/approve", json={"token": token})
    assert error_of(answer) == (401, "proof_refused")
    assert "another plan" in answer.text


FORGED: list[dict[str, Any]] = [
    {"digest": "0" * 64},
    {"digest": None},
    {"decision": "reject"},
    {"decision": None},
    {"aud": "cuebook"},
    {"aud": None},
    {"sub": "eve"},
    {"sub": "mallory"},
    {"exp": None},
    {"iat": None},
    {"iat": 0},
    {"exp": 1},
    {"exp": 2**40},
    {"exp": "2147483647"},
    {"exp": float("inf")},
    {"exp": float("nan")},
    {"iat": "1"},
    {"iat": float("-inf")},
    {"iat": 2**40, "exp": 2**40 + 300},
    {"nbf": 2**40},
    {"aud": ["cuebook-approval"]},
    {"sub": ["release"]},
    {"digest": ["0" * 64]},
    {"key": new_key()[0]},
    {"key": "0123456789abcdef0123456789abcdef", "algorithm": "HS256"},
    {"key": "", "algorithm": "none"},
]


async def test_a_token_that_is_forged_swapped_or_too_old_decides_nothing(agent: Client, ci: CI) -> None:
    digest = await planned(agent)
    for changed in FORGED:
        token = ci.token(**{"digest": digest} | changed)
        answer = await agent.post(f"{PLANS}/{digest}/approve", json={"token": token})
        assert error_of(answer) == (401, "proof_refused"), changed
    assert await status_of(agent, digest) == "waiting"


async def test_the_public_key_signs_nothing(agent: Client, ci: CI, cuebook: Cuebook) -> None:
    digest = await planned(agent)
    entry = cuebook.proofs.approvers.get("release")
    assert entry is not None
    forged = ci.token(digest, key=str(entry.key), algorithm="HS256")
    answer = await agent.post(f"{PLANS}/{digest}/approve", json={"token": forged})
    assert error_of(answer) == (401, "proof_refused")


async def test_every_refused_proof_is_in_the_audit(agent: Client, home: Path) -> None:
    from tools.audit import Audit

    digest = await planned(agent)
    await agent.post(f"{PLANS}/{digest}/approve")
    await agent.post(SESSION, json={"name": "eve", "passphrase": "a wrong one"})
    await signed_in(agent)
    await agent.post(f"{PLANS}/{digest}/apply")  # waits until what came before is written
    audit = Audit.open(home / "audit.db")
    rows = [entry.body for entry in audit.entries() if entry.body["kind"] == "login"]
    audit.close()
    assert [row["outcome"] for row in rows] == ["proof_refused", "proof_refused", "ok"]
    assert "wrong one" not in str(rows)
