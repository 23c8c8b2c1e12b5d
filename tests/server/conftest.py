"""A small server for each test."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import pytest
import structlog

from server.app import make_app
from server.composition import Cuebook
from tests.server.memory import small_cuebook

Served = Callable[[Cuebook], AbstractAsyncContextManager[httpx.AsyncClient]]
HERE = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def no_log_lines() -> Iterator[None]:
    """Unconfigured, structlog renders tracebacks with everything around them, which takes seconds."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def cuebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cuebook]:
    monkeypatch.setattr(Cuebook, "warm_in_background", lambda _self: None)
    with small_cuebook(tmp_path / "home") as composed:
        yield composed


@asynccontextmanager
async def served(cuebook: Cuebook) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application in this process."""
    app = make_app(cuebook.settings, cuebook=cuebook)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=HERE) as client,
    ):
        yield client


@pytest.fixture
async def client(cuebook: Cuebook) -> AsyncIterator[httpx.AsyncClient]:
    """Without the lifespan: the doors that are not MCP need none."""
    app = make_app(cuebook.settings, cuebook=cuebook)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as made:
        yield made
