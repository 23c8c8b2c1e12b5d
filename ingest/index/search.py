"""Search over one generation: keywords and meaning for pages, keywords and names for the catalog, one list.

Who may see what, and every filter, is settled before anything is scored: a search is told which entities it
may find anything of.
"""

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from ingest.entities import EntityRef
from ingest.errors import EmbedderUnavailable, IndexDamaged
from ingest.index.embedders import Vectors
from ingest.index.fusion import Ranking, best_per_section, fuse, interleave, spread, with_named
from ingest.index.keywords import Table
from ingest.index.store import Store
from ingest.index.terms import query_terms
from ingest.index.vectors import VectorIndex

_CANDIDATES = 80  # of each ranking, before they are fused
_PER_PAGE = 3
_MOST = 0.6
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
        self._sections_of: dict[str, list[int]] = {}
        self._vectors_of_entity: defaultdict[str, list[str]] = defaultdict(list)
        places = store.places()
        self._entity = [entity for _, entity, _, _ in places]
        self._page = [(entity, path) for _, entity, path, _ in places]
        self._text = [(path is None, digest) for _, _, path, digest in places]
        pages = sum(path is not None for _, _, path, _ in places)
        self._documents: dict[Table, int] = {"docs_terms": pages, "entity_terms": len(places) - pages}
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
                    self._vectors_of_entity[self._entity[row]].append(vector)
                self._sections_of = dict(sections_of)
                self._vectors = VectorIndex(self._folder)
            return self._vectors

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
        words = self._by_words("docs_terms", terms, entities)
        problem = None
        meaning: Ranking = ()
        try:
            meaning = self._by_meaning(question, embed, entities)
        except (EmbedderUnavailable, IndexDamaged) as error:
            problem = str(error)
        docs = spread(
            fuse(words, meaning),
            page_of=self._page.__getitem__,
            text_of=self._text.__getitem__,
            per_page=_PER_PAGE,
        )
        cards = self._catalog(terms, named, entities)
        return interleave(docs, cards, catalog_share=catalog_share(question, named), k=k), problem

    def close(self) -> None:
        with self._lock:
            if self._vectors is not None:
                self._vectors.close()
                self._vectors = None

    def _by_words(self, table: Table, terms: Sequence[str], entities: Collection[str] | None) -> Ranking:
        return self._store.keyword_search(
            table,
            terms,
            limit=_CANDIDATES,
            documents=self._documents[table],
            allowed=None if entities is None else lambda row: self._entity[row] in entities,
        )

    def _by_meaning(
        self, question: str, embed: Callable[[str], Vectors], entities: Collection[str] | None
    ) -> Ranking:
        if not question.strip():
            return ()
        index, vector = self.open_vectors(), embed(question)
        if entities is None:
            return best_per_section(index.nearest(vector, limit=_CANDIDATES), self._sections_of)
        allowed = sum(len(self._vectors_of_entity.get(entity, ())) for entity in entities)
        share = allowed / max(len(self._sections_of), 1)
        if share > _MOST:  # naming so many would cost more than leaving out the few
            chunks = index.nearest(vector, limit=int(1.5 * _CANDIDATES / share))
        else:
            among = {name for entity in entities for name in self._vectors_of_entity.get(entity, ())}
            chunks = index.nearest(vector, limit=_CANDIDATES, among=among)
        # Equal chunks share a vector, also across entities.
        ranking = best_per_section(chunks, self._sections_of)
        return [(row, score) for row, score in ranking if self._entity[row] in entities]

    def _catalog(
        self, terms: Sequence[str], named: Mapping[EntityRef, float], entities: Collection[str] | None
    ) -> Ranking:
        found = self._by_words("entity_terms", terms, entities)
        cards = {
            row: sureness for ref, sureness in named.items() if (row := self._cards.get(str(ref))) is not None
        }
        return with_named(found, cards)


def catalog_share(question: str, named: Mapping[EntityRef, float]) -> float:
    """How likely the catalog rather than a page answers: by whether the question uses the catalog's words and
    names an entity. Pages are the better guess without both."""
    asks = bool(_CATALOG_WORDS.search(question))
    surest = max(named.values(), default=0.0)
    if asks:
        return 0.7 if surest >= 0.5 else 0.45
    return 0.35 if surest >= 0.5 else 0.2
