"""Builds an index out of a corpus: a new generation, then one flip of the pointer."""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from pathlib import Path

from ingest.chunks import chunks_of
from ingest.documents import Corpus, Section, Skipped
from ingest.errors import IndexDamaged
from ingest.index import records, store
from ingest.index.alike import common_words, write_alike
from ingest.index.embedders import Embedder, Vectors, unit_rows
from ingest.index.embedding import Embedding
from ingest.index.generations import Generations, full_disk_named
from ingest.index.meaning import write_meaning
from ingest.index.text_cache import Cut, TextCache
from ingest.index.vectors import write_vectors
from ingest.index.words import SectionTerms, write_words
from ingest.page_links import link_texts

Progress = Callable[[str, int, int], None]
"""Called with a stage such as `Embedding`, how many are done and how many there are."""

_TEXTS = 2
"""Counts the ways in which texts were made of sections: an index of an older way is made anew, from the cache where it holds."""

# A chunk rarely says what it is about, its headings do: a third of the vector places it among its page's.
CHUNK_WEIGHT, BREADCRUMB_WEIGHT = 0.65, 0.35
_TOLD = 50  # sections between two words of progress


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `embedded` texts went through the model, `cached` ones had before.

    `counts` are those of the generation: entities, pages, sections, chunks. `changed` is false when the corpus,
    the embedder and the format are those of the current generation, which then stays.
    """

    generation: str
    counts: Mapping[str, int]
    embedded: int
    cached: int
    seconds: float
    changed: bool
    skipped: tuple[Skipped, ...]


def build_index(
    corpus: Corpus,
    *,
    home: Path,
    embedder: Embedder,
    rebuild: bool = False,
    progress: Progress | None = None,
) -> BuildReport:
    """Index `corpus` under `home`; readers go on with the current generation until the new one is whole.

    `rebuild` trusts nothing that is there: every text is embedded again. Raises `IndexBusy` when another
    process is at it, `EmbedderUnavailable`, and `IngestError` when the disk is full. However a run ends, the
    current generation stays whole, and what was embedded need not be embedded again.
    """
    started = time.perf_counter()
    generations = Generations(home)
    with full_disk_named(generations.folder), generations.lock():
        sections = store.unique_sections(corpus.sections)
        fingerprint = _fingerprint(corpus, sections, embedder.name)
        kept = None if rebuild else _current_facts(generations, fingerprint)
        if kept is not None:
            return BuildReport(
                generation=generations.current() or "",
                counts=kept,
                embedded=0,
                cached=kept["chunks"],
                seconds=time.perf_counter() - started,
                changed=False,
                skipped=corpus.skipped,
            )
        build = _Build(generations, embedder, rebuild=rebuild, progress=progress or (lambda *_: None))
        generation, counts = build.run(corpus, sections, fingerprint)
    return BuildReport(
        generation=generation,
        counts=counts,
        embedded=build.embedded,
        cached=build.cached,
        seconds=time.perf_counter() - started,
        changed=True,
        skipped=corpus.skipped,
    )


class _Build:
    def __init__(
        self, generations: Generations, embedder: Embedder, *, rebuild: bool, progress: Progress
    ) -> None:
        self._generations, self._embedder = generations, embedder
        self._rebuild, self._progress = rebuild, progress
        self.embedded = self.cached = 0

    def run(
        self, corpus: Corpus, sections: Sequence[Section], fingerprint: str
    ) -> tuple[str, Mapping[str, int]]:
        with Embedding(self._generations.folder, self._embedder, fresh=self._rebuild) as embedding:
            crumbs, cuts = self._cut(corpus, sections, embedding)
            pieces = {row: chunks for row, (chunks, _) in cuts.items()}
            words = common_words(pieces.values())
            embedded = self._embedded(embedding, words)
        self.embedded, self.cached = embedding.embedded, embedding.cached
        vectors_of, vectors = self._mixed(crumbs, pieces, embedded)
        of_words = {word: embedded[word] for word in words.values()}
        counts = {
            "entities": len(corpus.entities),
            "pages": len({(page.entity, page.path) for page in corpus.pages}),
            "sections": len(sections),
            "chunks": sum(map(len, vectors_of.values())),
        }
        facts = {
            "schema": store.SCHEMA,
            "fingerprint": fingerprint,
            "embedder": self._embedder.name,
            "built_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "counts": counts,
            "skipped": [asdict(skipped) for skipped in corpus.skipped],
        }
        current = self._generations.current()
        previous = self._generations.path(current) if current and not self._rebuild else None
        with self._generations.building() as (generation, folder):
            self._progress("Writing the index", 0, 2)
            store.write_store(folder, corpus, sections=sections, vectors_of=vectors_of, facts=facts)
            self._progress("Writing the index", 1, 2)
            page = _page_numbers(sections)
            terms = ((row, terms) for row, (_, terms) in cuts.items())
            write_words(folder, terms, rows=len(sections), page=page)
            write_meaning(folder, vectors_of, vectors, page=page)
            write_alike(folder, words, of_words)
            write_vectors(folder, vectors, previous=previous)
            self._progress("Writing the index", 2, 2)
        return generation, counts

    def _cut(
        self, corpus: Corpus, sections: Sequence[Section], embedding: Embedding
    ) -> tuple[dict[int, str], dict[int, Cut]]:
        """Breadcrumbs, and chunks and terms, of the sections of pages by row; the next pages are cut while those
        before them are embedded. Entities are found by keywords and by name, which is better than any mix with
        vectors: their text is names and labels, not prose."""
        links = link_texts(corpus.pages)
        rows = [row for row, section in enumerate(sections) if section.path is not None]
        asked = [
            (one, links.get((one.entity, str(one.path), one.anchor), ""))
            for one in (sections[row] for row in rows)
        ]
        crumbs = {
            row: records.storable(" > ".join(sections[row].breadcrumb) or sections[row].title) for row in rows
        }
        cuts: dict[int, Cut] = {}
        cache = TextCache(self._generations.folder, embedder=self._embedder.name, fresh=self._rebuild)
        self._progress("Embedding", 0, len(rows))
        whole = False
        try:
            for row, cut in zip(rows, cache.cut(asked, make=self._made), strict=True):
                cuts[row] = cut
                embedding.add((crumbs[row], *cut[0]))
                if len(cuts) % _TOLD == 0:
                    self._progress("Embedding", len(cuts), len(rows))
            whole = True
        finally:
            cache.close(whole=whole)
        self._progress("Embedding", len(rows), len(rows))
        return crumbs, cuts

    def _embedded(self, embedding: Embedding, words: Mapping[str, str]) -> dict[str, Vectors]:
        for done, word in enumerate(words.values()):
            if done % _TOLD == 0:
                self._progress("Embedding words", done, len(words))
            embedding.add([word])
        embedded = embedding.vectors()
        embedding.keep()
        self._progress("Embedding words", len(words), len(words))
        return embedded

    def _made(self, section: Section, link_texts: str) -> Cut:
        chunks = chunks_of(
            section, count_tokens=self._embedder.count_tokens, max_tokens=self._embedder.max_tokens
        )
        return chunks, SectionTerms.of(section, link_texts)

    def _mixed(
        self, crumbs: Mapping[int, str], pieces: Mapping[int, Sequence[str]], embedded: Mapping[str, Vectors]
    ) -> tuple[dict[int, list[str]], dict[str, Vectors]]:
        """Names of each section's vectors by row, and the vectors by name."""
        names_of: dict[int, list[str]] = {}
        vectors: dict[str, Vectors] = {}
        for row, chunks in pieces.items():
            names_of[row] = [self._name(crumbs[row], chunk) for chunk in chunks]
            for name, chunk in zip(names_of[row], chunks, strict=True):
                mixed = CHUNK_WEIGHT * embedded[chunk] + BREADCRUMB_WEIGHT * embedded[crumbs[row]]
                vectors[name] = unit_rows(mixed[None])[0]
        return names_of, vectors

    def _name(self, crumb: str, chunk: str) -> str:
        made_from = json.dumps([self._embedder.name, CHUNK_WEIGHT, BREADCRUMB_WEIGHT, crumb, chunk])
        return blake2b(made_from.encode(), digest_size=10).hexdigest()


def _page_numbers(sections: Sequence[Section]) -> list[int]:
    """For each row the number of its page, -1 for what is of no page."""
    numbers: dict[tuple[str, str], int] = {}
    return [
        -1 if one.path is None else numbers.setdefault((str(one.entity), one.path), len(numbers))
        for one in sections
    ]


def _fingerprint(corpus: Corpus, sections: Iterable[Section], embedder: str) -> str:
    """Equal for corpora that would give the same generation."""
    digest = sha256(json.dumps([store.SCHEMA, _TEXTS, embedder, CHUNK_WEIGHT, BREADCRUMB_WEIGHT]).encode())
    parts = (
        *map(records.entity_record, corpus.entities),
        *map(records.page_record, corpus.pages),
        *map(records.section_record, sections),
        *(f"{skipped.path}\0{skipped.reason}" for skipped in corpus.skipped),
    )
    for part in parts:
        digest.update(sha256(part.encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest()


def _current_facts(generations: Generations, fingerprint: str) -> dict[str, int] | None:
    """Counts of the current generation, if it was built from the same and can be opened."""
    current = generations.current()
    if current is None:
        return None
    try:
        opened = store.Store(generations.path(current))
    except IndexDamaged:
        return None
    opened.close()
    counts: dict[str, int] = opened.facts["counts"]
    return counts if opened.facts["fingerprint"] == fingerprint else None
