"""Words to expressions: every reading of a row that the tables allow, each with its cost.

Reading is in the functions beside this file; each gives the places after the words that it read, with what they may mean,
and is asked again and again for the same place. So what noun phrases and complements begin at a place is kept here.
"""

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from ingest.answers.catalog.combining import Complement, Found
from ingest.answers.catalog.complements import complements
from ingest.answers.catalog.expressions import Expression
from ingest.answers.catalog.filters import Vocabulary
from ingest.answers.catalog.noun_phrases import phrases
from ingest.answers.catalog.phrases import Phrases, indexed
from ingest.answers.catalog.words import Row


class Grammar:
    """One row with the words of one catalog."""

    def __init__(self, row: Row, vocabulary: Vocabulary) -> None:
        self.row, self.vocabulary = row, vocabulary
        self.heads = _heads(vocabulary)
        self._noun_phrases: dict[int, list[Found]] = {}
        self._complements: dict[int, list[tuple[int, float, Complement]]] = {}

    def word(self, at: int, phrases: str) -> int | None:
        """The place after one of these phrases (`is|are`), the longest that stands here."""
        return max((end for end, _ in indexed(phrases).at(self.row, at)), default=None)

    def after(self, at: int, phrases: str) -> int:
        """As `word`, and `at` itself when none of them stands here."""
        end = self.word(at, phrases)
        return at if end is None else end

    def noun_phrase(self, at: int) -> list[Found]:
        """The noun phrases that begin here, with all their clauses."""
        if at not in self._noun_phrases:
            self._noun_phrases[at] = []  # a phrase that begins with itself has no reading
            self._noun_phrases[at] = _cheapest(phrases(self, at))
        return self._noun_phrases[at]

    def complements(self, at: int) -> list[tuple[int, float, Complement]]:
        """What a clause may link to, beginning here."""
        if at not in self._complements:
            self._complements[at] = []
            best: dict[tuple[int, Complement], float] = {}
            for end, cost, complement in complements(self, at):
                best[end, complement] = min(cost, best.get((end, complement), cost))
            self._complements[at] = [(end, cost, complement) for (end, complement), cost in best.items()]
        return self._complements[at]


_heads_of: WeakKeyDictionary[Vocabulary, Phrases[Expression]] = WeakKeyDictionary()


def _heads(vocabulary: Vocabulary) -> Phrases[Expression]:
    if (known := _heads_of.get(vocabulary)) is None:
        known = _heads_of[vocabulary] = Phrases(vocabulary.heads.items())
    return known


def _cheapest(found: Iterable[Found]) -> list[Found]:
    best: dict[tuple[int, Expression], float] = {}
    for end, cost, one in found:
        if cost < best.get((end, one), float("inf")):
            best[end, one] = cost
    return [(end, cost, one) for (end, one), cost in best.items()]
