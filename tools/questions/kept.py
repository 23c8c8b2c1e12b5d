"""What the log of questions holds, as it is asked for; `tools.questions.log` writes it."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.questions.asked import AskedAgain, AskedQuestion, Outcome, Place, plain
from tools.questions.rating import Rating


@dataclass(frozen=True, slots=True)
class Counts:
    """How many questions there were, how many of them were answered, and how ratings went."""

    asked: int = 0
    answered: int = 0
    helpful: int = 0
    unhelpful: int = 0


class KeptQuestions(ABC):
    """Questions over the file's rows, which `_rows` reads."""

    @abstractmethod
    def known_as(self, principal: str) -> str:
        """The hash that the principal is kept as."""

    @abstractmethod
    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows that a query gives; none where there is no file yet."""

    def asked(self, *, since: float = 0.0) -> tuple[AskedQuestion, ...]:
        """What was asked since then, oldest first. `asker` is the hash."""
        return tuple(map(_asked, self._rows("SELECT * FROM asked WHERE at >= ? ORDER BY at, id", (since,))))

    def failures(self, *, most: int = 2_000) -> tuple[AskedQuestion, ...]:
        """What was not answered, or answered badly as its asker said; the newest of them, oldest first."""
        bad = "outcome = 'abstained' OR id IN (SELECT answer FROM ratings WHERE helpful = 0)"
        newest = f"SELECT * FROM asked WHERE {bad} ORDER BY at DESC, id LIMIT ?"  # noqa: S608 - a constant
        return tuple(map(_asked, reversed(self._rows(newest, (most,)))))

    def tally(self) -> dict[str, tuple[int, float]]:
        """How often each question was asked in whatever case and spacing, and when it was last answered (0: never)."""
        rows = self._rows(
            "SELECT standalone, count(*), max(CASE WHEN outcome = 'abstained' THEN 0 ELSE at END) FROM asked "
            "GROUP BY standalone"
        )
        found: dict[str, tuple[int, float]] = {}
        for text, times, answered_at in rows:
            before = found.get(plain(text), (0, 0.0))
            found[plain(text)] = (before[0] + times, max(before[1], answered_at))
        return found

    def helpful(self, *, most: int) -> tuple[AskedQuestion, ...]:
        """What was answered and rated as helpful by all who rated it; the newest, oldest first."""
        liked = "id IN (SELECT answer FROM ratings GROUP BY answer HAVING min(helpful) = 1)"
        newest = f"SELECT * FROM asked WHERE {liked} ORDER BY at DESC, id LIMIT ?"  # noqa: S608 - a constant
        return tuple(map(_asked, reversed(self._rows(newest, (most,)))))

    def flagged(self) -> dict[Place, int]:
        """Passages that answers came across and that read like instructions, with how many answers did."""
        rows = self._rows(
            "SELECT value, count(DISTINCT asked.id) FROM asked, json_each(flagged) GROUP BY value"
        )
        return {Place(*json.loads(row)): times for row, times in rows}

    def counts(self, *, since: float) -> Counts:
        """How questions and ratings went since then."""
        asked = self._rows("SELECT count(*), sum(outcome <> 'abstained') FROM asked WHERE at >= ?", (since,))
        rated = self._rows("SELECT sum(helpful), sum(NOT helpful) FROM ratings WHERE at >= ?", (since,))
        return Counts(*(int(number or 0) for row in (*asked, *rated) for number in row))

    def others_asked(self, principal: str) -> bool:
        """Whether anybody but the principal has asked."""
        own = self.known_as(principal)
        return bool(self._rows("SELECT 1 FROM asked WHERE asker <> ? LIMIT 1", (own,)))

    def citations(self) -> dict[tuple[str, str], int]:
        """How many answers rest on each page, by entity and path."""
        rows = self._rows(
            "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), count(DISTINCT asked.id) "
            "FROM asked, json_each(cited) GROUP BY 1, 2"
        )
        return {(entity, path): times for entity, path, times in rows}

    def asked_about(self) -> dict[str, int]:
        """How many questions were about each entity."""
        rows = self._rows("SELECT value, count(*) FROM asked, json_each(entities) GROUP BY value")
        return dict(rows)

    def asked_again(self, *, generation: str = "") -> tuple[AskedAgain, ...]:
        """The last time that each question was asked again, or the time for that generation of the index."""
        rows = self._rows(
            "SELECT * FROM again WHERE generation = ? OR ? = '' ORDER BY at", (generation, generation)
        )
        last = {row[0]: row for row in rows}
        return tuple(
            AskedAgain(question, made, at, Outcome(before), Outcome(after), places_of(cited))
            for question, made, at, before, after, cited in last.values()
        )

    def ratings(self) -> dict[str, tuple[Rating, ...]]:
        """All ratings by answer."""
        found: dict[str, tuple[Rating, ...]] = {}
        rows = self._rows("SELECT answer, helpful, comment FROM ratings ORDER BY at, rater")
        for answer, helpful, comment in rows:
            found[answer] = (*found.get(answer, ()), Rating(bool(helpful), comment))
        return found


def rows_of(places: Sequence[Place]) -> list[tuple[str, ...]]:
    return [place.row for place in places]


def places_of(text: str) -> tuple[Place, ...]:
    return tuple(Place(*row) for row in json.loads(text))


def _asked(row: Sequence[Any]) -> AskedQuestion:
    id_, at, question, standalone, asker, teams, door, outcome, produced_by, confidence, context, *lists = row
    cited, nearest, flagged = map(places_of, lists[:3])
    return AskedQuestion(
        id=id_,
        at=at,
        question=question,
        standalone=standalone,
        asker=asker,
        teams=tuple(json.loads(teams)),
        door=door,
        outcome=Outcome(outcome),
        produced_by=produced_by,
        confidence=confidence,
        context=context,
        cited=cited,
        nearest=nearest,
        flagged=flagged,
        entities=tuple(json.loads(lists[3])),
    )
