"""Keyword search over the sections of pages: postings in arrays, every section scored at once.

A section is found by the words of its title, heading, breadcrumb, path, identifiers and text, weighted as in
BM25F (Robertson, Zaragoza 2009), and by the words of the links that lead to it, which are what other people call
it. A question costs one pass over the postings of its own words, filtered or not.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.documents import Section
from ingest.errors import IndexDamaged
from ingest.index.terms import identifiers, index_terms
from ingest.markdown.plain import plain

FILE = "words.npz"
TITLE, HEADING, LINK = 1, 2, 4
# A word in a heading says what the section is about, a word in the title what the whole page is about.
_TITLE_WEIGHT, _HEADING_WEIGHT = 2, 3
_SATURATION, _LENGTH_SHARE = 1.2, 0.75  # k1 and b of BM25
_MAX_TERMS = 48  # of a question; a pasted log file is not searched word by word

Floats = NDArray[np.float32]
_POSTING = np.dtype([("term", "<u4"), ("weight", "<u2"), ("said", "<u2"), ("where", "u1")])


@dataclass(frozen=True, slots=True)
class SectionTerms:
    """What one section adds: a posting for each distinct term, and how many words all of its fields have."""

    postings: NDArray[Any]
    words: int

    @classmethod
    def of(cls, section: Section, link_texts: str = "") -> "SectionTerms":
        text = plain(section.text)
        title, heading = index_terms(section.title).split(), index_terms(section.heading).split()
        body = index_terms(text).split()
        others = [
            *index_terms(" ".join(section.breadcrumb)).split(),
            *index_terms(section.path or "").split(),
            *identifiers(text).split(),
        ]
        weight: Counter[str] = Counter(body)
        weight.update(others)
        for words, times in ((title, _TITLE_WEIGHT), (heading, _HEADING_WEIGHT)):
            for word in words:
                weight[word] += times
        where: Counter[str] = Counter()
        for words, bit in ((title, TITLE), (heading, HEADING), (index_terms(link_texts).split(), LINK)):
            for word in set(words):
                where[word] += bit
        said = Counter(body)
        rows = [
            (term_id(term), min(weight[term], 65_535), min(said[term], 65_535), where[term])
            for term in {**weight, **where}
        ]
        count = len(title) + len(heading) + len(body) + len(others)
        return cls(np.array(rows, _POSTING), count)

    def packed(self) -> bytes:
        return self.words.to_bytes(4, "little") + self.postings.tobytes()

    @classmethod
    def unpacked(cls, blob: bytes) -> "SectionTerms":
        return cls(np.frombuffer(blob, _POSTING, offset=4), int.from_bytes(blob[:4], "little"))


@lru_cache(maxsize=200_000)
def term_id(term: str) -> int:
    """32 bits stand for a term: two of a hundred thousand share theirs once in a while, which costs a chance hit."""
    return zlib.crc32(term.encode("utf-8", "replace"))


def write_words(
    folder: Path, terms: Iterable[tuple[int, SectionTerms]], *, rows: int, page: Sequence[int]
) -> None:
    """Write the index of sections by row; `page` numbers the page of each of the `rows`, -1 where there is none."""
    found = sorted(terms, key=lambda item: item[0])
    sizes = [len(one.postings) for _, one in found]
    postings = np.concatenate([np.empty(0, _POSTING), *(one.postings for _, one in found)])
    row = np.repeat(np.array([number for number, _ in found], np.int32), sizes)
    order = np.argsort(postings["term"], kind="stable")
    ids, starts = np.unique(postings["term"][order], return_index=True)
    words = np.zeros(rows, np.float32)
    words[[number for number, _ in found]] = [one.words for _, one in found]
    np.savez(
        folder / FILE,
        ids=ids,
        starts=np.append(starts, len(postings)).astype(np.int64),
        row=row[order],
        weight=postings["weight"][order],
        said=postings["said"][order],
        where=postings["where"][order],
        words=words,
        page=np.array(page, np.int32),
    )


@dataclass(frozen=True, slots=True)
class WordScores:
    """For each row, all in 0..1: `share` of the BM25F score that the question could reach at most, `covered` of
    its words (by rarity) that the text says, `title`, `heading` and `link` of theirs that the question says.
    `page` is `share` of the page as one text, and stands at each of its rows."""

    share: Floats
    covered: Floats
    title: Floats
    heading: Floats
    link: Floats
    page: Floats


class WordIndex:
    """One generation's postings. Raises `IndexDamaged` when they cannot be read."""

    def __init__(self, folder: Path) -> None:
        try:
            with np.load(folder / FILE) as arrays:
                self._ids, self._starts, self._row = arrays["ids"], arrays["starts"], arrays["row"]
                self._weight, self._said, self._where = arrays["weight"], arrays["said"], arrays["where"]
                self.words, self.page = arrays["words"], arrays["page"]
        except (OSError, ValueError, KeyError) as error:
            raise IndexDamaged(
                f"{folder / FILE} cannot be read ({error}); run `cuebook ingest --rebuild`"
            ) from error
        self.rows, self.sections = len(self.words), int(np.count_nonzero(self.page >= 0))
        self.pages = int(self.page.max(initial=-1)) + 1
        text = np.zeros(max(self.pages, 1))
        held = self.page[self._row] if self.pages else np.empty(0, np.int32)
        np.add.at(text, held, self._said)
        self._page_length = self._relative(text)
        self._length = self._relative(self.words)
        self._rarity = self._rarities()
        sizes = np.diff(self._starts)
        # What each posting adds to its row's share, before the share is divided by what could be reached.
        self._gain = _floats(
            np.repeat(self._rarity, sizes) * self._saturated(self._weight, self._length[self._row])
        )
        # How rare the words of titles, headings and links are together, by row.
        spread = np.repeat(self._rarity, sizes)
        self._named = {
            bit: np.bincount(self._row, np.where(self._where & bit, spread, 0), self.rows)
            for bit in (TITLE, HEADING, LINK)
        }

    def scores(self, terms: Sequence[str]) -> WordScores:
        """How much of the question, given as terms in order, each section says."""
        counted = Counter(list(terms)[:_MAX_TERMS])
        share, covered, paged = (np.zeros(size) for size in (self.rows, self.rows, max(self.pages, 1)))
        named = {bit: np.zeros(self.rows) for bit in self._named}
        most = most_of_pages = 1e-9
        for term in counted:
            part, rarity = self._postings(term)
            most += rarity
            row, said = self._row[part], self._said[part]
            share[row] += self._gain[part]
            covered[row] += rarity * (said > 0)
            for bit, found in named.items():
                found[row] += rarity * ((self._where[part] & bit) > 0)
            page_rarity, pages = self._page_part(row, said, paged)
            most_of_pages += page_rarity if len(pages) else rarity
        return WordScores(
            share=_floats(share / (most * (_SATURATION + 1))),
            covered=_floats(covered / most),
            **{
                name: _floats(named[bit] / np.maximum(self._named[bit], 1e-9))
                for name, bit in (("title", TITLE), ("heading", HEADING), ("link", LINK))
            },
            page=_floats(paged / (most_of_pages * (_SATURATION + 1)))[np.maximum(self.page, 0)],
        )

    def near(self, terms: Sequence[str], alike: Callable[[str], Sequence[tuple[int, float]]]) -> Floats:
        """Like `share`, but words that are `alike` (ids of terms, each with what it counts for, 0..1) stand in
        for those that a section does not say. Shape (rows,), in 0..1."""
        total, most = np.zeros(self.rows), 1e-9
        for term in Counter(list(terms)[:_MAX_TERMS]):
            part, rarity = self._postings(term)
            most += rarity
            best = np.zeros(self.rows, np.float32)
            best[self._row[part]] = self._gain[part]
            for other, counts in alike(term):
                part, others = self._postings_of(other)
                row = self._row[part]
                # As rare as the word of the question at most: a rare neighbour says no more than that word would.
                best[row] = np.maximum(best[row], counts * min(rarity / others, 1.0) * self._gain[part])
            total += best
        return _floats(total / (most * (_SATURATION + 1)))

    def document_frequency(self, term: str) -> int:
        """How many sections hold the term."""
        part, _ = self._postings(term)
        return int(np.count_nonzero(self._weight[part]))

    def _postings(self, term: str) -> tuple[slice, float]:
        return self._postings_of(term_id(term))

    def _postings_of(self, number: int) -> tuple[slice, float]:
        at = int(self._ids.searchsorted(np.uint32(number)))  # of another type, all ids would be copied
        if at == len(self._ids) or self._ids[at] != number:
            return slice(0, 0), float(np.log1p((self.sections + 0.5) / 0.5))
        return slice(self._starts[at], self._starts[at + 1]), float(self._rarity[at])

    def _page_part(
        self, row: NDArray[Any], said: NDArray[Any], paged: NDArray[Any]
    ) -> tuple[float, NDArray[Any]]:
        """Add what one term gives the pages; its rarity among pages, and those that hold it."""
        times = np.bincount(self.page[row], said, len(paged)) if len(row) else np.zeros(len(paged))
        pages = np.flatnonzero(times)
        rarity = _rarity(len(pages), self.pages)
        paged[pages] += rarity * self._saturated(times[pages], self._page_length[pages])
        return rarity, pages

    @staticmethod
    def _saturated(weight: NDArray[Any], length: NDArray[Any]) -> NDArray[Any]:
        times = weight.astype(np.float64)
        return times * (_SATURATION + 1) / (times + _SATURATION * length)

    @staticmethod
    def _relative(words: NDArray[Any]) -> NDArray[Any]:
        """BM25's correction for length."""
        held = words[words > 0]
        mean = float(held.mean()) if len(held) else 1.0
        return 1 - _LENGTH_SHARE + _LENGTH_SHARE * words / mean

    def _rarities(self) -> NDArray[Any]:
        if not len(self._ids):
            return np.zeros(0)
        holding = np.add.reduceat((self._weight > 0).astype(np.int64), self._starts[:-1])
        return np.log1p((self.sections - holding + 0.5) / (holding + 0.5))


def _rarity(holding: int, documents: int) -> float:
    return float(np.log1p((documents - holding + 0.5) / (holding + 0.5)))


def _floats(values: NDArray[Any]) -> Floats:
    return values.astype(np.float32)
