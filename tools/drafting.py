"""Drafts of what the docs owe, made of what is known and nothing else: what was asked, catalog facts, nearest passages.

A draft says what is missing and where to look; the answer itself is left to the owner.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from tools.errors import InvalidArguments
from tools.moments import moment
from tools.ports import Catalog, Entity, Library, Section
from tools.principal import Principal
from tools.questions.asked import Place
from tools.questions.gaps import Gap

_LABELS = {
    "ownedBy": "Owner",
    "partOf": "Part of",
    "dependsOn": "Depends on",
    "dependencyOf": "Used by",
    "providesApi": "Provides",
    "consumesApi": "Consumes",
}
_QUOTE = 240  # characters
_MOST_NAMES = 10
_DOCS = "  annotations:\n    backstage.io/techdocs-ref: dir:.\n"


def page_name(question: str) -> str:
    """A file's name for a page about the question."""
    words = re.findall(r"[a-z0-9]+", question.lower())
    return "-".join(words)[:60].strip("-") or "question"


def page_draft(gap: Gap, entity: Entity, catalog: Catalog, library: Library, principal: Principal) -> str:
    """Markdown with the questions in its front matter, so that `cuebook docs test` holds the page to them."""
    sections = tuple(_opened(gap.nearest, library, principal))
    return "\n".join(
        [
            *("---", "questions:", *(f"  - {_quoted(text)}" for text in gap.phrasings), "---", ""),
            *(
                f"# {_line(gap.question)}",
                "",
                "<!-- Write the answer here, then remove what is below. -->",
                "",
            ),
            *("## What was asked", "", *_asked(gap), ""),
            *("## What the catalog says", "", *_facts(entity, catalog), ""),
            *(("## Passages that came nearest", "", *_passages(sections, entity)) if sections else ()),
        ]
    )


def with_description(lines: Sequence[str], start: int, text: str) -> list[str]:
    """The file with a description for the entity that begins at line `start`. Raises `InvalidArguments`."""
    return _inserted(lines, start, "metadata", f"  description: {_quoted(text)}\n")


def with_owner(lines: Sequence[str], start: int, owner: str) -> list[str]:
    """The file with an owner. Raises `InvalidArguments`."""
    return _inserted(lines, start, "spec", f"  owner: {owner}\n")


def with_docs(lines: Sequence[str], start: int) -> list[str]:
    """The file with the annotation that its docs lie beside it. Raises `InvalidArguments`."""
    end = _end(lines, start)
    for number in range(start - 1, end):
        if lines[number].rstrip() == "  annotations:":
            return [*lines[: number + 1], _DOCS.splitlines(keepends=True)[1], *lines[number + 1 :]]
    return _inserted(lines, start, "metadata", _DOCS)


def _inserted(lines: Sequence[str], start: int, block: str, text: str) -> list[str]:
    """`text` as the first of the block, in the document that begins at line `start`, counted from 1."""
    for number in range(start - 1, _end(lines, start)):
        if lines[number].rstrip() == f"{block}:":
            return [*lines[: number + 1], text, *lines[number + 1 :]]
    raise InvalidArguments(
        f"line {start} begins no entity with a block `{block}:` on lines of its own, so where to write is for a person to say"
    )


def _end(lines: Sequence[str], start: int) -> int:
    marks = (number for number in range(start, len(lines)) if lines[number].startswith("---"))
    return next(marks, len(lines))


def _asked(gap: Gap) -> Iterator[str]:
    teams = f" by {len(gap.teams)} teams" if len(gap.teams) > 1 else ""
    yield f"Asked {gap.asks} times{teams}, without an answer that helped {gap.failures} times, the last on {moment(gap.last)[:10]}:"
    yield ""
    yield from (f"- {_line(text)}" for text in gap.phrasings)
    if gap.comments:
        yield from ("", "Said of the answers:", "", *(f"- {_line(text)}" for text in gap.comments))


def _facts(entity: Entity, catalog: Catalog) -> Iterator[str]:
    yield f"- `{entity.ref}`: {_line(entity.description) or 'no description'}"
    for type_, label in _LABELS.items():
        names = [f"`{relation.target}`" for relation in catalog.relations(entity.ref, types=(type_,))]
        if names:
            more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
            yield f"- {label}: {', '.join(names[:_MOST_NAMES])}{more}"


def _opened(places: Sequence[Place], library: Library, principal: Principal) -> Iterator[Section]:
    for place in places:
        try:
            section = library.section(place.entity, place.path or None, place.anchor, principal=principal)
        except LookupError:
            continue  # it is gone since
        if not library.concern(section):
            yield section


def _passages(sections: Sequence[Section], entity: Entity) -> Iterator[str]:
    for section in sections:
        name = f"{section.title} › {section.heading}" if section.heading != section.title else section.title
        mark = f"#{section.anchor}" if section.anchor else ""
        own = section.entity == entity.ref and section.path
        where = (
            f"[{_line(name)}]({PurePosixPath(str(section.path))}{mark})"
            if own
            else f"{_line(name)} of `{section.entity}`"
        )
        body = " ".join(
            line for line in section.text.splitlines() if line.strip() and not line.startswith("#")
        )
        yield f"- {where}: “{_line(body)[:_QUOTE].rstrip()}”" if body else f"- {where}"


def _line(text: str) -> str:
    return " ".join(text.replace("<!--", "").replace("-->", "").split())


def _quoted(text: str) -> str:
    """A YAML scalar in double quotes."""
    escaped = _line(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
