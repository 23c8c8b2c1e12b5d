"""What changed, and since when: read out of the question, asked of the histories, told with a citation for each change.

The answer says which moment "since Tuesday" was taken for, in UTC.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.answers import plain
from ingest.answers.answer import Answer, Flag
from ingest.answers.catalog_questions import named_entities
from ingest.answers.citations import cite
from ingest.answers.injection import why_suspicious
from ingest.answers.periods import Told, read_period
from ingest.changes import Change, Histories, Period, change_section, line_of
from ingest.entities import Entity
from ingest.graph import CatalogGraph

_EXACT = 0.97
_SHOWN = 8
_NAMED = 4  # entities of one change
_ASKS = re.compile(
    r"\b(?:what|which|anything|list|show|summar\w+|tell)\b.{0,60}\b(?:chang(?:ed?|es)|happened|commits?|committed|merged|"
    r"released|(?:is|was|are|were|been) new|updated)\b|^(?:changes|commits|what's new)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ChangeQuestion:
    """What changed of `entities`, all of the catalog where none is named."""

    told: Told
    named: tuple[Entity, ...]


def read_change_question(question: str, graph: CatalogGraph, now: datetime) -> ChangeQuestion | None:
    """The question in `question`, None when it does not ask what changed in some period."""
    told = read_period(question, now) if _ASKS.search(question) else None
    return None if told is None else ChangeQuestion(told, named_entities(told.rest, graph))


def answer_from_histories(
    question: ChangeQuestion, histories: Histories, graph: CatalogGraph, now: datetime
) -> Answer | None:
    """The newest changes, each cited; that there were none, where there were none.

    None where no history is kept, or a release is asked about that is none of what is named: docs may know.
    """
    entities = _parts_too(question.named, graph) or graph.entities
    found = histories.changes(entities, question.told.period)
    if not found.kept or (found.problem and not found.total and not question.named):
        return None
    judged = [(one, why_suspicious(line_of(one))) for one in found.found]
    told = _together([one for one, reason in judged if reason is None])
    shown = told[:_SHOWN]
    citations = tuple(
        cite(number, change_section(each[0]), line_of(each[0])) for number, each in enumerate(shown, 1)
    )
    lines = [
        f"- {plain.inline(line_of(each[0]))}{_of(each, question.named)} [{number}]"
        for number, each in enumerate(shown, 1)
    ]
    total = found.total - len(found.found) + len(_together(found.found))
    head = _head(question, total, now, problem=found.problem)
    more = [f"{total - len(shown)} more are not shown."] if total > len(shown) and shown else []
    return Answer(
        text="\n\n".join(part for part in (head, "\n".join(lines), *more) if part),
        abstained=bool(found.problem) and not shown,
        confidence=0.0 if found.problem and not shown else _EXACT,
        citations=citations,
        facts=tuple(each[0].revision for each in told),
        produced_by="history",
        entities=tuple(
            dict.fromkeys(
                str(one.ref) for one in (*question.named, *(one.entity for each in shown for one in each))
            )
        )[:20],
        flags=tuple(_flag(one, reason) for one, reason in judged if reason is not None),
        note=found.problem if shown else "",
    )


def _parts_too(named: Sequence[Entity], graph: CatalogGraph) -> tuple[Entity, ...]:
    """What was named, and what is part of it: a system changes with its components."""
    found = {entity.ref: entity for entity in named}
    for entity in named:
        for relation in graph.relations(entity.ref, types=("hasPart", "ownerOf")):
            part = graph.get(relation.target)
            if part is not None:
                found.setdefault(part.ref, part)
    return tuple(found.values())


def _head(question: ChangeQuestion, total: int, now: datetime, *, problem: str) -> str:
    subject = ", ".join(f"`{entity.ref}`" for entity in question.named) or "what is indexed"
    when = _when(question.told.period, now)
    if not total:
        return f"No change of {subject} is recorded {when}. {problem}".strip()
    changes = "1 change" if total == 1 else f"{total} changes"
    return f"{changes} of {subject} {when}:"


def _when(period: Period, now: datetime) -> str:
    if period.after:
        return f"since `{period.after}`"
    since = f"since {period.since:%A, %Y-%m-%d %H:%M} UTC" if period.since else ""
    until = f"until {period.until:%A, %Y-%m-%d %H:%M} UTC" if period.until else ""
    return f"{since} {until}".strip() + f" (asked at {now:%Y-%m-%d %H:%M} UTC)"


def _together(changes: Sequence[Change]) -> list[list[Change]]:
    """One change of several entities as one, in the order of the first."""
    by_id: dict[str, list[Change]] = {}
    for change in changes:
        by_id.setdefault(change.id, []).append(change)
    return list(by_id.values())


def _of(changes: Sequence[Change], named: Sequence[Entity]) -> str:
    """Whose change it is, where that does not go without saying."""
    refs = [str(change.entity.ref) for change in changes]
    if len(named) == 1 and refs == [str(named[0].ref)]:
        return ""
    more = f" and {len(refs) - _NAMED} more" if len(refs) > _NAMED else ""
    return f" ({', '.join(f'`{ref}`' for ref in refs[:_NAMED])}{more})"


def _flag(change: Change, reason: str) -> Flag:
    section = change_section(change)
    owner = str(section.owner) if section.owner else None
    return Flag(str(section.entity), section.path, section.anchor, owner, reason)
