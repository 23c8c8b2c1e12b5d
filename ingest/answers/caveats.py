"""Tells disagreement and age below an answer, each statement with its citation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from ingest.answers import plain
from ingest.answers.answer import Citation, Conflict
from ingest.answers.citations import cite
from ingest.answers.claims import Claim
from ingest.answers.conflicts import Disagreement, Staleness, dated
from ingest.answers.said_lifecycles import SaidLifecycle
from ingest.answers.units import Unit
from ingest.documents import Section, SectionKind
from ingest.entities import Entity, EntityRef


@dataclass(slots=True)
class Caveats:
    """Begin with the answer's own citations; `text` and `citations` are what to add."""

    cited: list[Citation]
    paragraphs: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    def disagreement(self, found: Disagreement) -> None:
        """`The sources disagree: 250 ms in … [1]; 400 ms in … [2]. The newer is [1].`"""
        marks = [self._mark(claim.unit.section, claim.unit.quote) for claim in found.claims]
        said = "; ".join(
            f"**{plain.inline(claim.shown)}** in {_place(claim.unit.section)} [{mark}]"
            for claim, mark in zip(found.claims, marks, strict=True)
        )
        self.paragraphs.append(f"**The sources disagree:** {said}. {_newest(found.claims, marks)}".rstrip())
        self.conflicts.append(Conflict("values", tuple(claim.shown for claim in found.claims), tuple(marks)))

    def figure_alone(self, unit: Unit, lacking: Sequence[str]) -> None:
        """`Compare with care: the figure in [1] is told without protocol and run id.`"""
        mark = self._mark(unit.section, unit.quote)
        self.paragraphs.append(
            f"**Compare with care:** the docs state the figure in [{mark}] without {' and '.join(lacking)}."
        )

    def of_another(self, lead: Unit, named: Sequence[EntityRef]) -> None:
        """`This is from the docs of component:default/b [1], and names component:default/a nowhere.`"""
        asked = " or ".join(f"`{ref}`" for ref in named)
        mark = self._mark(lead.section, lead.quote)
        self.paragraphs.append(
            f"**This may be about something else:** it is from the docs of `{lead.section.entity}` [{mark}], which do not "
            f"name {asked} there."
        )

    def staleness(self, found: Staleness, lead: Unit, *, newer: Unit | None, card: Section | None) -> None:
        """`[1] is old: last reviewed on …, and … is deprecated [2]. Newer is …: "…" [3].`"""
        marks = [self._mark(found.section, lead.quote)]
        reasons = [f"was last reviewed on {found.reviewed.isoformat()}"] if found.reviewed else []
        if found.retired is not None:
            line = f"Lifecycle: {found.retired.lifecycle}"
            shown = f"is about `{found.retired.ref}`, which the catalog calls {found.retired.lifecycle}"
            if card is not None and line in card.text:
                marks.append(self._mark(card, line))
                shown += f" [{marks[-1]}]"
            reasons.append(shown)
        text = f"**This may be out of date:** [{marks[0]}] {' and '.join(reasons)}."
        if newer is not None:
            before = len(self.cited)
            marks.append(self._mark(newer.section, newer.quote))
            text += f" Newer is {_place(newer.section)}"
            text += (
                f" [{marks[-1]}]."
                if len(self.cited) == before
                else f": “{plain.inline(newer.quote)}” [{marks[-1]}]"
            )
        self.paragraphs.append(text)
        self.conflicts.append(Conflict("stale", (found.section.title,), tuple(marks)))

    def retirement(self, entity: Entity, card: Section) -> None:
        """`The catalog calls component:default/x deprecated [1].`"""
        line = f"Lifecycle: {entity.lifecycle}"
        mark = self._mark(card, line)
        self.paragraphs.append(f"The catalog calls `{entity.ref}` {entity.lifecycle} [{mark}].")
        self.conflicts.append(Conflict("stale", (entity.title,), (mark,)))

    def lifecycle(self, found: SaidLifecycle, card: Section) -> None:
        """`The sources disagree: *Overview* (…) says that x is deprecated [1]; the catalog says production [2].`"""
        known = found.entity.lifecycle or ""
        marks = (
            self._mark(found.unit.section, found.unit.quote),
            self._mark(card, f"Lifecycle: {known}"),
        )
        self.paragraphs.append(
            f"**The sources disagree:** {_place(found.unit.section)} says that `{found.entity.ref}` is **{found.said}** "
            f"[{marks[0]}]; the catalog says **{plain.inline(known)}** [{marks[1]}]."
        )
        self.conflicts.append(Conflict("values", (found.said, known), marks))

    def _mark(self, section: Section, quote: str) -> int:
        for known in self.cited:
            same = (known.entity, known.path, known.anchor) == (
                str(section.entity),
                section.path,
                section.anchor,
            )
            if same and quote in known.quote:
                return known.number
        self.cited.append(cite(len(self.cited) + 1, section, quote))
        return self.cited[-1].number


def no_caveats(cited: Sequence[Citation]) -> Caveats:
    """For answers whose sources are not compared."""
    return Caveats(list(cited))


def _place(section: Section) -> str:
    """`*Server settings* (`component:default/home-ranker`, changed 2026-11-22)`."""
    name = plain.inline(section.heading)
    kind = "live configuration " if section.kind is SectionKind.CONFIG else ""
    when = f", {_when(section)}" if _when(section) else ""
    return f"{kind}*{name}* (`{section.entity}`{when})"


def _when(section: Section) -> str:
    day = dated(section)
    if day is None:
        return ""
    changed = section.modified.date() if section.modified else None
    return f"changed {day}" if day == changed else f"reviewed {day}"


def _newest(claims: Sequence[Claim], marks: Sequence[int]) -> str:
    days = [dated(claim.unit.section) or date.min for claim in claims]
    live = [
        mark
        for claim, mark in zip(claims, marks, strict=True)
        if claim.unit.section.kind is SectionKind.CONFIG
    ]
    parts = []
    if len(set(days)) > 1:
        parts.append(f"The newest is [{marks[days.index(max(days))]}].")
    if live:
        parts.append(f"What runs is in [{live[0]}].")
    return " ".join(parts)
