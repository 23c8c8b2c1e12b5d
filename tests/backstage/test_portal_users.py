"""A user's own Backstage token says who calls, with the groups that the portal knows."""

import json
from pathlib import Path

import httpx
import pytest

from ingest.settings import EmbedderSettings
from server.app import make_app
from server.identity.errors import TokenRefused
from server.identity.settings import AuthSettings, Issuer
from server.identity.verifier import JwtVerifier
from server.indexing import index_sources
from server.settings import Settings
from tests.backstage.portal import TOKEN, RunningPortal

pytestmark = [pytest.mark.integration, pytest.mark.backstage]


def issuer(portal: RunningPortal) -> Issuer:
    auth = f"{portal.url}/api/auth"
    values = {
        "audience": "backstage",
        "namespace": "",
        "groups": "ent",
        "grants": ["docs:read", "catalog:read"],
    }
    addresses = {
        "issuer": auth,
        "jwks_url": f"{auth}/.well-known/jwks.json",
        "userinfo_url": f"{auth}/v1/userinfo",
    }
    return Issuer.model_validate({**addresses, **values})


async def test_a_real_token_stands_for_its_user_and_groups(portal: RunningPortal) -> None:
    verifier = JwtVerifier([issuer(portal)], resource="http://127.0.0.1:8000/mcp")
    who = await verifier.verify(portal.user_token(), door="rest")

    assert (who.ref, who.kind) == ("user:default/ada", "user")
    assert who.groups == {"group:default/ranking"}
    with pytest.raises(TokenRefused):
        await verifier.verify(TOKEN, door="rest")


async def test_a_portals_user_gets_in_and_nobody_else(portal: RunningPortal, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, sources=(), auth=AuthSettings(issuers=(issuer(portal),)))
    app = make_app(settings, warm=False)
    token = portal.user_token()
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        answers = [
            (
                await client.get(
                    "/api/v1/status", headers={"authorization": f"Bearer {value}"} if value else {}
                )
            ).status_code
            for value in (token, TOKEN, "", token[:-8] + "AAAAAAAA")
        ]
    assert answers == [200, 401, 401, 401]


@pytest.mark.parametrize(("group", "decided"), [("ranking", "allow"), ("others", "ask")])
async def test_the_groups_that_the_portal_tells_decide_policy(
    group: str, decided: str, portal: RunningPortal, tmp_path: Path
) -> None:
    rule = {"name": "of the group", "who": f"group:{group}", "actions": "refresh_index", "verdict": "allow"}
    others = {"name": "of others", "actions": "refresh_index", "verdict": "ask"}
    tmp_path.joinpath("policy.yaml").write_text(json.dumps({"version": 1, "rules": [rule, others]}))
    trusted = issuer(portal).model_copy(update={"grants": frozenset({"index:write"})})
    settings = Settings(home=tmp_path, sources=(), auth=AuthSettings(issuers=(trusted,)))
    page = (
        tmp_path / "docs" / "index.md"
    )  # the catalog knows nobody, so whatever is known of groups comes from the portal
    page.parent.mkdir()
    page.write_text("# Nothing\n")
    index_sources(
        [tmp_path], settings=settings.model_copy(update={"embedder": EmbedderSettings(kind="hashing")})
    )
    app = make_app(settings, warm=False)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        bearer = {"authorization": f"Bearer {portal.user_token()}"}
        answer = await client.post(
            "/api/v1/plans", json={"action": "refresh_index", "arguments": {}}, headers=bearer
        )
    assert answer.status_code == 200
    assert answer.json()["principal"] == "user:default/ada"
    assert answer.json()["approval"]["verdict"] == decided
