"""Words that are misspelt, told by the words of the phrases that they miss by a slip of the hand."""

import re
from collections.abc import Iterable

_WORD = re.compile(r"(?<![\w.@:/=-])[a-z]{4,}(?![\w@:/=-]|\.\w)")
_SHORTEST = 4
_ANY_SLIP = 7
"""Letters from which on any one letter may be wrong: of shorter words that makes another word, `lunch` of `launch`."""


class Spelling:
    """Over the words that phrases have. Words of other origin, and names, are left as they are."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = frozenset(words)
        self._read: dict[str, str] = {}

    def corrected(self, text: str) -> str:
        """text: in lower case. What differs from a word by two letters that changed places, by a letter that is doubled or
        should be, or, if it is long, by any one letter, becomes that word."""
        return _WORD.sub(lambda match: self.word(match[0]), text)

    def word(self, word: str) -> str:
        """The word that is meant, or the same."""
        if word not in self._read:
            self._read[word] = self._meant(word)
        return self._read[word]

    def _meant(self, word: str) -> str:
        if (
            len(word) < _SHORTEST
            or not word.isalpha()
            or word in self.words
            or word.removesuffix("s") in self.words
        ):
            return word
        meant = {slip for slip in _slips(word) if slip in self.words and len(slip) >= _SHORTEST}
        if not meant and len(word) >= _ANY_SLIP:
            meant = {other for other in self.words if _differs_once(word, other)}
        return meant.pop() if len(meant) == 1 else word


def _slips(word: str) -> Iterable[str]:
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        if word[at] == word[at + 1]:
            yield word[:at] + word[at + 1 :]
    for at, letter in enumerate(word):
        yield word[:at] + letter + word[at:]


def _differs_once(word: str, other: str) -> bool:
    """By one letter that is wrong, missing or too many, behind the first."""
    if word[0] != other[0] or abs(len(word) - len(other)) > 1:
        return False
    at = next((at for at, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), len(word))
    rests = (word[at + 1 :], other[at + 1 :]), (word[at:], other[at + 1 :]), (word[at + 1 :], other[at:])
    return any(one == two for one, two in rests)
