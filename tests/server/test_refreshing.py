"""Sources are read again when it is time or somebody says so, and whatever fails is tried again."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from ingest.entities import EntityRef
from ingest.errors import IndexBusy, SourceError
from server.app import make_app
from server.composition import Cuebook
from server.recorded_readings import READER, recorded
from server.refreshing import AGAIN, Reading, Refresher
from server.settings import ApiToken

RANKER = EntityRef.parse("component:default/ranker")
STORE = EntityRef.parse("component:default/store")
EVENT = {"entityRefs": ["component:default/ranker"]}


class World:
    """A clock that moves when it is waited for, and builds that fail as told."""

    def __init__(self, *, every: float) -> None:
        self.now = 0.0
        self.built: list[tuple[float, frozenset[EntityRef] | None]] = []
        self.failures: list[Exception] = []
        self.stale: list[str] = []
        self.woken = False
        self.refresher = Refresher(
            self._build,
            every=every,
            stale=lambda: self.stale,
            clock=lambda: self.now,
            wait=self._wait,
            pause=self._pause,
        )

    def tell(self, *refs: EntityRef) -> None:
        self.refresher.tell(refs)
        self.woken = True

    def _build(self, only: frozenset[EntityRef] | None) -> None:
        self.built.append((self.now, only))
        if self.failures:
            raise self.failures.pop()

    def _wait(self, seconds: float | None) -> bool:
        woken, self.woken = self.woken, False
        if not woken:
            assert seconds is not None, "it would wait for ever"
            self._pause(seconds)
        return woken

    def _pause(self, seconds: float) -> None:
        self.now += seconds


def test_everything_is_read_at_intervals() -> None:
    world = World(every=300)
    world.refresher.turn()
    world.refresher.turn()
    assert world.built == [(300, None), (600, None)]


def test_events_of_one_moment_become_one_reading_of_those_entities() -> None:
    world = World(every=0)
    world.tell(RANKER)
    world.tell(STORE)
    world.refresher.turn()
    assert world.built == [(1.0, frozenset({RANKER, STORE}))]


def test_without_interval_nothing_is_read_until_an_event() -> None:
    with pytest.raises(AssertionError, match="for ever"):
        World(every=0).refresher.turn()


@pytest.mark.parametrize("failure", [SourceError("down"), IndexBusy("another"), RuntimeError("a fault")])
def test_what_failed_is_made_up_for_by_a_whole_reading(failure: Exception) -> None:
    world = World(every=0)
    world.failures.append(failure)
    world.tell(RANKER)
    world.refresher.turn()
    world.refresher.turn()
    assert [only for _, only in world.built] == [frozenset({RANKER}), None]
    assert world.built[1][0] - world.built[0][0] == AGAIN


def test_what_stayed_unread_is_tried_again_before_the_next_interval_until_it_is_read() -> None:
    world = World(every=300)
    world.stale = ["The catalog of portal could not be read again"]
    world.refresher.turn()
    world.refresher.turn()
    world.stale = []
    world.refresher.turn()
    world.refresher.turn()
    assert [moment for moment, _ in world.built] == [300, 360, 420, 720]


def test_sources_that_cannot_be_read_at_all_are_told_with_the_time_until_they_can() -> None:
    world = World(every=300)
    world.failures += [SourceError("the folder is gone")] * 2
    world.refresher.turn()
    (told,) = world.refresher.trouble()
    world.refresher.turn()

    assert told.startswith("The sources could not be read again since 20")
    assert told.endswith(": the folder is gone")
    assert world.refresher.trouble() == (told,)
    world.refresher.turn()
    assert world.refresher.trouble() == ()


async def test_the_status_says_what_the_refresh_cannot_do(
    client: httpx.AsyncClient, cuebook: Cuebook
) -> None:
    cuebook.parts.refreshing = lambda: ["The sources could not be read again"]
    assert "The sources could not be read again" in (await client.get("/api/v1/status")).json()["degraded"]


async def test_whoever_asks_the_audit_sees_what_was_read_again_and_what_failed(
    client: httpx.AsyncClient, cuebook: Cuebook
) -> None:
    world = World(every=300)
    world.failures.append(SourceError("the folder is gone"))
    world.refresher = Refresher(
        world._build,
        every=300,
        clock=lambda: world.now,
        wait=world._wait,
        pause=world._pause,
        note=recorded(cuebook.caller, lambda: 1_785_000_060.0),
    )
    world.refresher.turn()
    world.tell(RANKER)
    world.refresher.turn()

    found = (await client.post("/api/v1/actions/query_audit", json={"kind": "refresh"})).json()["items"]
    named, whole = (
        {name: row[name] for name in ("principal", "outcome", "reason", "targets", "at")} for row in found
    )
    at = "2026-07-25T17:21:00.000+00:00"
    assert whole == {
        "principal": READER.ref,
        "outcome": "failed",
        "reason": "the folder is gone",
        "targets": ["index"],
        "at": at,
    }
    assert named == {
        "principal": READER.ref,
        "outcome": "done",
        "reason": "",
        "targets": [str(RANKER)],
        "at": at,
    }


def test_a_reading_that_cannot_be_recorded_is_made_all_the_same() -> None:
    world = World(every=300)

    def full(_reading: Reading) -> None:
        raise OSError("no space left")

    world.refresher = Refresher(world._build, every=300, clock=lambda: world.now, wait=world._wait, note=full)
    world.refresher.turn()
    assert world.built == [(300, None)]
    assert world.refresher.trouble() == ()


def test_a_flood_of_events_is_one_whole_reading() -> None:
    world = World(every=0)
    world.tell(*(EntityRef("component", "default", f"c{number}") for number in range(1_001)))
    world.refresher.turn()
    assert [only for _, only in world.built] == [None]


@pytest.fixture
async def told(cuebook: Cuebook, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[EntityRef]]:
    heard: list[EntityRef] = []
    monkeypatch.setattr(Refresher, "tell", lambda _self, refs: heard.extend(refs))
    yield heard


async def test_an_event_is_heard(client: httpx.AsyncClient, told: list[EntityRef]) -> None:
    app = client  # without tokens whoever sits at this machine may
    answer = await app.post("/api/v1/events/entities", json=EVENT)
    assert (answer.status_code, answer.json(), told) == (202, {"accepted": 1}, [RANKER])
    (row,) = (await app.post("/api/v1/actions/query_audit", json={"target": "ranker"})).json()["items"]
    assert (row["kind"], row["action"], row["outcome"]) == ("event", "entities_changed", "ok")


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"entityRefs": []},
        {"entityRefs": ["no reference"]},
        {"entityRefs": ["a:b/c"] * 101},
        {**EVENT, "url": "http://x"},
    ],
)
async def test_what_is_no_event_changes_nothing(
    event: dict[str, object], client: httpx.AsyncClient, told: list[EntityRef]
) -> None:
    assert (await client.post("/api/v1/events/entities", json=event)).status_code == 422
    assert told == []


@pytest.mark.parametrize(("scope", "status"), [("index:refresh", 202), ("docs:read", 403)])
async def test_a_token_needs_the_scope(
    scope: str, status: int, cuebook: Cuebook, told: list[EntityRef]
) -> None:
    token = ApiToken(name="portal", token=SecretStr("a-long-enough-token"), scopes=frozenset({scope}))
    settings = cuebook.settings.model_copy(update={"api_tokens": (token,)})
    transport = httpx.ASGITransport(app=make_app(settings, cuebook=cuebook))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        anonymous = await client.post("/api/v1/events/entities", json=EVENT)
        bearer = {"authorization": "Bearer a-long-enough-token"}
        answer = await client.post("/api/v1/events/entities", json=EVENT, headers=bearer)
    assert (anonymous.status_code, answer.status_code) == (401, status)
    assert bool(told) is (status == 202)
