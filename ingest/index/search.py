"""Search over one generation: words and meaning for pages, words and names for the catalog, one list.

Who may see what, and every filter, is settled before anything is scored: a search is told which entities it
may find anything of.
"""

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.entities import EntityRef
from ingest.errors import EmbedderUnavailable, IndexDamaged
from ingest.index.alike import AlikeWords
from ingest.index.embedders import Vectors
from ingest.index.fusion import Ranking, interleave, spread, with_named
from ingest.index.meaning import Meaning
from ingest.index.ranker import Asked, Candidates, ranked
from ingest.index.store import Store
from ingest.index.terms import identifiers, query_terms
from ingest.index.vectors import VectorIndex
from ingest.index.words import WordIndex, WordScores

_CANDIDATES = 80  # of words and of meaning each, before they are put in order
_NAMED_CANDIDATES = 20  # whose heading or links the question says
_ALIKE_CANDIDATES = 60  # by words that are like those of the question
_PER_PAGE = 3
_NAME_IN_CODE = re.compile(r"\b(?:\w*[a-z][A-Z]|[A-Za-z]\w*_)\w*")
_ONLY_THERE = 0.7  # the catalog's share when it alone has a name of the question
_JUST_A_NAME, _QUESTION = 3, 10  # terms at most; what is longer describes, and rarely asks the catalog
_CATALOG_WORDS = re.compile(
    r"\b(who|whom|whose|own(?:s|ed|er|ers|ership)?|team|maintain(?:s|ed|er|ers)?|contact|on[- ]call|member(?:s)?|"
    r"depend(?:s|ed|encies|ency|ents?)?|provid(?:es?|ed)|consum(?:es?|ed|ers?)|lifecycle|deprecated|experimental|"
    r"tagged|tags?|kind|domain|part of|belongs?|apis?|relations?|catalog|"
    r"(?:which|what|list|how many|all) (?:components?|systems?|services?|apis?|resources?|groups?|teams?|libraries|"
    r"websites?|entities))\b",
    re.IGNORECASE,
)


class Searcher:
    """Ranks section rows of one generation. Vectors are opened at the first search that wants them."""

    def __init__(self, folder: Path, store: Store) -> None:
        self._folder, self._store = folder, store
        self._lock = threading.Lock()
        self._vectors: VectorIndex | None = None
        self._meaning: Meaning | None = None
        self._alike: AlikeWords | None = None
        self._sections_of: dict[str, list[int]] = {}
        places = store.places()
        self._entity = [entity for _, entity, _, _ in places]
        self._page = [(entity, path) for _, entity, path, _ in places]
        self._text = [(path is None, digest) for _, _, path, digest in places]
        self._words = WordIndex(folder)
        self._number = {name: number for number, name in enumerate(dict.fromkeys(self._entity))}
        self._entity_number = np.array([self._number[name] for name in self._entity], np.int32)
        self._top = np.array([anchor == "" for anchor in store.anchors()], bool)
        self._cards: dict[str, int] = {}
        for row, entity, path, _ in places:
            if path is None:
                self._cards.setdefault(entity, row)

    def open_vectors(self) -> VectorIndex:
        """Raises `IndexDamaged`."""
        with self._lock:
            if self._vectors is None:
                sections_of: defaultdict[str, list[int]] = defaultdict(list)
                for row, vector in self._store.chunks():
                    sections_of[vector].append(row)
                self._sections_of = dict(sections_of)
                self._meaning = Meaning(self._folder, rows=len(self._entity))
                self._alike = AlikeWords(self._folder)
                self._vectors = VectorIndex(self._folder)
            return self._vectors

    def opened_meaning(self) -> Meaning:
        """Raises `IndexDamaged`."""
        self.open_vectors()
        assert self._meaning is not None  # noqa: S101 - just opened
        return self._meaning

    def document_frequency(self, term: str) -> int:
        """How many sections of pages and of the catalog hold the term."""
        return self._words.document_frequency(term) + self._store.document_frequency(term)

    def search(
        self,
        question: str,
        *,
        k: int,
        embed: Callable[[str], Vectors],
        named: Mapping[EntityRef, float],
        entities: Collection[str] | None = None,
    ) -> tuple[list[tuple[int, float]], str | None]:
        """At most `k` rows with their scores, and why meaning could not be asked, if it could not.

        `named` are the entities that the question names and how surely; `entities` all that may be found.
        """
        terms = query_terms(question)
        problem = None
        vector: Vectors | None = None
        try:
            if question.strip():
                self.open_vectors()
                vector = embed(question)
        except (EmbedderUnavailable, IndexDamaged) as error:
            problem = str(error)
        docs = spread(
            ranked(*self.weighed(question, terms, vector, entities)),
            page_of=self._page.__getitem__,
            text_of=self._text.__getitem__,
            per_page=_PER_PAGE,
        )
        cards = self._catalog(terms, named, entities)
        share = catalog_share(question, named)
        if self._only_catalog_has_a_name_of(question, entities):
            share = max(share, _ONLY_THERE)
        return interleave(docs, cards, catalog_share=share, k=k), problem

    def _only_catalog_has_a_name_of(self, question: str, entities: Collection[str] | None) -> bool:
        """Whether a name out of code, such as that of an API's operation, is in no page but in the catalog. Names
        with hyphens are those of entities, which sentences about docs are full of."""
        return any(
            self._words.document_frequency(term) == 0
            and self._store.keyword_search(
                [term], limit=1, documents=len(self._entity), allowed=self._may_be_found(entities)
            )
            for name in dict.fromkeys(_NAME_IN_CODE.findall(question))
            for term in identifiers(name).split()[-1:]
        )

    def _may_be_found(self, entities: Collection[str] | None) -> Callable[[int], bool] | None:
        return None if entities is None else lambda row: self._entity[row] in entities

    def led_by(
        self,
        asked: Sequence[EntityRef],
        ranking: Sequence[tuple[int, float]],
        *,
        k: int,
        entities: Collection[str] | None = None,
    ) -> list[tuple[int, float]]:
        """`ranking` with the cards of the entities that the question is known to ask for before all else."""
        rows = [
            row
            for ref in asked
            if (row := self._cards.get(str(ref))) is not None and (entities is None or str(ref) in entities)
        ]
        rest = [(row, score) for row, score in ranking if row not in set(rows)]
        top = max((score for _, score in rest), default=0.0)
        # Scores fall from the first hit on; beyond that they say nothing.
        return [(row, top + 1.0 - at / 100) for at, row in enumerate(rows)][:k] + rest[
            : max(k - len(rows), 0)
        ]

    def close(self) -> None:
        with self._lock:
            if self._vectors is not None:
                self._vectors.close()
                self._vectors = None

    def weighed(
        self,
        question: str,
        terms: Sequence[str],
        vector: Vectors | None,
        entities: Collection[str] | None = None,
    ) -> tuple[Asked, WordScores, Candidates]:
        """The sections of pages that are worth putting in order, and what words and meaning say of them."""
        allowed = self._words.page >= 0
        if entities is not None:
            allowed &= self._allowed(entities)
        scores = self._words.scores(terms)
        asked = Asked(question, len(terms))
        if vector is None:
            rows = _candidates(scores, allowed)
            by_words = Candidates(rows, self._top[rows], self._words.words[rows], None, None, None)
            return asked, scores, by_words
        near = self._near_in_words(terms)
        rows = _candidates(
            scores,
            allowed,
            _largest(np.where(allowed, near, 0), _ALIKE_CANDIDATES),
            self._near(vector, allowed, filtered=entities is not None),
        )
        exact = self.opened_meaning()
        candidates = Candidates(
            rows,
            self._top[rows],
            self._words.words[rows],
            exact.of_rows(vector, rows),
            exact.of_pages(vector, self._words.page[rows]),
            near[rows],
        )
        return asked, scores, candidates

    def _near_in_words(self, terms: Sequence[str]) -> NDArray[Any]:
        self.open_vectors()
        assert self._alike is not None  # noqa: S101 - just opened
        return self._words.near(terms, self._alike.of)

    def _near(self, vector: Vectors, allowed: NDArray[Any], *, filtered: bool) -> NDArray[np.intp]:
        """The rows of the nearest chunks: Chroma's among all, exactly those among what a filter leaves."""
        if not filtered:
            near = self.open_vectors().nearest(vector, limit=_CANDIDATES)
            return np.array([row for name, _ in near for row in self._sections_of.get(name, ())], np.intp)
        exact = self.opened_meaning()
        rows = exact.rows_among(allowed)
        cosines = exact.of_rows(vector, rows) + 1.0
        return rows[_largest(cosines, _CANDIDATES)].astype(np.intp)

    def _allowed(self, entities: Collection[str]) -> NDArray[Any]:
        """Which rows are of these entities."""
        chosen = np.zeros(len(self._number), bool)
        chosen[[self._number[name] for name in entities if name in self._number]] = True
        return chosen[self._entity_number]

    def _catalog(
        self, terms: Sequence[str], named: Mapping[EntityRef, float], entities: Collection[str] | None
    ) -> Ranking:
        found = self._store.keyword_search(
            terms,
            limit=_CANDIDATES,
            documents=len(self._entity) - self._words.sections,
            allowed=self._may_be_found(entities),
        )
        cards = {
            row: sureness for ref, sureness in named.items() if (row := self._cards.get(str(ref))) is not None
        }
        return with_named(found, cards)


def catalog_share(question: str, named: Mapping[EntityRef, float]) -> float:
    """How likely the catalog rather than a page answers: by whether the question uses the catalog's words and
    names an entity. Pages are the better guess without both."""
    length = len(query_terms(question))
    surest = max(named.values(), default=0.0)
    if _CATALOG_WORDS.search(question) and length <= _QUESTION:
        return 0.7 if surest >= 0.5 else 0.45
    # A name in a sentence says which docs are meant; a name alone asks for the entity.
    return 0.5 if surest >= 0.5 and length <= _JUST_A_NAME else 0.2


def _candidates(scores: WordScores, allowed: NDArray[Any], *more: NDArray[np.intp]) -> NDArray[np.intp]:
    """The rows worth a closer look, ascending: those that words find, and `more`."""
    return np.unique(
        np.concatenate(
            [
                _largest(np.where(allowed, scores.share, 0), _CANDIDATES),
                _largest(np.where(allowed, scores.heading + scores.link, 0), _NAMED_CANDIDATES),
                *more,
            ]
        )
    )


def _largest(values: NDArray[Any], count: int) -> NDArray[np.intp]:
    """Where the `count` largest of the values above zero stand."""
    places = np.arange(len(values)) if len(values) <= count else np.argpartition(-values, count)[:count]
    return places[values[places] > 0]
