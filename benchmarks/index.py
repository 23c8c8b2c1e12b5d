"""What indexing and searching cost: `python -m benchmarks.index [FOLDER…]`.

Prints what indexing costs: the first index beside the bare embedder (the same batches and threads, in the same run but
after it, since embedding overlaps with cutting), a second one with nothing changed, one with a page changed, and the
peak memory. Then what a search costs, with filters and without, the question's embedding apart; headings of the corpus
are the questions.
`--copies` multiplies the corpus (each copy under another name and with words of its own, so that nothing is shared) to
reach a size worth measuring; with `--hashing` everything but the model is measured, which is quick.
"""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.chunks import chunks_of
from ingest.documents import Corpus
from ingest.entities import EntityRef
from ingest.index.build import build_index
from ingest.index.embedders import Embedder, Vectors
from ingest.index.hashing import HashingEmbedder
from ingest.index.minilm import MiniLM
from ingest.library import Filters, Library
from ingest.sources.folder import read_folders


class Timed:
    """An embedder that keeps what goes through it, to be timed again by itself."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.dimension, self.max_tokens = embedder.name, embedder.dimension, embedder.max_tokens
        self.batches: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.batches.append(list(texts))
        return self._embedder.embed(texts)

    def count_tokens(self, text: str) -> int:
        return self._embedder.count_tokens(text)

    def tokens(self) -> int:
        return sum(self.count_tokens(text) for batch in self.batches for text in batch)

    def bare(self) -> tuple[float, float]:
        """Seconds by the clock and of the CPU that the batches take with nothing beside."""
        wall, cpu = time.perf_counter(), time.process_time()
        for batch in self.batches:
            self._embedder.embed(batch)
        return time.perf_counter() - wall, time.process_time() - cpu


@dataclass(frozen=True)
class Asker:
    ref: str = "user:default/benchmark"


def copied(corpus: Corpus, copies: int) -> Corpus:
    """`copies` of every page, each text with a word of its own at its end."""
    pages = tuple(
        replace(
            page,
            entity=renamed(page.entity, number),
            sections=tuple(
                replace(part, entity=renamed(page.entity, number), text=f"{part.text} copy{number}")
                for part in page.sections
            ),
        )
        for number in range(copies)
        for page in corpus.pages
    )
    entities = tuple(
        replace(entity, ref=renamed(entity.ref, number))
        for number in range(copies)
        for entity in corpus.entities
    )
    return Corpus(
        entities=entities, pages=pages, sections=tuple(part for page in pages for part in page.sections)
    )


def renamed(ref: EntityRef, number: int) -> EntityRef:
    return replace(ref, name=f"{ref.name}-{number}") if number else ref


def show_build(read: Callable[[], Corpus], home: Path, embedder: Embedder) -> Corpus:
    timed = Timed(embedder)
    started, cpu = time.perf_counter(), time.process_time()
    corpus = read()
    reading = time.perf_counter() - started
    report = build_index(corpus, home=home, embedder=timed)
    first, cpu = time.perf_counter() - started, time.process_time() - cpu
    tokens = timed.tokens()
    bare_wall, bare_cpu = timed.bare()
    print(
        f"first index: {dict(report.counts)} in {first:.1f} s ({cpu:.1f} CPU-s), {reading:.1f} s of it to read; "
        f"{report.counts['sections'] / first:.0f} sections/s, {tokens / first:.0f} tokens/s"
    )
    print(
        f"the bare embedder on the same texts: {bare_wall:.1f} s ({bare_cpu:.1f} CPU-s), "
        f"{tokens / bare_wall:.0f} tokens/s; indexing has {bare_wall / first:.1%} of its throughput "
        f"({bare_cpu / cpu:.1%} by CPU)"
    )
    started, cpu = time.perf_counter(), time.process_time()
    again = build_index(read(), home=home, embedder=embedder)
    second, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(
        f"nothing changed (new generation: {again.changed}): {second:.1f} s ({cpu:.1f} CPU-s), "
        f"{second / first:.1%} of the first"
    )
    show_one_page_changed(corpus, home, embedder)
    return corpus


def show_one_page_changed(corpus: Corpus, home: Path, embedder: Embedder) -> None:
    page, *others = corpus.pages
    edited = replace(
        page, sections=tuple(replace(part, text=part.text + " edited") for part in page.sections)
    )
    sections = tuple(part for one in (edited, *others) for part in one.sections)
    one = build_index(
        Corpus(entities=corpus.entities, pages=(edited, *others), sections=sections),
        home=home,
        embedder=embedder,
    )
    own = sum(
        len(chunks_of(part, count_tokens=embedder.count_tokens, max_tokens=embedder.max_tokens))
        for part in edited.sections
    )
    print(
        f"one page changed: {one.seconds:.1f} s, {one.embedded} texts embedded; the page has {own} chunks and "
        f"{len(edited.sections)} breadcrumbs"
    )


def show_search(library: Library, questions: Sequence[str], filters: Filters, label: str) -> None:
    walls, cpus = [], []
    for question in questions:
        library.embed_question(question)  # the question's vector is remembered: what follows is the rest
        wall, cpu = time.perf_counter(), time.process_time()
        library.search(question, principal=Asker(), filters=filters)
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    print(f"search {label}, without the embedding: wall {spread(walls)}, CPU {spread(cpus)}")


def spread(values: Sequence[float]) -> str:
    ordered = sorted(values)
    return f"p50 {ordered[len(ordered) // 2]:.1f} p95 {ordered[int(0.95 * len(ordered))]:.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path("docs"), Path("examples/org")])
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--hashing", action="store_true", help="measure everything but the model")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        embedder: Embedder = HashingEmbedder(dimension=384) if options.hashing else MiniLM(cache=Path(home))
        embedder.embed(["warm"])
        corpus = show_build(
            lambda: copied(read_folders(options.folders), options.copies), Path(home), embedder
        )
        library = Library.open(Path(home), embedder=embedder)
        library.warm()
        headings = sorted({f"{part.title}: {part.heading}" for part in corpus.sections if part.heading})
        questions = random.Random(7).sample(headings, min(200, len(headings)))
        show_search(library, questions, Filters(), "everything")
        show_search(library, questions, Filters(kind=("component",)), "components")
        names = [str(page.entity) for page in corpus.pages]
        show_search(library, questions, Filters(component=names[0]), "one component")
        library.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
