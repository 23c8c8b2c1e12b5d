"""Answers from passages: the chosen pieces with what contradicts or ages them, or that the docs do not say."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ingest.answers import plain
from ingest.answers.answer import Answer, Citation, Flag, Hit
from ingest.answers.catalog_questions import named_entities
from ingest.answers.caveats import Caveats
from ingest.answers.choose import Choice
from ingest.answers.citations import cite
from ingest.answers.compose import compose
from ingest.answers.conflicts import Staleness, dated, disagreements, is_retired, stale
from ingest.answers.injection import suspicious
from ingest.answers.model_facts import lacks
from ingest.answers.question import Question
from ingest.answers.said_lifecycles import said_otherwise
from ingest.answers.subject import strays, subjects_of
from ingest.answers.units import Unit, cut
from ingest.answers.words import stems
from ingest.documents import Section
from ingest.entities import Entity, EntityRef
from ingest.graph import CatalogGraph

_NEAREST = 3
_EVERY_WORD = 0.999  # share of the question's mass, all of it but for rounding
_RIVAL = 0.7  # of what the best piece has


@dataclass(frozen=True, slots=True)
class Found:
    """What an answer is told from: the question as it was `asked`, what search found, and what was chosen of it.

    `read` is what was searched for, which may be a part of the question. `card` opens an entity's card. Links to `hosts` stay links.
    """

    asked: str
    read: Question
    hits: Sequence[Hit]
    choice: Choice
    sure: float
    graph: CatalogGraph
    card: Callable[[EntityRef], Section]
    today: date
    hosts: Collection[str] = ()

    @property
    def strays(self) -> bool:
        """Whether the answer begins with what the docs of something say that the question does not name."""
        subjects = subjects_of(named_entities(self.read.text, self.graph))
        return bool(self.choice.units) and strays(subjects, self.choice.units[0])


def from_passages(found: Found) -> Answer:
    """The chosen pieces, and below them what disagrees with them or makes them old."""
    composed = compose(found.choice.units, hosts=found.hosts)
    caveats = caveats_of(found, composed.citations)
    return Answer(
        text="\n\n".join((composed.text, *caveats.paragraphs)),
        abstained=False,
        confidence=round(found.sure, 3),
        citations=tuple(caveats.cited),
        passages=tuple(found.hits),
        standalone_question=found.asked,
        entities=_about(found, [unit.section for unit in found.choice.units]),
        flags=flags_of(found.choice),
        conflicts=tuple(caveats.conflicts),
    )


def caveats_of(found: Found, citations: Sequence[Citation]) -> Caveats:
    """What disagrees with an answer from `found`, or makes it old; `citations` are those that it has already."""
    caveats = Caveats(list(citations))
    if found.strays and any(one.entity == str(found.choice.units[0].section.entity) for one in citations):
        named = [each.ref for each in subjects_of(named_entities(found.read.text, found.graph))]
        caveats.of_another(found.choice.units[0], named)
    alone = next(((unit, names) for unit in found.choice.units if (names := lacks(unit))), None)
    if alone is not None:
        caveats.figure_alone(*alone)
    units = [unit for hit in found.hits for unit in cut(hit.section).units]
    for disagreement in disagreements(found.read, units):
        caveats.disagreement(disagreement)
    for entity in named_entities(found.asked, found.graph):
        _add_said_lifecycle(caveats, entity, units, found.card)
    told = None
    for lead in found.choice.units:
        old = _stale(lead.section, found)
        if old is not None:
            card = found.card(old.retired.ref) if old.retired else None
            caveats.staleness(old, lead, newer=_newer(found, lead), card=card)
            told = old.retired.ref if old.retired else None
            break
    for entity in named_entities(found.asked, found.graph):
        if is_retired(entity) and entity.ref != told:
            card = found.card(entity.ref)
            if f"Lifecycle: {entity.lifecycle}" in card.text:
                caveats.retirement(entity, card)
    return caveats


def with_said_lifecycles(
    exact: Answer, entity: Entity, hits: Sequence[Hit], *, card: Callable[[EntityRef], Section]
) -> Answer:
    """The catalog's answer about `entity`, with what the `hits` say against its lifecycle."""
    caveats = Caveats(list(exact.citations))
    _add_said_lifecycle(caveats, entity, [unit for hit in hits for unit in cut(hit.section).units], card)
    return replace(
        exact,
        text="\n\n".join((exact.text, *caveats.paragraphs)),
        citations=tuple(caveats.cited),
        conflicts=(*exact.conflicts, *caveats.conflicts),
    )


def _add_said_lifecycle(
    caveats: Caveats, entity: Entity, units: Sequence[Unit], card: Callable[[EntityRef], Section]
) -> None:
    said = said_otherwise(units, entity)
    if said is not None and f"Lifecycle: {entity.lifecycle}" in (shown := card(entity.ref)).text:
        caveats.lifecycle(said, shown)


def _stale(section: Section, found: Found) -> Staleness | None:
    return stale(
        section, found.graph, today=found.today, named=lambda text: named_entities(text, found.graph)
    )


def _newer(found: Found, lead: Unit) -> Unit | None:
    """The best piece of another page that is newer, not old itself, and says as much of what is asked."""
    since, best = dated(lead.section), found.choice.ranked[0]
    for scored in found.choice.ranked:
        section = scored.unit.section
        if (section.entity, section.path) == (lead.section.entity, lead.section.path) or section.path is None:
            continue
        when = dated(section)
        alike = scored.score >= _RIVAL * best.score and scored.lexical >= _RIVAL * best.lexical
        if alike and when is not None and (since is None or when > since) and _stale(section, found) is None:
            return scored.unit
    return None


def leads_to_the_thing(found: Found) -> bool:
    """Whether the best passage says every word of the question in one place, and is of what the question names, if anything.

    One place is the names that a section stands under, or one sentence, item or row of it: words that stand apart, as in two
    rows of a table, speak of two things.
    """
    if not found.choice.units:
        return False
    lead = found.choice.units[0].section
    named = {entity.ref for entity in named_entities(found.read.text, found.graph)}
    if named and lead.entity not in named:
        return False
    names = " ".join((lead.entity.name, lead.title, *lead.breadcrumb, lead.heading))
    places = (names, *(unit.quote for unit in cut(lead).units))
    return any(found.read.covered(frozenset(stems(place))) > _EVERY_WORD for place in places)


def joined_with(exact: Answer, found: Found) -> Answer:
    """The catalog's answer about the entity that the passages led to."""
    choice = found.choice
    number = len(exact.citations) + 1
    lead = choice.units[0]
    where = plain.inline(" › ".join(part for part in (lead.section.title, lead.section.heading) if part))
    return replace(
        exact,
        text=f"{exact.text}\n\nFound through *{where}* [{number}].",
        citations=(*exact.citations, cite(number, lead.section, lead.quote)),
        confidence=round(min(found.sure, exact.confidence), 3),
        passages=tuple(found.hits),
        flags=flags_of(choice),
    )


def abstained(found: Found) -> Answer:
    """That the docs do not say, with the nearest pages and the owner to ask."""
    places: dict[str, Hit] = {}
    for hit in found.hits:
        if not suspicious(" ".join((hit.section.title, hit.section.heading))):
            places.setdefault(_place(hit.section), hit)
    nearest = list(places.values())[:_NEAREST]
    lines = ["The docs do not say."]
    if nearest:
        lines.append("Nearest pages:\n" + "\n".join(f"- {_place(hit.section)}" for hit in nearest))
    if owner := _owner_to_ask(found, nearest):
        lines.append(f"Owner to ask: `{owner}`.")
    return Answer(
        text="\n\n".join(lines),
        abstained=True,
        confidence=round(found.sure, 3),
        passages=tuple(nearest),
        standalone_question=found.asked,
        entities=_about(found, []),
        flags=flags_of(found.choice),
    )


def _place(section: Section) -> str:
    names = dict.fromkeys(plain.inline(part) for part in (section.title, section.heading) if part)
    path = f", {section.path}" if section.path else ""
    return f"{' › '.join(names)} (`{section.entity}`{path})"


def _owner_to_ask(found: Found, nearest: Sequence[Hit]) -> EntityRef | None:
    """The owner of what the question names, else of the nearest page."""
    for entity in named_entities(found.asked, found.graph):
        if entity.ref.kind in {"group", "user"}:
            return entity.ref
        if entity.owner is not None:
            return entity.owner
    return next((hit.section.owner for hit in nearest if hit.section.owner), None)


def _about(found: Found, sections: Sequence[Section]) -> tuple[str, ...]:
    named = [str(entity.ref) for entity in named_entities(found.asked, found.graph)]
    return tuple(dict.fromkeys((*named, *(str(section.entity) for section in sections))))


def flags_of(choice: Choice) -> tuple[Flag, ...]:
    """The passages that were left out because they instruct their reader."""
    return tuple(flag_of(section, reason) for section, reason in choice.suspicious)


def flag_of(section: Section, reason: str) -> Flag:
    """A passage to tell its owner of."""
    return Flag(
        entity=str(section.entity),
        path=section.path,
        anchor=section.anchor,
        owner=str(section.owner) if section.owner else None,
        reason=reason,
    )
