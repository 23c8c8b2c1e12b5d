"""Tells an exact catalog answer: the facts by name, resting on the cards of the entities asked."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ingest.answers import plain
from ingest.answers.answer import Citation
from ingest.answers.catalog.describing import described, kind_word, said_of
from ingest.answers.catalog.evaluation import Hop
from ingest.answers.catalog.expressions import Check, Compare, Having, Listing, Named, OnCall, Path, named_in
from ingest.answers.catalog_questions import CatalogFinding
from ingest.answers.citations import cite
from ingest.answers.injection import suspicious
from ingest.documents import Section
from ingest.entities import EntityRef
from ingest.errors import NotFound
from ingest.graph import CatalogGraph

_NAMED = 30  # longer lists are told in part; `facts` has them whole
_COUNTED = 12  # a number needs fewer names beside it
_TITLED = 12  # up to here an entry carries its title beside the reference
_GROUPED = 6  # longer lists of several kinds are grouped by kind
_FEW = 3  # marks at one line
_CARDS = 8  # cards cited for one hop

OpenCard = Callable[[EntityRef], Section]
#: How a relation reads in a chain, from its source to its target.
_LINKS = {
    "ownedBy": "is owned by", "ownerOf": "owns", "partOf": "is part of", "hasPart": "contains", "dependsOn": "depends on",
    "dependencyOf": "is needed by", "providesApi": "provides", "apiProvidedBy": "is provided by", "consumesApi": "consumes",
    "apiConsumedBy": "is consumed by", "memberOf": "is a member of", "hasMember": "has the member", "parentOf": "is the parent of",
    "childOf": "is under",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """The answer's text and the citations it rests on."""

    text: str
    citations: tuple[Citation, ...]


def tell(finding: CatalogFinding, graph: CatalogGraph, *, card: OpenCard) -> Told:
    """Markdown for `finding`. `card` opens an entity's card, or raises `NotFound`."""
    if finding.unclear:
        return Told("\n\n".join(_asked_back(written, refs, graph) for written, refs in finding.unclear), ())
    cards = _Cards(card)
    return cards.told("\n\n".join(_told(one, graph, cards) for one in (finding, *finding.also)))


def _told(finding: CatalogFinding, graph: CatalogGraph, cards: "_Cards") -> str:
    if isinstance(finding.meaning, Check):
        text = _verdict(finding, finding.meaning, graph, cards)
    elif isinstance(finding.meaning, Path):
        text = _chain(finding, graph, cards)
    elif isinstance(finding.meaning, Compare):
        text = _table(finding, graph, cards)
    elif finding.values:
        text = _values(finding, graph, cards)
    else:
        text = _list(finding, graph, cards)
    notes = (*finding.notes, *_other_readings(finding))
    return "\n\n".join((text, *notes))


class _Cards:
    """Opens cards and numbers their citations, one for each quoted line."""

    def __init__(self, card: OpenCard) -> None:
        self._card = card
        self._citations: list[Citation] = []

    def told(self, text: str) -> Told:
        return Told(text, tuple(self._citations))

    def marks(self, hops: Sequence[Hop]) -> str:
        found = (mark for hop in hops if hop.label for mark in self._marks(hop))
        return " ".join(dict.fromkeys(filter(None, found)))

    def _marks(self, hop: Hop) -> Iterator[str]:
        needles = [str(ref) for ref in hop.results] + [ref.name for ref in hop.results] + list(hop.values)
        for ref in hop.subjects[:_CARDS]:
            yield self.mark(ref, [hop.label, *needles])

    def about(self, ref: EntityRef, marks: str) -> str:
        """Of several marks those whose quotes name `ref`."""
        naming = [one for one in self._citations if str(ref) in one.quote and f"[{one.number}]" in marks]
        return " ".join(f"[{one.number}]" for one in naming[:_FEW]) or _few(marks)

    def chain(self, finding: CatalogFinding) -> str:
        """Marks of the cards that each link of a chain stands on."""
        found = (self.mark(source, [str(target), target.name]) for source, _, target in finding.path)
        return " ".join(dict.fromkeys(filter(None, found)))

    def mark_listed(self, ref: EntityRef, wanted: Sequence[str]) -> str:
        return "" if len(self._citations) >= _CARDS else self.mark(ref, wanted or [str(ref)])

    def mark(self, ref: EntityRef, needles: Sequence[str]) -> str:
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


def _list(finding: CatalogFinding, graph: CatalogGraph, cards: _Cards) -> str:
    heading, marks = _heading(finding, graph), cards.marks(finding.hops)
    wanted = _wanted(finding)
    if not finding.kept:
        return f"{heading}: {'0' if finding.counted else 'none in the catalog'}{_spaced(marks)}."
    if len(finding.kept) == 1 and not finding.counted:
        mark = marks or cards.mark_listed(finding.kept[0], wanted)
        score = f", {finding.scores[0]}" if finding.scores else ""
        return f"{heading}: {_named(finding.kept[0], graph)}{score}{_spaced(mark)}."
    most = _COUNTED if finding.counted else _NAMED
    lines = [f"{heading}: {len(finding.kept)}{_spaced(_few(marks))}."]
    for title, refs in _groups(finding, finding.kept[:most]):
        if title and len(finding.kept) > _TITLED:
            shown = ", ".join(f"`{_short(ref)}`" for ref in refs)
            mark = _few(marks) or cards.mark_listed(refs[0], wanted)
            lines.append(f"- {title} ({len(refs)}): {shown}{_spaced(mark)}")
            continue
        lines += [f"\n{title}:"] if title else []
        for ref in refs:
            shown = _named(ref, graph) if len(finding.kept) <= _TITLED else f"`{ref}`"
            lines.append(f"- {shown}{_spaced(cards.about(ref, marks) or cards.mark_listed(ref, wanted))}")
    if len(finding.kept) > most:
        lines.append(f"- and {len(finding.kept) - most} more")
    return f"{lines[0]}\n\n" + "\n".join(lines[1:]).lstrip("\n")


def _groups(finding: CatalogFinding, refs: Sequence[EntityRef]) -> list[tuple[str, list[EntityRef]]]:
    """By distance where there is more than one, else by kind when the list is long."""
    depths = dict(zip(finding.hops[-1].results, finding.hops[-1].depths, strict=False))
    if len({depths.get(ref, 1) > 1 for ref in refs}) > 1:
        near = [ref for ref in refs if depths.get(ref, 1) == 1]
        return [("Directly", near), ("Through others", [ref for ref in refs if ref not in near])]
    kinds: defaultdict[str, list[EntityRef]] = defaultdict(list)
    for ref in refs:
        kinds[ref.kind].append(ref)
    if len(refs) <= _GROUPED or len(kinds) == 1:
        return [("", list(refs))]
    return [(_upper(kind_word(kind, many=True)), found) for kind, found in kinds.items()]


def _values(finding: CatalogFinding, graph: CatalogGraph, cards: _Cards) -> str:
    marks = cards.marks(finding.hops)
    values = tuple(plain.inline(value) for value in finding.values if not suspicious(value))
    if not values:
        return "The catalog's text is withheld: it reads like an instruction."
    heading = _heading(finding, graph)
    if finding.counted:
        return f"{heading}: {len(finding.values)}{_spaced(marks)}"
    label = finding.hops[-1].label
    shown = (
        ", ".join(values) if label.startswith("description") else ", ".join(f"`{value}`" for value in values)
    )
    return f"{heading}: {shown}{_spaced(marks)}"


def _table(finding: CatalogFinding, graph: CatalogGraph, cards: _Cards) -> str:
    refs = finding.hops[-1].subjects
    marks = " ".join(dict.fromkeys(filter(None, (cards.mark(ref, [str(ref)]) for ref in refs))))
    rows = [value.partition(": ")[::2] for value in finding.values if not suspicious(value)]
    lines = [f"| {name} | {plain.inline(told).replace(' | ', ' | ')} |" for name, told in rows]
    heads = " | ".join(_named(ref, graph) for ref in refs)
    return "\n".join((f"|  | {heads} |", "| --- | --- | --- |", *lines)) + (f"\n\n{marks}" if marks else "")


def _verdict(finding: CatalogFinding, meaning: Check, graph: CatalogGraph, cards: _Cards) -> str:
    if len(finding.path) > 1:
        return f"Yes, through others: {_links(finding, graph)}{_spaced(cards.chain(finding))}."
    marks = cards.marks(finding.hops) or cards.mark_listed(finding.kept[0], _wanted(finding))
    subject = ", ".join(_named(ref, graph) for ref in finding.kept)
    holds = bool(finding.verdict)
    said = said_of(meaning.found, subject, lambda ref: _named(ref, graph), holds=holds)
    return f"{'Yes' if holds else 'No'}: {said}{_spaced(marks)}."


def _chain(finding: CatalogFinding, graph: CatalogGraph, cards: _Cards) -> str:
    start, end = finding.hops[0].subjects
    if not finding.path:
        return f"The catalog knows no chain of relations between {_named(start, graph)} and {_named(end, graph)}."
    return f"{_links(finding, graph)}{_spaced(cards.chain(finding))}."


def _links(finding: CatalogFinding, graph: CatalogGraph) -> str:
    first = _named(finding.path[0][0], graph)
    return first + "".join(
        f"{', which' if at else ''} {_LINKS.get(relation, relation)} {_named(target, graph)}"
        for at, (_, relation, target) in enumerate(finding.path)
    )


def _asked_back(written: str, refs: Sequence[EntityRef], graph: CatalogGraph) -> str:
    if not refs:
        return f"The catalog has no entity {plain.inline(written)!r}."
    options = ", ".join(_named(ref, graph) for ref in refs[:5])
    return f"The catalog has no entity {plain.inline(written)!r}. Did you mean {options}?"


def _other_readings(finding: CatalogFinding) -> Iterator[str]:
    """A name that several entities bear was read as the first of them."""
    for named in named_in(finding.meaning):
        if not named.sure and named.refs:
            yield f"Read {plain.inline(named.written)!r} as `{named.refs[0]}`."
        others = [ref for ref in named.refs[1:4] if ref.kind != named.refs[0].kind]
        if others:
            shown = " and ".join(f"`{ref}`" for ref in others)
            yield f"Read as `{named.refs[0]}`; there is also {shown}."


def _wanted(finding: CatalogFinding) -> list[str]:
    """The values that were asked for, which a card's line bears out."""
    return [value for having in _havings(finding.meaning) for value in having.values]


def _havings(one: object) -> Iterator[Having]:
    if isinstance(one, Having):
        yield one
    for name in getattr(one, "__dataclass_fields__", {}):
        if not isinstance(one, Named):
            yield from _havings(getattr(one, name))


def _line(text: str, needles: Sequence[str]) -> str:
    """The card's line that holds most of `needles`, else its first."""
    lines = [line.strip().removeprefix("- ") for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    lowered = [needle.lower() for needle in needles]
    return max(lines, key=lambda line: sum(needle in line.lower() for needle in lowered))


def _heading(finding: CatalogFinding, graph: CatalogGraph) -> str:
    if isinstance(finding.meaning, Listing):
        return _upper(described(finding.meaning.of, lambda ref: _named(ref, graph)))
    if isinstance(finding.meaning, OnCall):
        subjects = ", ".join(_named(ref, graph) for ref in finding.hops[-1].subjects)
        return f"{_upper(finding.hops[-1].label)} {subjects}"
    raise AssertionError(f"no heading for {finding.meaning!r}")


def _named(ref: EntityRef, graph: CatalogGraph) -> str:
    entity = graph.get(ref)
    if entity is None:
        return f"`{ref}` (not in the catalog)"
    title = plain.inline(entity.title)
    return f"`{ref}`" if suspicious(title) or title == ref.name else f"{title} (`{ref}`)"


def _short(ref: EntityRef) -> str:
    return ref.name if ref.namespace == "default" else f"{ref.namespace}/{ref.name}"


def _few(marks: str) -> str:
    return " ".join(marks.split()[:_FEW])


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _spaced(mark: str) -> str:
    return f" {mark}" if mark else ""
