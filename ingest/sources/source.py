"""The seam for whatever is read: a folder, a Git repository, a model registry.

A source is read in two steps, so that the first of two sources that define an entity counts: its entities first, and
then the pages of those that are kept. `tests/ingest/sources/test_source_contract.py` holds every source to this.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from ingest.documents import Page, Skipped
from ingest.entities import Entity, EntityRef


class SourceRead(Protocol):
    """What one source holds. `name` leads the paths in `skipped` where several sources are read."""

    @property
    def name(self) -> str: ...
    @property
    def entities(self) -> Sequence[Entity]: ...
    @property
    def skipped(self) -> Sequence[Skipped]: ...

    def drop_known(self, known: Mapping[EntityRef, Entity]) -> list[Skipped]:
        """Leave out entities that an earlier source has defined, with their docs; tells which."""
        ...

    def mark(self, untrusted: Sequence[Path]) -> None:
        """Mark the entities as untrusted, when they come from one of these places."""
        ...

    def readings(self) -> Iterator[Callable[[], tuple[Sequence[Page], Sequence[Skipped]]]]:
        """One call for each part of the pages, for whoever shows how far it has come."""
        ...


class Source(Protocol):
    """Somewhere to read from. `address` is what the operator wrote."""

    @property
    def address(self) -> str: ...

    def read(self) -> SourceRead:
        """What is there now. Raises `SourceError` when it cannot be read at all; what is wrong with a part is skipped."""
        ...


@dataclass(slots=True)
class PagesRead:
    """A source that has its pages at hand, by entity; `untrusted` when nobody vouches for any of it."""

    name: str
    entities: list[Entity]
    pages: list[Page]
    skipped: list[Skipped] = field(default_factory=list)
    untrusted: bool = False

    def drop_known(self, known: Mapping[EntityRef, Entity]) -> list[Skipped]:
        """Leave out entities that an earlier source has defined; their pages stay, as pages of those."""
        self.entities = [entity for entity in self.entities if entity.ref not in known]
        return []

    def mark(self, untrusted: Sequence[Path]) -> None:
        """Mark the entities, when the whole source is untrusted."""
        if self.untrusted:
            self.entities = [replace(entity, untrusted=True) for entity in self.entities]

    def readings(self) -> Iterator[Callable[[], tuple[Sequence[Page], Sequence[Skipped]]]]:
        """All pages at once."""
        yield lambda: (self.pages, ())
