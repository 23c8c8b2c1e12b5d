"""Whose tokens are taken, and that nothing else is."""

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.identity.errors import IssuerUnavailable, TokenRefused
from server.identity.fake import FakeIssuer
from server.identity.keys import FLOOR, FRESH, USABLE, keys_of
from server.identity.verifier import JwtVerifier

HERE = "https://cuebook.example/mcp"
NOW = 1_800_000_000.0


class World:
    """One issuer, a verifier that trusts it, and a clock."""

    def __init__(self, **values: Any) -> None:
        self.now, self.seconds = NOW, 0.0
        self.issuer = FakeIssuer(clock=lambda: self.now)
        self.verifier = JwtVerifier(
            [self.issuer.trusted(**values)],
            resource=HERE,
            source_of=lambda _: self.issuer,
            clock=lambda: self.now,
            seconds=lambda: self.seconds,
        )

    def token(self, subject: str = "ada", *, audience: Any = HERE, **claims: Any) -> str:
        return self.issuer.token(subject, audience=audience, **claims)

    async def refused(self, token: str) -> str:
        with pytest.raises(TokenRefused) as why:
            await self.verifier.verify(token, door="rest")
        return str(why.value)


_ANY = World()


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
async def test_a_token_stands_for_its_person_with_groups_and_scopes(algorithm: str, world: World) -> None:
    token = world.token(
        "Ada",
        algorithm=algorithm,
        scope="docs:read catalog:read",
        groups=["ranking", "ｒanking", 7],
        azp="portal",
    )

    who = await world.verifier.verify(token, door="mcp-http")

    assert (who.ref, who.kind, who.client, who.door) == ("user:default/ada", "user", "portal", "mcp-http")
    assert who.scopes == {"docs:read", "catalog:read"}
    assert who.groups == {"group:default/ranking"}


async def test_a_token_that_an_agent_acts_with_names_the_agent() -> None:
    token = _ANY.token("ada", act={"sub": "agent-7"}, azp="portal")
    who = await _ANY.verifier.verify(token, door="mcp-http")
    assert (who.ref, who.client) == ("user:default/ada", "agent-7 portal")


async def test_what_a_token_calls_its_client_can_be_stored_and_shown() -> None:
    token = _ANY.token("ada", act={"sub": "a\ud800\nb"}, azp="\x1b[31mportal")
    who = await _ANY.verifier.verify(token, door="mcp-http")
    assert who.client == "a??b ?[31mportal"


async def test_an_issuer_may_speak_for_programs_and_name_scopes_in_its_own_words() -> None:
    world = World(
        service=True,
        namespace="ci",
        scopes="roles",
        scope_names={"reader": ["docs:read"], "operator": ["jobs:start"]},
        grants=["catalog:read"],
    )

    who = await world.verifier.verify(
        world.token("nightly", roles=["reader", "made-up"], groups=["x"]), door="rest"
    )

    assert (who.ref, who.kind, who.groups) == ("service:ci/nightly", "service", frozenset())
    assert who.scopes == {"docs:read", "catalog:read"}


async def test_references_of_a_portal_are_taken_whole() -> None:
    world = World(namespace="", groups="ent", audience="backstage")
    ent = ["group:default/ranking", "user:default/ada"]

    who = await world.verifier.verify(
        world.token("user:default/ada", audience="backstage", ent=ent, header={"typ": "vnd.backstage.user"}),
        door="rest",
    )

    assert who.ref == "user:default/ada"
    assert who.groups == {"group:default/ranking"}
    assert "is 'service:default/ci'" in await world.refused(
        world.token("service:default/ci", audience="backstage")
    )


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": NOW - 61}, "expired"),
        ({"exp": None}, "no time of expiry"),
        ({"exp": "tomorrow"}, "is no time"),
        ({"exp": 10**400}, "is no time"),
        ({"exp": True}, "is no time"),
        ({"nbf": NOW + 61}, "not valid yet"),
        ({"iat": NOW + 61}, "not valid yet"),
        ({"audience": "https://another.example/mcp"}, "made for 'https://another.example/mcp'"),
        ({"audience": HERE + "/"}, "made for"),
        ({"audience": None}, "made for 'None'"),
        ({"audience": [HERE[:-1]]}, "made for"),
        ({"iss": "https://evil.example"}, "'https://evil.example' is none"),
        ({"iss": None}, "is none"),
        ({"iss": ["https://id.example"]}, "is none"),
        ({"subject": "аda"}, "plain name"),  # the first letter is Cyrillic
        ({"subject": "ada/../root"}, "plain name"),
        ({"subject": ""}, "plain name"),
        ({"sub": None}, "plain name"),
        ({"sub": 7}, "plain name"),
        ({"cnf": {"jkt": "x"}}, "bound to a key"),
    ],
)
async def test_a_well_signed_token_with_a_wrong_claim_is_refused(
    claims: dict[str, Any], why: str, world: World
) -> None:
    assert why in await world.refused(world.token(**claims))


async def test_clocks_may_differ_by_a_minute(world: World) -> None:
    moments: tuple[dict[str, Any], ...] = (
        {"exp": int(NOW) - 59},
        {"nbf": int(NOW) + 59},
        {"iat": int(NOW) + 59},
    )
    for claims in moments:
        assert (await world.verifier.verify(world.token(**claims), door="rest")).ref == "user:default/ada"


async def test_a_clock_that_jumps_back_does_not_revive_a_token_for_longer_than_it_jumped(
    world: World,
) -> None:
    token = world.token()
    world.now += 3600 + 60
    await world.refused(token)
    world.now -= 7200

    assert "not valid yet" in await world.refused(token)


async def test_a_forged_signature_is_refused(world: World) -> None:
    head, body, signature = world.token().split(".")
    other = FakeIssuer("https://other.example").token(audience=HERE, iss="https://id.example")
    claims = {**json.loads(base64.urlsafe_b64decode(body + "==")), "sub": "root"}
    altered = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()

    for forged in (f"{head}.{altered}.{signature}", other, f"{head}.{body}.", f"{head}.{body}.AAAA"):
        assert "signature does not fit" in await world.refused(forged)


async def test_a_token_never_chooses_how_it_is_checked(world: World) -> None:
    public = json.loads(world.issuer.jwks())["keys"][0]["x"]
    claims = {"iss": world.issuer.url, "sub": "ada", "aud": HERE, "exp": NOW + 60}
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": "ed-1"})
    symmetric = jwt.encode(claims, public.ljust(32, "x"), algorithm="HS256", headers={"kid": "ed-1"})
    curve = world.token(algorithm="ES256", header={"kid": "ed-1"})

    assert "'none' is none of" in await world.refused(unsigned)
    assert "'HS256' is none of" in await world.refused(symmetric)
    assert "no key 'ed-1' for ES256" in await world.refused(curve)
    await world.refused(world.token(header={"crit": ["exp"]}))
    assert "logout" in await world.refused(world.token(header={"typ": "logout+jwt"}))


async def test_an_embedded_or_linked_key_is_not_looked_at(world: World) -> None:
    forger = FakeIssuer("https://forger.example", clock=lambda: NOW)
    key = json.loads(forger.jwks())["keys"][0]
    header = {"jwk": key, "jku": "https://forger.example/keys", "x5u": "https://forger.example/cert"}

    why = await world.refused(forger.token(audience=HERE, iss=world.issuer.url, header=header))

    assert "signature does not fit" in why


async def test_a_new_key_is_found_and_a_withdrawn_one_ends(world: World) -> None:
    old = world.token()
    await world.verifier.verify(old, door="rest")
    world.issuer.rotate()
    world.seconds += FLOOR

    assert (await world.verifier.verify(world.token(), door="rest")).ref == "user:default/ada"
    assert "no key 'ed-1'" in await world.refused(old)


async def test_a_withdrawn_key_ends_without_anybody_using_the_new_one(world: World) -> None:
    old = world.token(exp=NOW + 10_000)
    await world.verifier.verify(old, door="rest")
    world.issuer.rotate()
    world.seconds += FRESH + 1

    await world.refused(old)


async def test_a_storm_of_made_up_keys_reaches_the_issuer_once_in_a_while(world: World) -> None:
    await world.verifier.verify(world.token(), door="rest")
    for number in range(200):
        world.seconds += 0.5
        await world.refused(world.token(header={"kid": f"made-up-{number}"}))

    assert world.issuer.reads <= 1 + 100 / FLOOR
    assert (await world.verifier.verify(world.token(), door="rest")).ref == "user:default/ada"


async def test_while_the_issuer_is_down_known_keys_work_for_an_hour_and_nobody_is_let_in_without(
    world: World,
) -> None:
    world.issuer.down = True
    with pytest.raises(IssuerUnavailable, match="does not answer"):
        await world.verifier.verify(world.token(), door="rest")
    world.issuer.down, world.seconds = False, FLOOR
    await world.verifier.verify(world.token(), door="rest")
    world.issuer.down = True

    world.seconds += USABLE
    assert (await world.verifier.verify(world.token(), door="rest")).ref == "user:default/ada"
    world.seconds += 1
    with pytest.raises(IssuerUnavailable):
        await world.verifier.verify(world.token(), door="rest")
    assert world.issuer.reads < 6


async def test_a_token_without_a_key_name_needs_a_set_of_one_fitting_key(world: World) -> None:
    assert (
        await world.verifier.verify(world.token(header={"kid": None}), door="rest")
    ).ref == "user:default/ada"


def test_keys_that_must_not_verify_are_left_out() -> None:
    edwards = json.loads(FakeIssuer().jwks())["keys"][0]
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "ed-1", "alg": "HS256"}
    private = {**edwards, "d": edwards["x"]}
    for key in (
        secret,
        private,
        {**edwards, "use": "enc"},
        {**edwards, "alg": "RS256"},
        {"kty": "RSA"},
        7,
        _weak(),
    ):
        assert [key.kid for key in keys_of(json.dumps({"keys": [key, edwards]}).encode())] == ["ed-1"]
        with pytest.raises(IssuerUnavailable, match="no public key"):
            keys_of(json.dumps({"keys": [key]}).encode())


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'{"keys": 1}', b"[" * 100_000, b'{"keys": [%s]}' % b",".join([b"1"] * 101)]
)
def test_what_is_no_key_set_is_said_to_be_none(text: bytes) -> None:
    with pytest.raises(IssuerUnavailable):
        keys_of(text)


@given(
    st.one_of(
        st.text(max_size=200), st.binary(max_size=60).map(lambda raw: f"eyJhbGciOiJFZERTQSJ9.{raw.hex()}.x")
    )
)
async def test_no_text_is_a_token_and_none_breaks_the_check(text: str) -> None:
    await _ANY.refused(text)


@pytest.mark.parametrize("token", ["x" * 20_000, "..", "a.b.c", "é.é.é", f"{'[' * 9000}.{'[' * 9000}."])
async def test_hostile_shapes_are_refused(token: str, world: World) -> None:
    await world.refused(token)
    nested = base64.urlsafe_b64encode(b"[" * 5000).decode()
    await world.refused(f"{nested}.{nested}.x")


def _weak() -> dict[str, Any]:
    modulus = base64.urlsafe_b64encode(((1 << 1023) + 1).to_bytes(128)).rstrip(b"=").decode()
    return {"kty": "RSA", "n": modulus, "e": "AQAB", "kid": "weak"}
