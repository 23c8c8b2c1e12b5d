"""What the variants of the embedder cost and how far they are from each other: `python -m benchmarks.embedder`.

Texts are the sections of a folder of Markdown (default: docs/ and the demo organisation). Rates are in tokens a
second of wall time and of CPU time, taken in turns in one run, so that a busy machine slows all alike.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ingest.index.embedders import Vectors
from ingest.index.minilm import MiniLM
from ingest.index.minilm_graph import Variant

VARIANTS: tuple[Variant, ...] = ("fp32", "int8")
QUESTION = "How do I rotate the credentials of the feature store in production?"


def texts_of(folders: Sequence[Path], *, limit: int) -> list[str]:
    """Paragraphs of Markdown files, at most `limit`, spread evenly."""
    texts = [
        part.strip()[:1000]
        for folder in folders
        for file in sorted(folder.rglob("*.md"))
        for part in file.read_text(encoding="utf-8", errors="replace").split("\n## ")
        if len(part) > 80
    ]
    return texts[:: max(1, len(texts) // limit)][:limit]


def rate(embedder: MiniLM, texts: Sequence[str], tokens: int) -> tuple[float, float, Vectors]:
    wall, cpu = time.perf_counter(), time.process_time()
    vectors = embedder.embed(texts)
    return tokens / (time.perf_counter() - wall), tokens / (time.process_time() - cpu), vectors


def question_milliseconds(embedder: MiniLM, *, repeats: int = 40) -> list[float]:
    times = []
    for number in range(repeats):
        before = time.perf_counter()
        embedder.embed([f"{QUESTION} {number}"])
        times.append(1000 * (time.perf_counter() - before))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path("docs"), Path("examples/org")])
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    texts = texts_of(options.folders, limit=options.texts)
    with tempfile.TemporaryDirectory() as cache:
        embedders = {variant: MiniLM(cache=Path(cache), variant=variant) for variant in VARIANTS}
        tokens = sum(embedders["fp32"].count_tokens(text) for text in texts)
        print(f"{len(texts)} texts, {tokens} tokens")
        vectors: dict[str, Vectors] = {}
        for embedder in embedders.values():
            embedder.embed(["warm"])
        rates: dict[str, list[tuple[float, float]]] = {variant: [] for variant in VARIANTS}
        for _ in range(options.rounds):
            for variant, embedder in embedders.items():
                wall, cpu, vectors[variant] = rate(embedder, texts, tokens)
                rates[variant].append((wall, cpu))
        for variant, embedder in embedders.items():
            wall, cpu = (statistics.median(column) for column in zip(*rates[variant], strict=True))
            times = sorted(question_milliseconds(embedder))
            cosines = (vectors[variant] * vectors["fp32"]).sum(axis=1)
            print(
                f"{variant}: {wall:.0f} tokens/s, {cpu:.0f} tokens/CPU-s; a question {times[len(times) // 2]:.1f} ms "
                f"(p95 {times[int(0.95 * len(times))]:.1f}); cosine to fp32 mean {np.mean(cosines):.4f} "
                f"least {np.min(cosines):.4f}"
            )


if __name__ == "__main__":
    main()
