"""Approving from a portal: its user's token says who, and their passphrase that it is them and no program of theirs."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.approving.passphrases import Passphrase
from server.composition import Cuebook
from server.identity.fake import FakeIssuer
from tests.server.approving.conftest import SECRET
from tests.server.approving.test_rest import PLANS, client_of, error_of, planned, status_of
from tests.server.memory import small_cuebook

AUDIENCE = "http://127.0.0.1:8000/mcp"


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer()


@pytest.fixture
def portal(home: Path, cuebook: Cuebook, issuer: FakeIssuer, tmp_path: Path) -> Iterator[Cuebook]:
    """A server that takes the tokens of a portal, with the approver eve."""
    cuebook.close()
    keys = tmp_path / "keys.json"
    keys.write_text(issuer.jwks())
    with small_cuebook(home, auth={"issuers": [issuer.trusted(jwks_file=keys)]}) as composed:
        yield composed


@asynccontextmanager
async def as_user(portal: Cuebook, issuer: FakeIssuer, name: str) -> AsyncIterator[httpx.AsyncClient]:
    token = issuer.token(name, audience=AUDIENCE, scope="index:write")
    async with client_of(portal, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


async def test_another_user_sees_that_it_waits_and_approves_with_their_passphrase(
    portal: Cuebook, issuer: FakeIssuer
) -> None:
    async with as_user(portal, issuer, "ada") as ada, as_user(portal, issuer, "eve") as eve:
        digest = await planned(ada)
        listed = (await eve.get(PLANS)).json()
        assert ([each["digest"] for each in listed["waiting"]], listed["plans"]) == ([digest], [])
        assert listed["approver"] == "user:default/eve"
        assert (await eve.get(f"{PLANS}/{digest}")).json()["arguments"] == {}

        approved = (await eve.post(f"{PLANS}/{digest}/approve", json={"passphrase": SECRET})).json()
        (given,) = approved["approval"]["given"]
        assert (given["approver"], given["means"]) == ("user:default/eve", "portal")
        assert (await ada.post(f"{PLANS}/{digest}/apply")).json()["status"] == "done"


async def test_the_token_of_an_approver_decides_nothing_by_itself(
    portal: Cuebook, issuer: FakeIssuer
) -> None:
    """An MCP client of eve holds the same token."""
    async with as_user(portal, issuer, "ada") as ada, as_user(portal, issuer, "eve") as eve:
        digest = await planned(ada)
        token = eve.headers["authorization"].removeprefix("Bearer ")
        bodies: list[dict[str, Any] | None] = [
            None,
            {},
            {"passphrase": ""},
            {"passphrase": "a wrong one"},
            {"token": token},
        ]
        for body in bodies:
            for decision in ("approve", "reject"):
                answer = await eve.post(f"{PLANS}/{digest}/{decision}", json=body)
                assert error_of(answer) in {(401, "proof_refused"), (429, "locked_out")}, body
        assert await status_of(ada, digest) == "waiting"


async def test_a_passphrase_is_of_use_only_to_whom_the_token_names(
    portal: Cuebook, issuer: FakeIssuer
) -> None:
    portal.proofs.approvers.add("max", passphrase=Passphrase.of("another passphrase"), by="eve")
    async with as_user(portal, issuer, "ada") as ada, as_user(portal, issuer, "max") as other:
        digest = await planned(ada)
        for client in (ada, other):
            answer = await client.post(f"{PLANS}/{digest}/approve", json={"passphrase": SECRET})
            assert error_of(answer) == (401, "proof_refused")
        listed = (await ada.get(PLANS)).json()
        assert (listed["waiting"], listed["approver"]) == ([], None)


async def test_wrong_passphrases_cost_time_and_lock_nobody_out_of_the_page(
    portal: Cuebook, issuer: FakeIssuer
) -> None:
    async with as_user(portal, issuer, "eve") as eve:
        digest = await planned(eve)
        for _ in range(3):
            await eve.post(f"{PLANS}/{digest}/approve", json={"passphrase": "a wrong one"})
        locked = await eve.post(f"{PLANS}/{digest}/approve", json={"passphrase": SECRET})
        assert error_of(locked) == (429, "locked_out")
        page = await eve.post("/api/v1/approver/session", json={"name": "eve", "passphrase": SECRET})
        assert page.status_code == 200


async def test_whoever_is_on_this_machine_or_a_program_names_nobody(cuebook: Cuebook) -> None:
    async with client_of(cuebook) as agent:
        digest = await planned(agent)
        answer = await agent.post(f"{PLANS}/{digest}/approve", json={"passphrase": SECRET})
        assert error_of(answer) == (401, "proof_refused")
        assert "user:default/local is no person whom a token" in answer.text
        assert SECRET not in answer.text
