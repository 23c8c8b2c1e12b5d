"""A server follows its portal: an event brings one entity within seconds, and an outage is made up for by itself."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from server.app import make_app
from server.indexing import index_sources
from server.settings import Settings
from tests.backstage.portal import RunningPortal

pytestmark = [pytest.mark.integration, pytest.mark.backstage]
API = "component/default/ranker"


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = make_app(settings, warm=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client,
    ):
        yield client


async def seconds_until(holds: Callable[[], Awaitable[bool]], *, most: float) -> float:
    begun = time.monotonic()
    while not await holds():
        assert time.monotonic() - begun < most, f"not within {most:g} s"
        await asyncio.sleep(0.2)
    return time.monotonic() - begun


async def test_an_event_brings_a_changed_entity_within_seconds(
    portal: RunningPortal, settings: Settings
) -> None:
    index_sources(None, settings=settings)
    catalog = portal.folder / "org" / "ranker" / "catalog-info.yaml"
    before = catalog.read_text()
    catalog.write_text(before.replace("lifecycle: production", "lifecycle: deprecated"))
    portal.wait(lambda: "deprecated" in portal.get(f"/api/catalog/entities/by-name/{API}").text)

    async with served(settings) as client:

        async def lifecycle() -> str:
            return str((await client.get(f"/api/v1/entities/{API}")).json()["lifecycle"])

        async def deprecated() -> bool:
            return await lifecycle() == "deprecated"

        assert await lifecycle() == "production"
        answer = await client.post(
            "/api/v1/events/entities", json={"entityRefs": ["component:default/ranker"]}
        )
        assert answer.status_code == 202
        assert await seconds_until(deprecated, most=20) < 10
    catalog.write_text(before)


async def test_an_outage_is_told_and_made_up_for_by_itself(portal: RunningPortal, settings: Settings) -> None:
    index_sources(None, settings=settings)
    portal.stop(signal.SIGKILL)
    async with served(settings.model_copy(update={"refresh_seconds": 2.0})) as client:

        async def degraded() -> str:
            return " ".join((await client.get("/api/v1/status")).json()["degraded"])

        async def is_late() -> bool:
            return "could not be read again since" in await degraded()

        async def is_well() -> bool:
            return await degraded() == ""

        await seconds_until(is_late, most=60)
        assert (await client.get(f"/api/v1/entities/{API}")).status_code == 200
        await asyncio.to_thread(portal.start)
        await seconds_until(is_well, most=60)
