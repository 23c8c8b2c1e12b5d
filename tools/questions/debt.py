"""What the docs owe, the most harmful first.

    harm = asks x failures x weeks x teams

of a gap (questions that failed), of a page (answers that rest on it and did not help) or of an entity that lacks an
owner, a description or docs. Each factor but `failures` is at least 1, so what nobody failed on has no harm and comes last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tools.ports import Catalog, Entity, Library, Refs
from tools.principal import Principal
from tools.questions.asked import AskedQuestion, Place
from tools.questions.gaps import Gap, Standing, gaps
from tools.questions.log import QuestionLog

_WEEK = 604_800.0
_NEEDS_OWNER = frozenset({"component", "api", "resource", "system", "domain"})
_NEEDS_DOCS = frozenset({"component"})
_DOCS = "backstage.io/techdocs-ref"


class DebtKind(StrEnum):
    """What would have to be written."""

    GAP = "gap"
    PAGE = "page"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Debt:
    """`title` is a question, a page's place or what an entity lacks; `place` where to look, `gap` its id.

    `weeks` since a gap failed first, or since a page was changed; `owner` is "" when nobody is known.
    """

    kind: DebtKind
    title: str
    owner: str
    asks: int
    failures: int
    weeks: float
    teams: int
    place: Place
    gap: str = ""

    @property
    def harm(self) -> float:
        return max(1, self.asks) * self.failures * max(1.0, self.weeks) * max(1, self.teams)


class Ledger:
    """The debts of what `catalog` shows to a principal."""

    def __init__(self, log: QuestionLog, library: Library, catalog: Catalog, refs: Refs) -> None:
        self._log, self._library, self._catalog, self._refs = log, library, catalog, refs

    def debts(self, principal: Principal) -> tuple[Debt, ...]:
        """All of them, the most harm first; the same log and index give the same order."""
        found = (*self._gaps(), *self._pages(principal), *self._metadata())
        return tuple(sorted(found, key=lambda debt: (-debt.harm, -debt.asks, debt.kind, debt.title)))

    def _gaps(self) -> Iterator[Debt]:
        for gap in gaps(self._log, self._library, self._catalog, self._refs):
            if gap.standing is Standing.OPEN and gap.failures > gap.badly_rated:
                yield self._of_gap(gap)

    def _of_gap(self, gap: Gap) -> Debt:
        place = gap.nearest[0] if gap.nearest else Place(gap.entity, "", "")
        weeks = (self._log.clock() - gap.first) / _WEEK
        return Debt(
            DebtKind.GAP,
            gap.question,
            gap.owner,
            gap.asks,
            gap.failures,
            weeks,
            len(gap.teams),
            place,
            gap.id,
        )

    def _pages(self, principal: Principal) -> Iterator[Debt]:
        """Pages that answers rest on which did not help."""
        blamed: dict[tuple[str, str], list[AskedQuestion]] = {}
        for asked in self._log.failures():
            for page in dict.fromkeys(place.page for place in asked.cited if not asked.failed):
                blamed.setdefault(page, []).append(asked)
        asks = self._log.citations()
        for (entity, path), failed in blamed.items():
            known = self._catalog.get(self._refs.parse(entity))
            if known is not None:
                yield Debt(
                    DebtKind.PAGE,
                    f"{entity} {path}".strip(),
                    str(known.owner or ""),
                    asks.get((entity, path), len(failed)),
                    len(failed),
                    self._weeks_old(entity, path, principal),
                    len({team for asked in failed for team in asked.teams}),
                    Place(entity, path, ""),
                )

    def _weeks_old(self, entity: str, path: str, principal: Principal) -> float:
        try:
            modified = self._library.page(entity, path, principal=principal).modified if path else None
        except LookupError:
            return 0.0
        return 0.0 if modified is None else (self._log.clock() - modified.timestamp()) / _WEEK

    def _metadata(self) -> Iterator[Debt]:
        asks = self._log.asked_about()
        failed: dict[str, list[AskedQuestion]] = {}
        for asked in self._log.failures():
            if asked.entities:
                failed.setdefault(asked.entities[0], []).append(asked)
        for entity in self._catalog.entities:
            ref, own = str(entity.ref), failed.get(str(entity.ref), [])
            weeks = (self._log.clock() - own[0].at) / _WEEK if own else 0.0
            teams = len({team for asked in own for team in asked.teams})
            for lack in lacks(entity):
                owner = str(entity.owner or "")
                yield Debt(
                    DebtKind.METADATA, f"{ref} has no {lack}", owner, asks.get(ref, 0), len(own), weeks, teams,
                    Place(ref, "", ""),
                )  # fmt: skip


def lacks(entity: Entity) -> Iterator[str]:
    """What an entity's author left out: owner, description, docs."""
    if entity.ref.kind in _NEEDS_OWNER and entity.owner is None:
        yield "owner"
    if entity.ref.kind in _NEEDS_OWNER and not entity.description:
        yield "description"
    if entity.ref.kind in _NEEDS_DOCS and _DOCS not in entity.annotations:
        yield "docs"


def suspicious(log: QuestionLog) -> tuple[tuple[Place, int], ...]:
    """Passages that read like instructions to an assistant, and how many answers came across each; the most first."""
    return tuple(sorted(log.flagged().items(), key=lambda each: (-each[1], each[0].row)))
