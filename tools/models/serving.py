"""Which artifacts are served together, and whether they fit each other.

The catalog says it: an entity with the annotation `cuebook.dev/uses-models: item2vec@production, podcast-index@production`
is a serving tuple, and `cuebook.dev/surface: podcasts` says what listeners see of it. The registry says what each of
these refs means, and `recsys_core.compatibility` whether they fit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING

from tools.errors import NotFound
from tools.models.refs import split_ref
from tools.ports import Catalog, Entity
from tools.run import Run

if TYPE_CHECKING:
    from recsys_core.compatibility import Artifact, Fault
    from recsys_core.registry import ModelVersion
    from tools.models.book import ModelBook

USES = "cuebook.dev/uses-models"
SURFACE = "cuebook.dev/surface"
MODEL = "cuebook.dev/model"
UNSEEN = "an entity that you may not see"

Place = tuple[str, int | str | None]
"""A model's name, and its version or alias; None is its newest version."""


@dataclass(frozen=True, slots=True)
class ServingTuple:
    """An entity that serves models. unreadable: what of its annotation is no ref, or names a model again."""

    entity: str
    title: str
    owner: str
    surfaces: tuple[str, ...]
    uses: tuple[Place, ...]
    unreadable: tuple[str, ...] = ()

    @property
    def refs(self) -> tuple[str, ...]:
        return tuple(map(written, self.uses))


@dataclass(frozen=True)
class Standing:
    """A tuple with what its refs mean now, or would mean. missing: refs that mean no registered version."""

    served: ServingTuple
    versions: "Mapping[Place, ModelVersion]"
    faults: "tuple[Fault, ...]"

    @cached_property
    def missing(self) -> tuple[str, ...]:
        return tuple(written(place) for place in self.served.uses if place not in self.versions)

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be checked."""
        return (
            *(f"{self.served.entity} uses {ref}, which is not registered" for ref in self.missing),
            *(
                f"{self.served.entity}: {text!r} is no model ref, or names a model again"
                for text in self.served.unreadable
            ),
        )


def serving_tuples(catalog: Catalog) -> tuple[ServingTuple, ...]:
    """Every entity of the catalog that says which models it uses, by reference."""
    found = (_serving(entity) for entity in catalog.entities if USES in entity.annotations)
    return tuple(sorted(found, key=lambda each: each.entity))


def seen_tuples(run: Run) -> tuple[ServingTuple, ...]:
    """Every one there is, for a decision: those that the principal may not see are counted but not named."""
    seen = {str(entity.ref) for entity in run.catalog.entities}
    return tuple(
        each if each.entity in seen else replace(each, entity=UNSEEN, title=UNSEEN, owner="", surfaces=())
        for each in serving_tuples(run.library.whole_catalog())
    )


def surfaces_of(entity: Entity) -> tuple[str, ...]:
    """What listeners see of it: a list where it is a tuple, a text of its own elsewhere."""
    text = entity.annotations.get(SURFACE, "").strip()
    return _listed(text) if USES in entity.annotations else (text,) if text else ()


def written(place: Place) -> str:
    """`name`, `name:version` or `name@alias`."""
    name, number = place
    return name if number is None else f"{name}{':' if isinstance(number, int) else '@'}{number}"


class Serving:
    """Looks up what tuples serve; each ref once."""

    def __init__(self, book: "ModelBook") -> None:
        self._book = book
        self._versions: dict[Place, ModelVersion | None] = {}
        self._known: dict[str, Artifact] = {}
        self._installed: dict[str, bool] = {}

    def standing(self, served: ServingTuple, moved: "Mapping[Place, ModelVersion] | None" = None) -> Standing:
        """moved: what these refs would mean instead."""
        from recsys_core.compatibility import Shelf, faults

        meant = {place: (moved or {}).get(place) or self._meant(place) for place in served.uses}
        versions = {place: version for place, version in meant.items() if version is not None}
        known = self._ancestry(versions.values())
        parts = {version.name: known[version.digest] for version in versions.values()}
        return Standing(served, versions, faults(Shelf(known, parts, self._present(parts.values()))))

    def _meant(self, place: Place) -> "ModelVersion | None":
        if place not in self._versions:
            try:
                self._versions[place] = self._book.version(written(place))
            except NotFound:
                self._versions[place] = None
        return self._versions[place]

    def _ancestry(self, versions: "Iterable[ModelVersion]") -> "dict[str, Artifact]":
        new = [version for version in versions if version.digest not in self._known]
        self._known.update(self._book.ancestry(new))
        return self._known

    def _present(self, parts: "Iterable[Artifact]") -> frozenset[str]:
        for name in {name for part in parts for name in part.requires} - self._installed.keys():
            try:
                distribution(name)
                self._installed[name] = True
            except (PackageNotFoundError, ValueError):
                self._installed[name] = False
        return frozenset(name for name, present in self._installed.items() if present)


def _serving(entity: Entity) -> ServingTuple:
    uses: dict[str, Place] = {}
    unreadable = []
    for text in _listed(entity.annotations[USES]):
        name, number = split_ref(text)
        if not name or name in uses:
            unreadable.append(text[:140])
        else:
            uses[name] = (name, number)
    return ServingTuple(
        entity=str(entity.ref),
        title=entity.title,
        owner=str(entity.owner or ""),
        surfaces=surfaces_of(entity),
        uses=tuple(uses.values()),
        unreadable=tuple(unreadable),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in (each.strip() for each in text.split(",")) if part))
