"""What is known of the models that were asked about, before it is told: catalog card, registry page, docs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ingest.answers.injection import suspicious
from ingest.answers.model_questions import Asked
from ingest.answers.units import Unit, cut
from ingest.documents import Page, Section
from ingest.entities import Entity, EntityRef
from ingest.errors import InvalidEntityRef, ModelBookUnavailable, NotFound
from ingest.model_book import Measure, ModelBook, RegisteredModel
from ingest.permissions import Principal
from ingest.registry_pages import MODEL, name_of, registry_section

if TYPE_CHECKING:
    from ingest.library import PageEntry

_DOCS = "backstage.io/techdocs-entity"
_PAGES = 5  # of one model, read for figures
_CLAIM = re.compile(
    r"(?<![\w@])(?P<name>ndcg|recall|hit(?: rate)?|mrr|[nrh])(?:\s*(?:@|\bat\b)\s*(?P<cut>\d+))?"
    r"(?:\s*(?:[|:=]|of|is|was|has|to))*\s*(?P<value>0?\.\d+)",
    re.IGNORECASE,
)
_LONG = {"n": "ndcg", "r": "recall", "h": "hr", "hit": "hr", "hit rate": "hr"}
_PROTOCOL = re.compile(
    r"\bprotocols?\b|\bleave[- ]one[- ]out\b|\bheld[- ]out\b|\bhold[- ]?out\b|\b(?:temporal|time|random) split\b",
    re.IGNORECASE,
)
_RUN = re.compile(r"\brun\b[^\n]{0,40}?\b[0-9a-f]{8,40}\b", re.IGNORECASE)
# A cache has hits as well, so those count with their cut alone.
_METRIC = re.compile(
    r"\b(?:ndcg|recall|mrr|auc|(?:hits?|hit rate|hr|map|precision)\s*@\s*\d+)\b", re.IGNORECASE
)
_SHARE = re.compile(r"(?<![\w.])0?\.\d{2,}(?![\w.]*\d)")
_FIGURE = re.compile(r"\b(?:ndcg|recall|hit rate|mrr|hit|auc)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Known:
    """One model. `registered` with its `page` where the registry has it; `described` are sections of docs about it."""

    entity: Entity
    ref: str
    card: Section | None = None
    registered: RegisteredModel | None = None
    described: tuple[Section, ...] = ()

    @property
    def is_named_in_vain(self) -> bool:
        """Whether the question wrote out a version or alias that the registry does not have."""
        return self.registered is None and bool(self.ref) and self.ref != self.entity.annotations.get(MODEL)

    @property
    def page(self) -> Section | None:
        return registry_section(self.registered, self.entity) if self.registered else None


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure in the docs that is not the registry's: the piece that states it, and what the registry has."""

    unit: Unit
    measure: Measure


def looked_up(models: Sequence[Asked], book: ModelBook | None) -> tuple[tuple[Known, ...], str]:
    """What the registry has of each, and in words what it has not."""
    found: list[Known] = []
    missing: list[str] = []
    for asked in models:
        try:
            registered = book.find(asked.ref) if book is not None and asked.ref else None
        except ModelBookUnavailable as error:
            return tuple(Known(one.entity, one.ref) for one in models), f"Without the model registry: {error}"
        found.append(Known(asked.entity, asked.ref, registered=registered))
        if asked.ref and registered is None:
            missing.append(asked.ref)
    return tuple(found), f"The model registry has no {', '.join(missing)}." if missing else ""


class Pages(Protocol):
    """The docs of entities, as the library has them."""

    def page(self, entity: str, path: str, *, principal: Principal) -> Page: ...
    def pages(self, entity: str, *, principal: Principal) -> Sequence["PageEntry"]: ...


def pages_about(entity: Entity, docs: Pages, principal: Principal) -> tuple[Section, ...]:
    """The sections of a model's own pages: all of its docs, or those of another entity's that have its name."""
    try:
        holder = EntityRef.parse(entity.annotations.get(_DOCS, str(entity.ref)), kind="component")
        listed = docs.pages(str(holder), principal=principal)
    except (InvalidEntityRef, NotFound):
        return ()
    own = [one for one in listed if holder == entity.ref or _names(entity, f"{one.title}\n{one.path}")]
    found = (docs.page(str(holder), one.path, principal=principal) for one in own[:_PAGES])
    return tuple(section for page in found for section in page.sections)


def is_about(section: Section, entity: Entity) -> bool:
    """Whether a section of docs names the model."""
    return section.path is not None and _names(entity, f"{section.title}\n{section.heading}\n{section.text}")


def _names(entity: Entity, text: str) -> bool:
    """Whether `text` has the entity's name, its title, or its name in the registry as code."""
    names = {entity.ref.name, entity.title.lower(), entity.ref.name.replace("-", " ")}
    if name := name_of(entity):
        names.add(f"`{name}`")
    return any(re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text.lower()) for name in names)


def figures_in(sections: Sequence[Section]) -> list[Unit]:
    """Pieces of docs that state a metric with a number; a row counts when its table's head names the metric."""
    return [
        unit
        for section in sections
        for unit in cut(section).units
        if unit.kind in {"sentence", "row", "item"}
        and _FIGURE.search(f"{unit.header} {unit.quote}")
        and re.search(r"\b0?\.\d{2,}", unit.quote)
    ]


def lacks(unit: Unit) -> tuple[str, ...]:
    """Of `protocol` and `run id` those that the section of a stated figure does not name; nothing where there is no figure."""
    if not (_METRIC.search(f"{unit.header} {unit.quote}") and _SHARE.search(unit.quote)):
        return ()
    text = unit.section.text
    return tuple(
        name for name, named in (("protocol", _PROTOCOL), ("run id", _RUN)) if not named.search(text)
    )


def other_claims(known: Known) -> Iterator[Claim]:
    """Figures that the docs state and the registry has otherwise, within the digits that the docs write."""
    if known.registered is None:
        return
    measures = {one.name: one for judgement in known.registered.judgements for one in judgement.measures}
    for unit in (unit for section in known.described for unit in cut(section).units):
        for match in _CLAIM.finditer(unit.quote):
            measure = measures.get(_metric(match))
            digits = len(match["value"].partition(".")[2])
            if measure and digits > 1 and abs(measure.mean - float(match["value"])) > 0.5001 * 10**-digits:
                yield Claim(unit, measure)
                break


def registry_lines(page: Section) -> tuple[str, ...]:
    """The lines of a registry page that may be shown, in its order."""
    lines = (line.removeprefix("- ") for line in page.text.splitlines())
    return tuple(line for line in lines if line and not suspicious(line))


def _metric(match: re.Match[str]) -> str:
    name = match["name"].lower()
    name = _LONG.get(name, name)
    return f"{name}@{match['cut']}" if match["cut"] else name
