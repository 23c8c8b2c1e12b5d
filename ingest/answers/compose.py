"""Tells chosen units as readable markdown in which every statement carries its citation mark."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ingest.answers import plain
from ingest.answers.answer import Citation
from ingest.answers.citations import cite, quote_of
from ingest.answers.units import Unit

_BULLET = re.compile(r"^[-*+][ \t]+")


@dataclass(frozen=True, slots=True)
class Composed:
    """Markdown with `[n]` marks, and the citations they number."""

    text: str
    citations: tuple[Citation, ...]


def compose(units: Sequence[Unit], *, first: int = 1, hosts: Collection[str] = ()) -> Composed:
    """The units, in the given order, as paragraphs, lists, tables and code. `first` numbers the first citation.

    Links to `hosts` stay links. Units that follow each other in a section share a citation whose quote spans them.
    """
    citations: list[Citation] = []
    paragraphs: list[str] = []
    told: Unit | None = None
    begun: Unit | None = None  # where the latest quote begins
    for run in _runs(units):
        if begun is not None and told is not None and _follows(told, run[0]):
            citations[-1] = cite(len(citations) + first - 1, begun.section, quote_of((begun, run[-1])))
        else:
            begun = run[0]
            citations.append(cite(len(citations) + first, begun.section, quote_of(run)))
        mark = f"[{len(citations) + first - 1}]"
        if told is not None and run[0].header and _same_block(told, run[0]):
            table, _, marks = paragraphs.pop().rpartition("\n\n")
            paragraphs.append(f"{table}\n{_rows(run, hosts)}\n\n{marks} {mark}")
        else:
            paragraphs.append(_rendered(run, mark=mark, hosts=hosts))
        told = run[-1]
    return Composed("\n\n".join(_joined(paragraphs)), tuple(citations))


def _runs(units: Sequence[Unit]) -> Iterator[list[Unit]]:
    """Units that follow each other in one block of one section, with nothing but space between them."""
    run: list[Unit] = []
    for unit in units:
        if run and not _adjacent(run[-1], unit):
            yield run
            run = []
        run.append(unit)
    if run:
        yield run


def _adjacent(one: Unit, other: Unit) -> bool:
    return _same_block(one, other) and one.kind == other.kind and _follows(one, other)


def _follows(one: Unit, other: Unit) -> bool:
    """Whether nothing but space stands between the two."""
    return (
        one.section is other.section
        and one.end <= other.start
        and not one.section.text[one.end : other.start].strip(" \t\n>")
    )


def _same_block(one: Unit, other: Unit) -> bool:
    return one.section is other.section and one.block == other.block


def _rows(run: Sequence[Unit], hosts: Collection[str]) -> str:
    return "\n".join(plain.inline(unit.quote, hosts) for unit in run)


def _rendered(run: Sequence[Unit], *, mark: str, hosts: Collection[str]) -> str:
    first = run[0]
    match first.kind:
        case "sentence" if "```" in first.quote or "~~~" in first.quote:
            text = f"{plain.block(first.quote, hosts)}\n\n{mark}"
        case "sentence":
            text = " ".join(f"{plain.inline(unit.quote, hosts)} {mark}" for unit in run)
        case "line":
            text = "\n".join(f"- {plain.inline(_BULLET.sub('', unit.quote), hosts)} {mark}" for unit in run)
        case "item":
            text = "\n".join(_item(unit, mark, hosts) for unit in run)
        case "row":
            text = "\n".join(filter(None, [first.header, _rows(run, hosts)])) + f"\n\n{mark}"
        case "steps":
            text = f"{_closed(plain.block(first.quote, hosts))} {mark}"
        case _:
            text = f"{_fenced(first)}\n\n{mark}"
    return text


def _item(unit: Unit, mark: str, hosts: Collection[str]) -> str:
    text = plain.block(unit.quote, hosts)
    if not re.match(r"(?:[-*+]|\d+[.)])\s", text):
        text = f"- {text}"
    first, newline, rest = text.partition("\n")
    if rest and re.match(r"\s*(?:[-*+]|\d+[.)]|`{3}|~{3})", rest):
        return f"{first} {mark}{newline}{rest}"
    return f"{' '.join(text.split())} {mark}"


def _closed(text: str) -> str:
    """A mark behind a closing fence would reopen it as text."""
    return f"{text}\n\n" if text.rstrip().endswith(("```", "~~~")) else text


def _fenced(unit: Unit) -> str:
    text = plain.block(unit.quote) if re.match(r"\s*(?:`{3}|~{3})", unit.quote) else unit.quote
    return text if text.startswith(("```", "~~~")) else f"```{unit.language}\n{text}\n```"


def _joined(paragraphs: Sequence[str]) -> Iterator[str]:
    yield from (paragraph for paragraph in paragraphs if paragraph.strip())
