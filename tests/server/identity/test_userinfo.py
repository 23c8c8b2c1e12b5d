"""Groups that a token does not carry are asked of its own issuer, once, and without them nobody gets in."""

import gzip
import json
from typing import Any

import anyio
import httpx
import pytest
from pydantic import ValidationError

from server.identity.errors import IssuerUnavailable, TokenRefused
from server.identity.fake import FakeIssuer
from server.identity.fetching import fetch
from server.identity.settings import Issuer
from server.identity.userinfo import Userinfo
from server.identity.verifier import JwtVerifier

NOW = 1_800_000_000.0
PORTAL = "https://portal.example/api/auth"


class Portal:
    """A Backstage's auth backend: `said` is what it answers about whoever asks, or a status alone."""

    def __init__(self) -> None:
        self.now = NOW
        self.said: Any = {
            "claims": {"sub": "user:default/ada", "ent": ["user:default/ada", "group:default/ranking"]}
        }
        self.status = 200
        self.sent: list[str] = []
        self.issuer = FakeIssuer(PORTAL, clock=lambda: self.now)
        trusted = self.issuer.trusted(
            audience="backstage",
            namespace="",
            groups="ent",
            userinfo_url=f"{PORTAL}/v1/userinfo",
            grants=["docs:read"],
        )
        self.verifier = JwtVerifier(
            [trusted],
            resource="https://cuebook.example/mcp",
            source_of=lambda _: self.issuer,
            transport=httpx.MockTransport(self._answer),
            clock=lambda: self.now,
        )

    def token(self, **claims: Any) -> str:
        header = {"typ": "vnd.backstage.user"}
        return self.issuer.token(
            "user:default/ada", audience="backstage", algorithm="ES256", header=header, **claims
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request.headers["authorization"])
        return httpx.Response(
            self.status, content=self.said if isinstance(self.said, bytes) else json.dumps(self.said)
        )


@pytest.fixture
def portal() -> Portal:
    return Portal()


async def test_a_portals_user_has_the_groups_that_its_backend_tells_and_is_asked_for_once(
    portal: Portal,
) -> None:
    token = portal.token()
    first = await portal.verifier.verify(token, door="rest")
    again = await portal.verifier.verify(token, door="mcp-http")

    assert first.ref == "user:default/ada"
    assert first.groups == {"group:default/ranking"}
    assert first.scopes == {"docs:read"}
    assert again.groups == first.groups
    assert portal.sent == [f"Bearer {token}"]


async def test_another_token_is_asked_for_again(portal: Portal) -> None:
    await portal.verifier.verify(portal.token(), door="rest")
    portal.now += 60
    portal.said["claims"]["ent"] = []
    who = await portal.verifier.verify(portal.token(), door="rest")
    assert who.groups == frozenset()


async def test_groups_that_a_token_claims_itself_do_not_count_beside_the_backends(portal: Portal) -> None:
    who = await portal.verifier.verify(portal.token(ent=["group:default/admins"]), door="rest")
    assert who.groups == {"group:default/ranking"}


async def test_what_is_said_about_somebody_else_is_not_taken(portal: Portal) -> None:
    portal.said = {"claims": {"sub": "user:default/mallory", "ent": ["group:default/admins"]}}
    with pytest.raises(TokenRefused, match="somebody else"):
        await portal.verifier.verify(portal.token(), door="rest")


async def test_a_token_that_the_backend_does_not_take_any_more_is_refused(portal: Portal) -> None:
    portal.status = 401
    with pytest.raises(TokenRefused, match="does not take it any more"):
        await portal.verifier.verify(portal.token(), door="rest")


@pytest.mark.parametrize(
    ("status", "said"), [(500, {}), (302, {}), (200, b"<html>"), (200, []), (200, b"x" * 300_000)]
)
async def test_without_an_answer_nobody_gets_in(status: int, said: Any, portal: Portal) -> None:
    portal.status, portal.said = status, said
    with pytest.raises(IssuerUnavailable):
        await portal.verifier.verify(portal.token(), door="rest")


async def test_a_token_that_does_not_verify_is_sent_nowhere(portal: Portal) -> None:
    with pytest.raises(TokenRefused):
        await portal.verifier.verify(portal.token()[:-8] + "AAAAAAAA", door="rest")
    assert portal.sent == []


def test_tokens_are_sent_to_their_issuer_alone() -> None:
    with pytest.raises(ValidationError, match="must be an address there"):
        Issuer(
            issuer=PORTAL, jwks_url=f"{PORTAL}/keys", userinfo_url="https://evil.example/api/auth/v1/userinfo"
        )


async def test_a_token_whose_issuer_is_slow_holds_up_nobody_elses(portal: Portal) -> None:
    slow, quick = portal.token(jti="slow"), portal.token(jti="quick")
    asked, go_on = anyio.Event(), anyio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == f"Bearer {slow}":
            asked.set()
            await go_on.wait()
        return portal._answer(request)

    userinfo = Userinfo(f"{PORTAL}/v1/userinfo", clock=lambda: NOW, transport=httpx.MockTransport(answer))
    claims = {"sub": "user:default/ada", "exp": NOW + 60}
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(userinfo.of, slow, claims)
        await asked.wait()
        assert (await userinfo.of(quick, claims))["ent"]
        go_on.set()
    assert portal.sent == [f"Bearer {quick}", f"Bearer {slow}"]


async def test_an_answer_that_could_unpack_to_anything_is_not_unpacked() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        bomb = gzip.compress(b" " * 1_000_000)
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(bomb))

    with pytest.raises(IssuerUnavailable, match="compressed"):
        await fetch(f"{PORTAL}/keys", transport=httpx.MockTransport(answer))
