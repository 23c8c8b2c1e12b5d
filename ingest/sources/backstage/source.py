"""A Backstage instance as a source. What did not change is not fetched again; what cannot be read stays as it was.

The catalog counts only when it was listed whole, and a site only when all of it could be read: half an answer
deletes nothing. What is kept from before is told, with the time when it was last read.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from ingest.documents import Page, Skipped
from ingest.entities import Entity, EntityRef
from ingest.errors import SourceError
from ingest.sources.backstage.address import BackstageAddress
from ingest.sources.backstage.catalog import Raw, current_entities, entities_of, made_entity
from ingest.sources.backstage.kept import Kept, Reading, Readings
from ingest.sources.backstage.portal import Portal, PortalError
from ingest.sources.backstage.sites import build_docs, current_site, has_docs, live_page, made_page

if TYPE_CHECKING:
    import httpx


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class BackstageSource:
    """`cache` is the folder of everything that was read of instances, `hosts` those that may be asked and sent the token.

    With `only`, the backend is asked for these entities alone and the rest is as it was read before.
    """

    instance: BackstageAddress
    cache: Path
    token: SecretStr | None = None
    hosts: Collection[str] = ()
    only: frozenset[EntityRef] | None = None
    transport: "httpx.BaseTransport | None" = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], datetime] = _now

    @property
    def address(self) -> str:
        return f"backstage+{self.instance.url}"

    @property
    def folder(self) -> Path:
        """Where it is kept what was read."""
        return self.cache / self.instance.folder

    def read(self) -> "BackstageRead":
        """Ask for what changed. Raises `SourceError` when the catalog cannot be had and was not read before."""
        portal, kept = self.portal(), Kept(self.folder)
        readings = kept.readings()
        found, problem = self._catalog(portal, kept)
        if problem and not found:
            portal.close()
            raise SourceError(f"{self.address} cannot be read: {problem}")
        if problem:
            readings.catalog.problem = problem
        elif self.only is None:
            readings.catalog = Reading(self._moment())
        kept.keep_readings(readings)
        read = BackstageRead(self.instance.host, self.folder, portal, kept, readings, self._moment, self.only)
        read.take(found)
        if problem:
            read.skipped.append(Skipped("catalog", _told(readings.catalog)))
        return read

    def holds(self, ref: EntityRef) -> bool:
        """Whether the entity was there when the catalog was read last. Asks nobody."""
        return str(ref) in self._held

    @cached_property
    def _held(self) -> frozenset[str]:
        return frozenset(Kept(self.folder).entities())

    def page(self, entity: Entity, path: str) -> Page | None:
        """A page of an entity's docs as it is now; None when there is none. Raises `SourceError`."""
        portal = self.portal()
        try:
            return live_page(portal, entity, path)
        finally:
            portal.close()

    def entity(self, ref: EntityRef) -> Entity | None:
        """An entity as it is now; None when there is none. Raises `SourceError`."""
        portal = self.portal()
        try:
            raw = entities_of(portal, [str(ref)])[str(ref)]
        finally:
            portal.close()
        return made_entity(str(ref), raw)[0] if raw else None

    def portal(self) -> Portal:
        """Raises `SourceError` for a host that is not allowed."""
        self.instance.check_host(self.hosts)
        return Portal(self.instance.url, self.token, transport=self.transport, sleep=self.sleep)

    def _catalog(self, portal: Portal, kept: Kept) -> tuple[Mapping[str, Raw], str]:
        """The entities, and why they are those from before, "" when they are not."""
        before = kept.entities()
        try:
            if self.only is None or not before:
                found: dict[str, Raw] = current_entities(portal, before)
            else:
                asked = entities_of(portal, sorted(map(str, self.only)))
                found = {ref: raw for ref, raw in {**before, **asked}.items() if raw is not None}
        except PortalError as error:
            return before, str(error)
        if found != before:
            kept.keep_entities(found)
        return found, ""

    def _moment(self) -> str:
        return self.clock().isoformat(timespec="seconds")


@dataclass(slots=True)
class BackstageRead:
    """An instance before its docs are read."""

    name: str
    folder: Path
    portal: Portal
    kept: Kept
    was: Readings
    moment: Callable[[], str]
    only: frozenset[EntityRef] | None = None
    entities: list[Entity] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unread: list[EntityRef] = field(default_factory=list)

    def take(self, found: Mapping[str, Raw]) -> None:
        """Make the entities of what the backend gave."""
        for ref in sorted(found):
            entity, problems = made_entity(ref, found[ref])
            self.skipped += problems
            if entity is not None:
                self.entities.append(entity)

    def drop_known(self, known: Mapping[EntityRef, Entity]) -> list[Skipped]:
        """Leave out entities that an earlier source has defined, with their docs."""
        doubled = [entity for entity in self.entities if entity.ref in known]
        self.entities = [entity for entity in self.entities if entity.ref not in known]
        return [
            Skipped(str(entity.ref), "is already defined by another source; the first definition is kept")
            for entity in doubled
        ]

    def mark(self, untrusted: Sequence[Path]) -> None:
        """Mark the entities, when the folder of what was read lies in one of these."""
        if any(self.folder.resolve().is_relative_to(folder) for folder in untrusted):
            self.entities = [replace(entity, untrusted=True) for entity in self.entities]

    def readings(self) -> Iterator[Callable[[], tuple[Sequence[Page], Sequence[Skipped]]]]:
        """One call for each entity's docs, then one that writes down what was read."""
        for entity in self.entities:
            if has_docs(entity):
                yield partial(self._docs_of, entity)
        yield self._finished

    def _docs_of(self, entity: Entity) -> tuple[Sequence[Page], Sequence[Skipped]]:
        ref, asked = str(entity.ref), self.only is None or entity.ref in self.only
        site = before = self.kept.site(ref)
        reading = self.was.docs.setdefault(ref, Reading())
        if asked or before is None:
            try:
                if self.only is not None:
                    build_docs(self.portal, entity.ref)
                site = current_site(self.portal, entity.ref, before)
                self.was.docs[ref] = reading = Reading(self.moment())
            except PortalError as error:
                reading.problem = str(error)
        if site is not None and site is not before:
            self.kept.keep_site(ref, site)
        skipped = [Skipped(f"{ref}/{path}", reason) for path, reason in site.left_out] if site else []
        if reading.problem and self.portal.down:
            self.unread.append(entity.ref)
        elif reading.problem:
            skipped.append(Skipped(f"{ref}/docs", _told(reading)))
        pages = [made_page(entity, page, site=site.name) for page in site.pages] if site else []
        return pages, skipped

    def _finished(self) -> tuple[Sequence[Page], Sequence[Skipped]]:
        self.portal.close()
        with_docs = {str(entity.ref): None for entity in self.entities if has_docs(entity)}
        self.was.docs = {ref: reading for ref, reading in self.was.docs.items() if ref in with_docs}
        self.kept.keep_readings(self.was)
        if not self.was.catalog.problem:
            self.kept.drop_sites(with_docs)
        if not self.unread:
            return (), ()
        since = min(self.was.docs[str(ref)].read_at for ref in self.unread)
        told = _told(Reading(since, self.portal.down))
        return (), [Skipped("docs", f"of {len(self.unread)} entities: {told}")]


def stale(folder: Path, *, name: str) -> tuple[str, ...]:
    """What of an instance is not as it is there now, in words; none when all was read. `folder` is the source's."""
    readings = Kept(folder).readings()
    late = [f"The catalog of {name} {_told(readings.catalog)}"] if readings.catalog.problem else []
    missing = {ref: reading for ref, reading in readings.docs.items() if reading.problem}
    for reason in dict.fromkeys(reading.problem for reading in missing.values()):
        same = {ref: reading for ref, reading in missing.items() if reading.problem == reason}
        since = min(reading.read_at for reading in same.values())
        who = next(iter(same)) if len(same) == 1 else f"{len(same)} entities"
        late.append(f"The docs of {who} from {name}: {_told(Reading(since, reason))}")
    return tuple(late)


def _told(reading: Reading) -> str:
    since = f"since {reading.read_at}; what was read then is kept" if reading.read_at else "yet"
    return f"could not be read {'again ' if reading.read_at else ''}{since}: {reading.problem}"
