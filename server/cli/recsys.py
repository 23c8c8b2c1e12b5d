"""`cuebook recsys`: judge the recommender core's models on data of your own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli.session import Home, settings_of

if TYPE_CHECKING:
    from recsys_core.judge import EvaluationResult

app = typer.Typer(no_args_is_help=True, help="Train and judge recommender models, and list the protocols.")

Config = Annotated[
    Path | None,
    typer.Option(help="The model's own configuration, a TOML or JSON file; unknown keys are refused."),
]


@app.command("evaluate")
def evaluate(
    data: Annotated[Path, typer.Option(help="The data: a file or folder, as its format has it.")],
    format_: Annotated[str, typer.Option("--format", help="s3rec, ml-100k, hetrec or world.")],
    model: Annotated[
        str | None,
        typer.Option(
            help="What to train: popularity, item_knn, item2vec, als, co_listening, content, ann, sequential or pipeline."
        ),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(help="Instead of a model: ranked lists of one trained elsewhere, JSONL or Parquet."),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="One of `cuebook recsys protocols`; by default loo-full, for hetrec holdout-random."
        ),
    ] = None,
    seeds: Annotated[
        int,
        typer.Option(
            min=1, help="How often to split, train and judge, from seed 0; figures are their means."
        ),
    ] = 1,
    minutes: Annotated[
        float | None,
        typer.Option(help="Wall-clock budget of each training, for models trained in epochs: sequential."),
    ] = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
) -> None:
    """Train a model, or take ranked lists, and print metrics, masked and unmasked, with intervals."""
    if (model is None) == (predictions is None):
        raise typer.BadParameter("give either --model to train one or --predictions to judge ranked lists")
    if predictions is not None and (seeds != 1 or config is not None or minutes is not None):
        raise typer.BadParameter(
            "--seeds, --minutes and --config belong to --model; lists are judged as they are"
        )
    with _faults_named():
        from recsys_core.judge.table import table

        if predictions is not None:
            from recsys_core.judging_lists import evaluate_predictions

            result = evaluate_predictions(data, format_, predictions, protocol=protocol)
        else:
            result = _trained(
                data, format_, str(model), protocol, seeds=seeds, minutes=minutes, config=config
            )
        name = model if predictions is None else predictions.name
        print(result.to_json() if as_json else table({str(name): result}))


def _trained(
    data: Path,
    format_: str,
    model: str,
    protocol: str | None,
    *,
    seeds: int,
    minutes: float | None,
    config: Path | None,
) -> "EvaluationResult":
    from recsys_core.config import read_values
    from recsys_core.evaluation import evaluate_model
    from server.cli.progress import Progress

    values = None if config is None else read_values(config)
    with Progress() as progress:
        return evaluate_model(
            data,
            format_,
            model,
            protocol=protocol,
            seeds=seeds,
            config=values,
            minutes=minutes,
            progress=progress,
        )


@app.command("trial")
def trial(
    control: Annotated[
        str,
        typer.Option(help="What is shown now: popularity, item_knn, item2vec, als, sequential or pipeline."),
    ],
    treatment: Annotated[str, typer.Option(help="What is tried: another of them.")],
    world: Annotated[
        Path | None, typer.Option(help="The generated world's configuration, a JSON file.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of models, logs and arms.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")] = False,
) -> None:
    """Try a model against another on a generated world: the truth, an A/B test, and what a log alone would say."""
    with _faults_named():
        from recsys_core.config import parse, read_object
        from recsys_core.world import WorldConfig, generate
        from recsys_core.world.experiment import ExperimentConfig
        from recsys_core.world.trial import trial as tried

        values = {} if world is None else read_object(world)
        drawn = generate(parse(WorldConfig, values, where="world config"))
        found = tried(drawn, control, treatment, ExperimentConfig(seed=seed))
        print(found.to_json() if as_json else found.to_text())


@app.command("embed-texts")
def embed_texts(
    data: Annotated[Path, typer.Option(help="The data: a file or folder, as its format has it.")],
    format_: Annotated[str, typer.Option("--format", help="s3rec, ml-100k, hetrec or world.")],
    out: Annotated[
        Path, typer.Option(help="New folder for the vectors; the model ann reads it as its space.")
    ],
    name: Annotated[str | None, typer.Option(help="Name of the artifact; by default the folder's.")] = None,
    home: Home = None,
) -> None:
    """Make vectors of items from their titles, creators and attributes, with the assistant's own embedder."""
    with _faults_named():
        from recsys_core.recipes.inputs import DataConfig
        from recsys_core.text_space import embed_texts as embedded
        from server.cli.progress import Progress
        from server.parts import make_embedder

        with Progress() as progress:
            place = DataConfig(path=str(data.resolve()), format=format_)
            made = embedded(
                place, make_embedder(settings_of(home)), out, name=name or out.name, progress=progress
            )
        print(f"{made.kind} {made.name} {made.digest[:12]} in {out}")


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
