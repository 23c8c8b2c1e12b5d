"""What changed, and when: the seam through which histories reach answers.

A history is asked when a question is, so what was committed or registered a moment ago is told. Each change is a page of
the entity that it changed, with the path `change:<id>`, so that it is quoted, cited and opened like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from ingest.documents import Page, Section
from ingest.entities import Entity
from ingest.errors import NotFound
from ingest.sources.composed import bullets, text_hash

_PREFIX = "change:"
MOST = 200
"""Changes that a history gives at most, the newest."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` on, before `until`; both in UTC and None for open ends. `after` is a tag or version instead of a time."""

    since: datetime | None = None
    until: datetime | None = None
    after: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of `entity`. `id` finds it again; `revision` is where it stands, such as `git:<commit>`.

    `what` says it in its author's words, on one line; `details` are further lines. `at` is in UTC.
    """

    id: str
    entity: Entity
    at: datetime
    what: str
    revision: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """The newest of `total` changes first. `problem` says why there may be more than is told.

    `kept` is whether there is a history of any of these entities at all: without one, no change says nothing.
    """

    found: tuple[Change, ...] = ()
    total: int = 0
    problem: str = ""
    kept: bool = False


class History(Protocol):
    """Where changes of entities are kept."""

    def changes(self, entities: Sequence[Entity], period: Period) -> Changes:
        """Changes of any of `entities` in the period."""
        ...

    def change(self, id: str, entity: Entity) -> Change | None:
        """The change of `entity` with that id; None where this history has none."""
        ...


@dataclass(frozen=True, slots=True)
class Histories:
    """Several histories as one."""

    all: tuple[History, ...] = ()

    def changes(self, entities: Sequence[Entity], period: Period) -> Changes:
        """See `History.changes`; of equal times the first history's come first."""
        parts = [history.changes(entities, period) for history in self.all]
        found = sorted((one for part in parts for one in part.found), key=lambda one: one.at, reverse=True)
        problems = dict.fromkeys(part.problem for part in parts if part.problem)
        total, kept = sum(part.total for part in parts), any(part.kept for part in parts)
        return Changes(tuple(found[:MOST]), total, " ".join(problems), kept)

    def change(self, id: str, entity: Entity) -> Change | None:
        """See `History.change`."""
        return next((found for history in self.all if (found := history.change(id, entity))), None)


@dataclass
class FakeHistory:
    """Changes in memory, for tests."""

    kept: list[Change] = field(default_factory=list)

    def changes(self, entities: Sequence[Entity], period: Period) -> Changes:
        refs = {entity.ref for entity in entities}
        found = [
            one
            for one in sorted(self.kept, key=lambda one: one.at, reverse=True)
            if one.entity.ref in refs
            and (period.since is None or one.at >= period.since)
            and (period.until is None or one.at < period.until)
        ]
        return Changes(tuple(found[:MOST]), len(found), kept=True)

    def change(self, id: str, entity: Entity) -> Change | None:
        return next((one for one in self.kept if (one.id, one.entity.ref) == (id, entity.ref)), None)


def is_change_path(path: str | None) -> bool:
    """Whether a path names a change rather than a page of the docs."""
    return path is not None and path.startswith(_PREFIX)


def opened(path: str, entity: Entity | None, history: History | None) -> Page:
    """The page of the change at `path`. Raises `NotFound`."""
    found = None
    if entity is not None and history is not None:
        found = history.change(path.removeprefix(_PREFIX), entity)
    if found is None:
        raise NotFound(
            f"{entity.ref if entity else 'the catalog'} has no change {path!r}; ask what changed again"
        )
    return Page.of(change_section(found))


def change_section(change: Change) -> Section:
    """The change as a section of its entity, a line for each thing that it says."""
    block = bullets([line_of(change), *change.details])
    title = f"Change {change.id.rpartition('/')[2][:12]}"
    return Section(
        entity=change.entity.ref,
        path=f"{_PREFIX}{change.id}",
        anchor="",
        title=title,
        heading=title,
        breadcrumb=(change.entity.title, "Changes", title),
        text=block.text,
        blocks=(block,),
        revision=change.revision,
        content_hash=text_hash(block.text),
        modified=change.at,
        owner=change.entity.owner,
    )


def line_of(change: Change) -> str:
    """`2026-11-24 09:30 UTC: Raise the cap of repeated creators`."""
    return f"{change.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {change.what}"
