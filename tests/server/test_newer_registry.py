"""A registry that a newer version wrote stops the model actions, and nothing else."""

import httpx
import pytest

from recsys_core.registry import Registry
from server.composition import Cuebook


@pytest.fixture
def newer(cuebook: Cuebook) -> Cuebook:
    registry = Registry.open(cuebook.settings.home, settle=False)
    registry.projection.rows("PRAGMA user_version = 99")
    return cuebook


async def test_the_model_actions_name_it_and_everything_else_goes_on(
    newer: Cuebook, client: httpx.AsyncClient
) -> None:
    refused = await client.post("/api/v1/actions/query_model_catalog", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "state_newer")
    assert "registry.sqlite' has version 99, this code reads 1" in refused.json()["error"]["message"]
    status = (await client.get("/api/v1/status")).json()
    assert [told for told in status["degraded"] if told.startswith("The model registry cannot be used: ")]
    for action, asked in (("query_catalog", {}), ("list_jobs", {}), ("ask", {"question": "Who owns it?"})):
        went = await client.post(f"/api/v1/actions/{action}", json=asked)
        assert went.status_code == 200, action


async def test_a_home_without_models_is_whole_and_asking_how_it_stands_makes_none(
    cuebook: Cuebook, client: httpx.AsyncClient
) -> None:
    await client.get("/api/v1/status")
    assert not (cuebook.settings.home / "registry.sqlite").exists()
