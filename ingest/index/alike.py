"""Words of a corpus that mean nearly the same, as the embedder sees them: `remove` and `delete`, `broken` and `crash`.

A question that shares no word with its page often shares a neighbour of one. The table holds a corpus's commoner
words and the nearest others of each; it is made once a build and costs a question nothing but a look-up.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.errors import IndexDamaged
from ingest.index.embedders import Vectors
from ingest.index.terms import STOP_WORDS, stem
from ingest.index.words import term_id

FILE = "alike.npz"
_WORD = re.compile(r"[a-z]{3,}")
_COMMON = 4  # sections that say it: rarer words are names, and nothing is like a name
_MOST_WORDS = 8_000
_NEIGHBOURS, _NEAREST = 6, 0.5  # at most, and their least cosine
_CHANCE = 0.3  # the cosine of words that have nothing to do with each other
_BLOCK = 1_024  # rows of the table of cosines at a time


def common_words(texts: Iterable[Sequence[str]]) -> dict[str, str]:
    """Terms with their commonest word, the commonest first; `texts` are the pieces of one section each."""
    counts: Counter[str] = Counter()
    for pieces in texts:
        counts.update(set(_WORD.findall("\n".join(pieces).lower())))
    words: dict[str, str] = {}
    held: defaultdict[str, int] = defaultdict(int)
    for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if count >= _COMMON and word not in STOP_WORDS:
            words.setdefault(stem(word), word)
            held[stem(word)] += count
    chosen = sorted(words, key=lambda term: (-held[term], term))[:_MOST_WORDS]
    return {term: words[term] for term in chosen}


def write_alike(folder: Path, words: Mapping[str, str], vectors: Mapping[str, Vectors]) -> None:
    """Write each term's nearest others; `words` are its words by term, `vectors` those of the words."""
    ids = np.array([term_id(term) for term in words], np.uint32)
    rows = np.stack([vectors[word] for word in words.values()]) if words else np.zeros((0, 1), np.float32)
    count = min(_NEIGHBOURS, max(len(ids) - 1, 0))
    nearest, cosine = np.zeros((len(ids), count), np.uint32), np.zeros((len(ids), count), np.float32)
    for start in range(0, len(ids), _BLOCK):
        table = rows[start : start + _BLOCK] @ rows.T
        table[np.arange(len(table)), start + np.arange(len(table))] = -1.0  # not its own neighbour
        best = _largest(table, count)
        nearest[start : start + _BLOCK] = ids[best]
        cosine[start : start + _BLOCK] = np.take_along_axis(table, best, axis=1)
    order = np.argsort(ids, kind="stable")
    np.savez(folder / FILE, ids=ids[order], nearest=nearest[order], cosine=cosine[order])


def _largest(table: NDArray[Any], count: int) -> NDArray[Any]:
    """The columns of each row's `count` largest values, the largest first."""
    columns = np.sort(np.argpartition(-table, count, axis=1)[:, :count], axis=1)
    order = np.argsort(-np.take_along_axis(table, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


class AlikeWords:
    """One generation's table. Raises `IndexDamaged` when it cannot be read."""

    def __init__(self, folder: Path) -> None:
        try:
            with np.load(folder / FILE) as arrays:
                self._ids: NDArray[Any] = arrays["ids"]
                self._nearest, self._cosine = arrays["nearest"], arrays["cosine"]
        except (OSError, ValueError, KeyError) as error:
            raise IndexDamaged(
                f"{folder / FILE} cannot be read ({error}); run `cuebook ingest --rebuild`"
            ) from error

    def of(self, term: str) -> list[tuple[int, float]]:
        """Ids of the terms that are like `term`, and how much each counts for it (0..1)."""
        number = np.uint32(term_id(term))
        at = int(self._ids.searchsorted(number))
        if at == len(self._ids) or self._ids[at] != number:
            return []
        return [
            (int(other), (float(cosine) - _CHANCE) / (1 - _CHANCE))
            for other, cosine in zip(self._nearest[at], self._cosine[at], strict=True)
            if cosine > _NEAREST
        ]
