"""A small server for each test."""

import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import pytest
import structlog
from sqlalchemy import Connection

from server.app import make_app
from server.composition import Cuebook
from tests.server.memory import small_cuebook
from tools.state import State, migrations

Served = Callable[[Cuebook], AbstractAsyncContextManager[httpx.AsyncClient]]
HERE = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def no_log_lines() -> Iterator[None]:
    """Unconfigured, structlog renders tracebacks with everything around them, which takes seconds."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The statements that make a migrated state database of an empty one."""
    path = tmp_path_factory.mktemp("tables") / "state.db"
    State.open(path).close()
    with sqlite3.connect(path) as made:
        dumped = tuple(each for each in made.iterdump() if each not in {"BEGIN TRANSACTION;", "COMMIT;"})
    made.close()
    return dumped


@pytest.fixture(autouse=True)
def tables_at_once(monkeypatch: pytest.MonkeyPatch, tables: tuple[str, ...]) -> None:
    """A new home's migrations cost more than most of these tests; those of tests/tools migrate step by step."""

    def upgrade(connection: Connection) -> None:
        for statement in tables:
            connection.exec_driver_sql(statement)

    monkeypatch.setattr(migrations, "upgrade", upgrade)


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
