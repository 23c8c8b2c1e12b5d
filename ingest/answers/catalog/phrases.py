"""Phrases of several words, found in a row; words that carry no meaning here are stepped over."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Generic, TypeVar

from ingest.answers.catalog.relations import Phrase
from ingest.answers.catalog.words import Row

T = TypeVar("T")

#: Words that may stand anywhere and change nothing.
_FILLERS = (
    "currently actually still already also really just exactly please ever even officially mainly primarily itself themselves "
    "ultimately presently nowadays today now simply respectively else then kindly altogether overall formally together "
    "info information"
)
FILLERS = frozenset(_FILLERS.split())


class Phrases(Generic[T]):
    """An index by first word; the same phrase may stand for several things."""

    def __init__(self, entries: Iterable[tuple[Phrase, T]]) -> None:
        self._by_first: defaultdict[str, list[tuple[Phrase, T]]] = defaultdict(list)
        for phrase, meaning in entries:
            self._by_first[phrase[0]].append((phrase, meaning))

    def at(self, row: Row, start: int) -> Iterator[tuple[int, T]]:
        """What the words from `start` on say, with the place after them."""
        start = skip(row, start)
        if start < len(row.words):
            for phrase, meaning in self._by_first.get(row.words[start], ()):
                if (end := match(row, start, phrase)) is not None:
                    yield end, meaning

    @property
    def words(self) -> frozenset[str]:
        return frozenset(word for found in self._by_first.values() for phrase, _ in found for word in phrase)


def skip(row: Row, at: int) -> int:
    """The next word that means something."""
    while at < len(row.words) and row.words[at] in FILLERS and at not in row.mentions:
        at += 1
    return at


def match(row: Row, start: int, phrase: Sequence[str]) -> int | None:
    """The place after `phrase`, None when it does not stand at `start`."""
    at = start
    for word in phrase:
        at = skip(row, at)
        if at >= len(row.words) or row.words[at] != word:
            return None
        at += 1
    return at


@cache
def indexed(phrases: str) -> Phrases[str]:
    """An index of alternatives that `|` parts."""
    return Phrases((tuple(phrase.split()), phrase) for phrase in phrases.split("|"))
