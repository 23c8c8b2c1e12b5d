"""Words of a fixed vocabulary that are a slip of the pen away from a given one.

A word within d edits of another shares at least one of its d + 2 pieces with it, at nearly the same place (two
more than d, since two letters swapped across a border spoil two pieces). So pieces are looked up, and only
words that share one are compared.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise


def allowed_edits(length: int) -> int:
    """How many slips a word of `length` letters may have and still be recognised."""
    if length < 5:
        return 0
    return 1 if length < 9 else 2


class NearWords:
    """An index over lower-case words; letters with diacritics count as letters of their own."""

    def __init__(self, words: Iterable[str], *, shortest: int = 5) -> None:
        """Words of fewer than `shortest` letters are not indexed; below five letters one edit is allowed."""
        self._by_piece: defaultdict[tuple[int, int, str], list[tuple[str, int]]] = defaultdict(list)
        for word in set(words):
            if len(word) >= shortest:
                for at, (start, end) in enumerate(_pieces(len(word))):
                    self._by_piece[len(word), at, word[start:end]].append((word, _letters(word)))

    def near(self, word: str) -> tuple[tuple[str, int], ...]:
        """`(vocabulary word, edits)` for what lies near `word` and is not `word` itself, the nearest first."""
        letters = _letters(word)
        found: dict[str, int] = {}
        for candidate, its_letters in self._candidates(word):
            edits = _edits_of(len(candidate))
            if candidate in found or candidate == word or (letters ^ its_letters).bit_count() > 2 * edits:
                continue
            distance = distance_within(word, candidate, edits)
            if distance is not None:
                found[candidate] = distance
        return tuple(sorted(found.items(), key=lambda item: (item[1], item[0])))

    def _candidates(self, word: str) -> Iterator[tuple[str, int]]:
        for length in range(max(len(word) - 2, 1), len(word) + 3):
            edits = _edits_of(length)
            if abs(length - len(word)) > edits:
                continue
            for at, (start, end) in enumerate(_pieces(length)):
                for begin in range(max(start - edits, 0), start + edits + 1):
                    yield from self._by_piece.get((length, at, word[begin : begin + end - start]), ())


def distance_within(left: str, right: str, limit: int) -> int | None:
    """Edits (insert, drop, replace, swap neighbours) between two words, None when more than `limit`."""
    before_last: list[int] = []
    last = list(range(len(right) + 1))
    for row, letter in enumerate(left, start=1):
        current = [row]
        for column, other in enumerate(right, start=1):
            cost = min(
                last[column] + 1, current[column - 1] + 1, last[column - 1] + (0 if letter == other else 1)
            )
            if row > 1 and column > 1 and letter == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before_last[column - 2] + 1)
            current.append(cost)
        if min(current) > limit and min(last) > limit:
            return None
        before_last, last = last, current
    return last[-1] if last[-1] <= limit else None


def _edits_of(length: int) -> int:
    return max(allowed_edits(length), 1)


def _pieces(length: int) -> list[tuple[int, int]]:
    count = min(_edits_of(length) + 2, length)
    borders = [round(at * length / count) for at in range(count + 1)]
    return list(pairwise(borders))


def _letters(word: str) -> int:
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) % 64)
    return bits
