"""Tells an exact catalog answer: the facts by name, resting on the cards of the entities asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.answers import plain
from ingest.answers.answer import Citation
from ingest.answers.catalog_questions import CatalogFinding, Hop
from ingest.answers.citations import cite
from ingest.answers.injection import suspicious
from ingest.answers.noun_phrases import Noun
from ingest.documents import Section
from ingest.entities import EntityRef
from ingest.errors import NotFound
from ingest.graph import CatalogGraph

_NAMED = 30  # longer lists are told in part; `facts` has them whole
_TITLED = 12  # up to here an entry carries its title beside the reference
_CARDS = 8  # cards cited for one hop

OpenCard = Callable[[EntityRef], Section]


@dataclass(frozen=True, slots=True)
class Told:
    """The answer's text and the citations it rests on."""

    text: str
    citations: tuple[Citation, ...]


def tell(finding: CatalogFinding, graph: CatalogGraph, *, card: OpenCard) -> Told:
    """Markdown for `finding`. `card` opens an entity's card, or raises `NotFound`."""
    cards = _Cards(card)
    marks = " ".join(cards.mark(hop) for hop in finding.hops if hop.label)
    last = finding.hops[-1]
    if last.values:
        values = tuple(plain.inline(value) for value in last.values if not suspicious(value))
        return cards.told(
            _value_text(last, values, graph, marks)
            if values
            else "The catalog's text is withheld: it reads like an instruction."
        )
    heading = _heading(finding, graph)
    if not finding.kept:
        return cards.told(f"{heading}: {'0' if finding.counted else 'none in the catalog'}{_spaced(marks)}.")
    if len(finding.kept) == 1 and not finding.counted:
        mark = marks or cards.mark_listed(finding.kept[0], finding.noun)
        return cards.told(f"{heading}: {_named(finding.kept[0], graph)}{_spaced(mark)}.")
    lines = [f"{heading}: {len(finding.kept)}{_spaced(marks)}."]
    for ref in finding.kept[:_NAMED]:
        shown = _named(ref, graph) if len(finding.kept) <= _TITLED else f"`{ref}`"
        lines.append(f"- {shown}{_spaced(marks or cards.mark_listed(ref, finding.noun))}")
    if len(finding.kept) > _NAMED:
        lines.append(f"- and {len(finding.kept) - _NAMED} more")
    return cards.told(f"{lines[0]}\n\n" + "\n".join(lines[1:]))


class _Cards:
    """Opens cards and numbers their citations, one for each quoted line."""

    def __init__(self, card: OpenCard) -> None:
        self._card = card
        self._citations: list[Citation] = []

    def told(self, text: str) -> Told:
        return Told(text, tuple(self._citations))

    def mark(self, hop: Hop) -> str:
        needles = [str(ref) for ref in hop.results] + [ref.name for ref in hop.results] + list(hop.values)
        return " ".join(
            filter(None, (self._cited(ref, [hop.label, *needles]) for ref in hop.subjects[:_CARDS]))
        )

    def mark_listed(self, ref: EntityRef, noun: Noun | None) -> str:
        if len(self._citations) >= _CARDS:
            return ""
        wanted = [
            value for value in (noun and noun.lifecycle, noun and noun.type, noun and noun.tag) if value
        ]
        return self._cited(ref, wanted or [str(ref)])

    def _cited(self, ref: EntityRef, needles: Sequence[str]) -> str:
        try:
            section = self._card(ref)
        except NotFound:
            return ""
        quote = _line(section.text, needles)
        for citation in self._citations:
            if (citation.entity, citation.quote) == (str(section.entity), quote):
                return f"[{citation.number}]"
        if not quote:
            return ""
        self._citations.append(cite(len(self._citations) + 1, section, quote))
        return f"[{len(self._citations)}]"


def _line(text: str, needles: Sequence[str]) -> str:
    """The card's line that holds most of `needles`, else its first."""
    lines = [line.strip().removeprefix("- ") for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    lowered = [needle.lower() for needle in needles]
    return max(lines, key=lambda line: sum(needle in line.lower() for needle in lowered))


def _heading(finding: CatalogFinding, graph: CatalogGraph) -> str:
    last = finding.hops[-1]
    if not last.label:
        return _noun_text(finding.noun)
    label = f"{last.label[0].upper()}{last.label[1:]} {_subjects(last, graph)}"
    return (
        f"{label} ({_noun_text(finding.noun).lower()})" if finding.noun and finding.noun != Noun() else label
    )


def _subjects(hop: Hop, graph: CatalogGraph) -> str:
    shown = ", ".join(_named(ref, graph) for ref in hop.subjects[:3])
    more = len(hop.subjects) - 3
    return f"{shown} and {more} more" if more > 0 else shown


def _value_text(hop: Hop, values: Sequence[str], graph: CatalogGraph, marks: str) -> str:
    shown = (
        ", ".join(values)
        if hop.label.startswith("description")
        else ", ".join(f"`{value}`" for value in values)
    )
    return f"{hop.label[0].upper()}{hop.label[1:]} {_subjects(hop, graph)}: {shown}{_spaced(marks)}"


def _noun_text(noun: Noun | None) -> str:
    if noun is None:
        return "Entities"
    kind = {None: "entities", "api": "APIs", "group": "teams"}.get(noun.kind, f"{noun.kind}s")
    told = " ".join(
        filter(None, (noun.lifecycle, kind if noun.type is None else f"{kind} of type {noun.type}"))
    )
    told += f" tagged {noun.tag}" if noun.tag else ""
    told += " without an owner" if noun.owned is False else ""
    told += " without a system" if noun.in_system is False else ""
    return told[0].upper() + told[1:]


def _named(ref: EntityRef, graph: CatalogGraph) -> str:
    entity = graph.get(ref)
    if entity is None:
        return f"`{ref}` (not in the catalog)"
    title = plain.inline(entity.title)
    return f"`{ref}`" if suspicious(title) or title == ref.name else f"{title} (`{ref}`)"


def _spaced(mark: str) -> str:
    return f" {mark}" if mark else ""
