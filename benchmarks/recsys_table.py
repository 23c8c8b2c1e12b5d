"""All models on all public data sets, with intervals, in one table: `python -m benchmarks.recsys_table`.

Reads the data from --data, $CUEBOOK_TEST_DATA or ../shared/data and writes the section "Recommender models" of
benchmarks/RESULTS.md; what is not there is left out and said. --models measures the rows of some models only and puts
them into the tables that stand there.
"""

import argparse
import datetime
import os
import platform
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from recsys_core.candidates.item2vec import Item2Vec, Item2VecConfig
from recsys_core.data import Dataset
from recsys_core.data.readers import read
from recsys_core.evaluation import Run, configured, evaluate, judged, summarise
from recsys_core.judge import EvaluationProtocol, EvaluationResult, load_protocol, paired_difference, split
from recsys_core.world import Oracle, WorldConfig, generate

RESULTS = Path(__file__).parent / "RESULTS.md"
START, END = "<!-- recsys_table -->", "<!-- /recsys_table -->"
SHOWN = ("recall@5", "ndcg@5", "recall@10", "ndcg@10")


class Row(NamedTuple):
    """One line of a table: a label, a model with its config, a protocol."""

    label: str
    model: str
    protocol: str
    config: Mapping[str, Any] = {}


class Table(NamedTuple):
    """One data set: where it lies, how many seeds, its rows, and published figures to hold them against."""

    title: str
    path: str
    format: str
    seeds: int
    rows: tuple[Row, ...]
    anchor: str = ""


def learned(protocol: str, *, ordered: bool = True) -> tuple[Row, ...]:
    """The stack's models; the sequential one needs to know what came first."""
    return (
        Row("popularity", "popularity", protocol),
        Row("co_listening", "co_listening", protocol),
        Row("content", "content", protocol),
        Row("ann over als, cosine", "ann", protocol, {"model": {"kind": "als"}}),
        Row("item_knn", "item_knn", protocol),
        Row("als", "als", protocol),
        Row("item2vec", "item2vec", protocol),
        *((Row("sequential", "sequential", protocol),) if ordered else ()),
        Row("pipeline (popularity, item_knn, als → linear_ranker)", "pipeline", protocol),
    )


STRICT = (
    " The rows of S3-Rec and TIGER keep the validation item out of training (`loo-full` here), so they learn "
    "from one item less than `loo-refit` allows."
)
AMAZON = (
    Row("popularity, as published", "popularity", "s3rec-table"),
    Row("sequential", "sequential", "loo-full"),
    *learned("loo-refit"),
)
DECAY = Row("popularity, half-life 30 days", "popularity", "loo-refit", {"half_life_days": 30})
FULL = (Row("item_knn", "item_knn", "loo-full"), Row("co_listening", "co_listening", "loo-full"))
TABLES = (
    Table("Amazon Toys and Games", "s3rec/Toys_and_Games.txt", "s3rec", 1, (*AMAZON, *FULL),
          "S3-Rec table: popularity .0066/.0046/.0113/.0061, SASRec with BCE .0463/.0306/.0675/.0374. "
          "SASRec with sampled softmax (eSASRec README) R@10 .0970, N@10 .0580; TIGER .0712/.0432." + STRICT),
    Table("Amazon Sports and Outdoors", "s3rec/Sports_and_Outdoors.txt", "s3rec", 1, (*AMAZON, *FULL),
          "S3-Rec table: popularity .0056/.0041/.0094/.0053, SASRec with BCE .0233/.0154/.0350/.0192. "
          "SASRec with sampled softmax R@10 .0569, N@10 .0314; TIGER .0400/.0225." + STRICT),
    Table("MovieLens 100K", "ml-100k", "ml-100k", 3, (*learned("loo-refit")[:1], DECAY, *learned("loo-refit")[1:])),
    Table("HetRec 2011 Last.fm", "hetrec-lastfm", "hetrec", 3, learned("holdout-random", ordered=False)),
)  # fmt: skip


WORLD = Table("Generated world (default config)", "", "world", 1, learned("loo-refit"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("CUEBOOK_TEST_DATA", "../shared/data")
    parser.add_argument(
        "--data", type=Path, default=Path(default), help="folder with s3rec, ml-100k, hetrec-lastfm"
    )
    parser.add_argument(
        "--only", default="", help="titles that contain this text only; nothing is written then"
    )
    parser.add_argument(
        "--models", default="", help="models by commas: their rows alone, into the tables there are"
    )
    arguments = parser.parse_args()
    if arguments.models:
        add_rows(tuple(arguments.models.split(",")), arguments.only.lower(), arguments.data)
        return
    start = time.process_time()
    parts = [world_table()] if "world" in arguments.only or not arguments.only else []
    for table in TABLES:
        if arguments.only.lower() in table.title.lower():
            parts.append(measured(table, arguments.data))
    text = "\n\n".join([heading(time.process_time() - start), *parts])
    if not arguments.only:
        write(text)


def add_rows(models: tuple[str, ...], only: str, folder: Path) -> None:
    """Measure the rows of `models` and put each into its table, in place of the one of that label and protocol."""
    text = RESULTS.read_text("utf-8")
    start = time.process_time()
    for table in (WORLD, *TABLES):
        wanted = table._replace(rows=tuple(row for row in table.rows if row.model in models))
        path = folder / table.path
        if only not in table.title.lower() or not wanted.rows or (table is not WORLD and not path.exists()):
            continue
        data = generate(WorldConfig()).data if table is WORLD else read(path, table.format)
        for label, result in rows(wanted, data):
            text = with_row(text, table.title, cells(label, result))
    told = f"Rows of {', '.join(models)}: {measured_at(time.process_time() - start)}"
    before, mark, after = text.partition("\n\nFull ranking over")
    RESULTS.write_text(f"{before}\n\n{told}{mark}{after}", encoding="utf-8")


def with_row(text: str, title: str, row: str) -> str:
    """The text with the row in the table under `title`: where its label and protocol stand already, else as the last."""
    lines = text.splitlines(keepends=True)
    begin = next(place for place, line in enumerate(lines) if line.strip() == f"### {title}")
    first = next(place for place in range(begin, len(lines)) if lines[place].startswith("|---"))
    end = next(place for place in range(first, len(lines)) if not lines[place].startswith("|"))
    key = row.split(" | ")[:2]
    same = [place for place in range(first, end) if lines[place].split(" | ")[:2] == key]
    place, stop = (same[0], same[0] + 1) if same else (end, end)
    return "".join([*lines[:place], row + "\n", *lines[stop:]])


def measured_at(seconds: float) -> str:
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return (
        f"`python -m benchmarks.recsys_table`, {datetime.datetime.now(datetime.UTC):%Y-%m-%d}, revision "
        f"{revision.stdout.strip() or 'unknown'}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {seconds:.0f} CPU-s in all, on a shared machine."
    )


def heading(seconds: float) -> str:
    hashes = "".join(
        f"\n- `{name}` {load_protocol(name).hash[:12]}: {load_protocol(name).about}"
        for name in ("loo-full", "loo-refit", "s3rec-table", "holdout-random")
    )
    return (
        "## Recommender models\n\n"
        f"{measured_at(seconds)}\n\n"
        "Full ranking over the whole catalogue; history masked, with the unmasked R@10/N@10 beside; ties against the "
        "model. Brackets: 95 % percentile bootstrap over users, 1,000 resamples. Seconds are CPU seconds over all "
        f"seeds.\n\nProtocols (hash of the content):\n{hashes}"
    )


def world_table() -> str:
    world = generate(WorldConfig())
    protocol = load_protocol("loo-refit")
    oracle = judged(Oracle(world), split(world.data, protocol), protocol)
    results = [("oracle", summarise([oracle], world.data, "oracle", protocol))]
    table = WORLD
    return render(table.title, [*results, *rows(table, world.data)], "")


def measured(table: Table, folder: Path) -> str:
    path = folder / table.path
    if not path.exists():
        return f"### {table.title}\n\nNot measured: no data at `{table.path}`."
    data = read(path, table.format)
    return render(table.title, list(rows(table, data)), table.anchor)


def rows(table: Table, data: Dataset) -> Iterator[tuple[str, EvaluationResult]]:
    for row in table.rows:
        # the honest row stands in the table itself
        protocol = load_protocol(row.protocol).model_copy(update={"beside": None})
        config = configured(row.model, row.config)
        if isinstance(config, Item2VecConfig):
            found = one_training_three_rankings(data, config, protocol, table.seeds)
        else:
            found = {row.label: evaluate(data, config, protocol=protocol, seeds=table.seeds)}
        for label, result in found.items():
            show(table.title, label, result)
            yield label, result


def one_training_three_rankings(
    data: Dataset, config: Item2VecConfig, protocol: EvaluationProtocol, seeds: int
) -> dict[str, EvaluationResult]:
    """item2vec by its next-item odds, by in·out alone and by cosine, from the same vectors."""
    runs: dict[str, list[Run]] = {}
    for seed in range(seeds):
        parts = split(data, protocol, seed=seed)
        start = time.process_time()
        model = Item2Vec.fit(parts.train, config=config, seed=seed)
        seconds = time.process_time() - start
        variants = {
            "item2vec, in·out + prior": model,
            "item2vec, in·out": replace(model, prior=np.zeros_like(model.prior)),
            "item2vec, cosine": replace(model, config=config.model_copy(update={"scoring": "cosine"})),
        }
        for label, variant in variants.items():
            runs.setdefault(label, []).append(judged(variant, parts, protocol, train_seconds=seconds))
    return {label: summarise(found, data, config, protocol) for label, found in runs.items()}


def show(title: str, label: str, result: EvaluationResult) -> None:
    print(title, cells(label, result), flush=True)


def cells(label: str, result: EvaluationResult) -> str:
    masked, unmasked = result.metrics["masked"], result.metrics["unmasked"]
    spans = result.intervals["masked"]
    shown = [f"{masked[name]:.4f}" for name in SHOWN[:2]]
    shown += [f"{masked[name]:.4f} [{spans[name].low:.4f}, {spans[name].high:.4f}]" for name in SHOWN[2:]]
    shown += [f"{unmasked['recall@10']:.4f} / {unmasked['ndcg@10']:.4f}", f"{masked['mrr']:.4f}"]
    shown += [f"{masked['coverage@10']:.1%}", f"{result.ties['masked']['share']:.1%}"]
    shown += [f"{result.seconds['train']:.1f} / {result.seconds['evaluate']:.1f}"]
    return f"| {label} | {result.protocol.name} | " + " | ".join(shown) + " |"


def render(title: str, results: list[tuple[str, EvaluationResult]], anchor: str) -> str:
    first = results[0][1]
    lines = [
        f"### {title}\n",
        f"{first.users:,} users, {first.items:,} items, {first.interactions:,} interactions; "
        f"{results[-1][1].seeds} seed(s); held-out items never seen in training {results[-1][1].unseen:.2%}; "
        f"held-out item decided by the order of the file {first.undecided:.1%}.\n",
        "| model | protocol | R@5 | N@5 | R@10 | N@10 | unmasked R@10 / N@10 | MRR | coverage@10 | tied | train / eval s |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
        *[cells(label, result) for label, result in results],
    ]
    if anchor:
        lines.append(f"\nPublished (R@5/N@5/R@10/N@10 unless said): {anchor}")
    return "\n".join([*lines, f"\n{against_best_source(dict(results))}"])


def against_best_source(results: dict[str, EvaluationResult]) -> str:
    pipeline = results[next(label for label in results if label.startswith("pipeline"))]
    best = max(("popularity", "item_knn", "als"), key=lambda name: results[name].metrics["masked"]["ndcg@10"])
    spans = []
    for name in ("recall@10", "ndcg@10"):
        span = paired_difference(pipeline.values["masked"][name], results[best].values["masked"][name])
        spans.append(f"{name} {span.mean:+.4f} [{span.low:+.4f}, {span.high:+.4f}]")
    return f"Linear ranker against its best source, {best}, paired by user: {'; '.join(spans)}."


def write(text: str) -> None:
    old = RESULTS.read_text("utf-8") if RESULTS.exists() else "# Results\n"
    before, _, rest = old.partition(START)
    _, _, after = rest.partition(END)
    RESULTS.write_text(f"{before.rstrip()}\n\n{START}\n{text}\n{END}\n{after.lstrip()}", encoding="utf-8")


if __name__ == "__main__":
    main()
