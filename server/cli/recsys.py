"""`cuebook recsys`: judge the recommender core's models on data of your own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Train and judge recommender models, and list the protocols.")

Config = Annotated[Path | None, typer.Option(help="A JSON file with the model's configuration.")]


@app.command("evaluate")
def evaluate(
    data: Annotated[Path, typer.Option(help="The data: a file or folder, as its format has it.")],
    format_: Annotated[str, typer.Option("--format", help="s3rec, ml-100k, hetrec or world.")],
    model: Annotated[str, typer.Option(help="popularity, item_knn, item2vec, als or pipeline.")],
    protocol: Annotated[str | None, typer.Option(help="By default as the format asks.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How often to train, from seed 0.")] = 1,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
) -> None:
    """Train a model on public or own data and print its metrics, masked and unmasked, with intervals."""
    with _faults_named():
        from recsys_core.config import read_object
        from recsys_core.evaluation import evaluate_model
        from recsys_core.judge.table import table

        result = evaluate_model(
            data,
            format_,
            model,
            protocol=protocol,
            seeds=seeds,
            config=None if config is None else read_object(config),
        )
        print(result.to_json() if as_json else table({model: result}))


@app.command("protocols")
def protocols() -> None:
    """List the evaluation protocols with their hashes."""
    from recsys_core.judge import load_protocol
    from recsys_core.judge import protocols as names

    found = [load_protocol(name) for name in names()]
    print(json.dumps({each.name: {"hash": each.hash, "about": each.about} for each in found}, indent=2))


@contextmanager
def _faults_named() -> Iterator[None]:
    """What the core finds wrong with data, configuration or names is a usage error."""
    from recsys_core.errors import RecsysError

    try:
        yield
    except RecsysError as error:
        raise typer.BadParameter(str(error)) from error
