"""`python -m recsys_core`: run a recipe, evaluate a model, look at the generated world, list protocols."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import FrameType

from recsys_core.config import parse, read_object, read_values
from recsys_core.data.readers import formats
from recsys_core.errors import InvalidConfig, RecsysError
from recsys_core.evaluation import evaluate_model, models
from recsys_core.judge import load_protocol, protocols
from recsys_core.judge.table import table
from recsys_core.recipes import command, recipes
from recsys_core.world import WorldConfig, generate
from recsys_core.world.experiment import ExperimentConfig
from recsys_core.world.report import report
from recsys_core.world.trial import trial


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it worked, 2 when the input was wrong, 1 when the machine refused; stderr says why."""
    options = _parser().parse_args(arguments)
    try:
        sys.stdout.write(options.run(options) + "\n")
    except RecsysError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:  # no space, no permission, a path through a file
        sys.stderr.write(f"{error.strerror or error}: {error.filename or 'no file is named'}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recsys_core", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name in recipes():
        if name != "evaluate":
            recipe = commands.add_parser(
                name, help=f"run the recipe {name}: a configuration in, an artifact out"
            )
            command.add_arguments(recipe)
            recipe.set_defaults(run=partial(command.run, name))
    _add_evaluate(commands.add_parser("evaluate", help="train a model and judge it, or judge an artifact"))
    world = commands.add_parser(
        "world", help="generate a world and print its oracle's and popularity's score"
    )
    world.add_argument("--config", type=Path, help="JSON file with a world's configuration")
    world.add_argument("--models", nargs="*", default=[], help=", ".join(models()))
    world.set_defaults(run=_world)
    trying = commands.add_parser("trial", help="a simulated A/B test of two models on the generated world")
    trying.add_argument("--control", required=True, help=", ".join(models()))
    trying.add_argument("--treatment", required=True, help="another of them")
    trying.add_argument("--config", type=Path, help="JSON file with a world's configuration")
    trying.add_argument("--seed", type=int, default=0, help="of models, logs and arms")
    trying.add_argument("--json", action="store_true", help="print everything as JSON")
    trying.set_defaults(run=_trial)
    demo = commands.add_parser(
        "demo", help="train, judge and register the demo's models on the generated world"
    )
    demo.add_argument("--home", type=Path, required=True, help="folder for artifacts and the registry")
    command.add_progress(demo)
    demo.set_defaults(run=_demo)
    listing = commands.add_parser("protocols", help="list the evaluation protocols with their hashes")
    listing.set_defaults(run=_protocols)
    return parser


def _add_evaluate(evaluate: argparse.ArgumentParser) -> None:
    """One word, two uses: with --out it is the recipe, without it trains and prints the figures."""
    command.add_arguments(evaluate, required=False)
    evaluate.add_argument("--data", type=Path, help="file or folder, as the format has it")
    evaluate.add_argument("--format", help=", ".join(formats()))
    evaluate.add_argument("--model", help=f"{', '.join(models())}; --config then has its configuration")
    evaluate.add_argument("--protocol", help=f"{', '.join(protocols())}; by default as the format asks")
    evaluate.add_argument("--seeds", type=int, default=1, help="how often to train, from seed 0")
    evaluate.add_argument("--minutes", type=float, help="budget of each training, for models with epochs")
    evaluate.add_argument("--json", action="store_true", help="print everything as JSON")
    evaluate.set_defaults(run=_evaluate)


def _evaluate(options: argparse.Namespace) -> str:
    needed = ("config", "out") if options.out is not None else ("data", "format", "model")
    if missing := [name for name in needed if getattr(options, name) is None]:
        raise InvalidConfig(
            f"evaluate lacks --{missing[0]}; give --data, --format and --model to train and judge, "
            "or --config and --out to judge an artifact"
        )
    if options.out is not None:
        return command.run("evaluate", options)
    config = None if options.config is None else read_values(options.config)
    result = evaluate_model(
        options.data,
        options.format,
        options.model,
        protocol=options.protocol,
        seeds=options.seeds,
        config=config,
        minutes=options.minutes,
    )
    return result.to_json() if options.json else table({options.model: result})


def _world(options: argparse.Namespace) -> str:
    values = {} if options.config is None else read_object(options.config)
    world = generate(parse(WorldConfig, values, where="world config"))
    return table(report(world, models=options.models))


def _trial(options: argparse.Namespace) -> str:
    values = {} if options.config is None else read_object(options.config)
    world = generate(parse(WorldConfig, values, where="world config"))
    config = parse(ExperimentConfig, {"seed": options.seed}, where="trial")
    found = trial(world, options.control, options.treatment, config)
    return found.to_json() if options.json else found.to_text()


def _demo(options: argparse.Namespace) -> str:
    from recsys_core import demo

    lines = []
    for version in demo.build(options.home, progress=command.progress_of(options)):
        marks = "".join(f" @{alias}" for alias in version.aliases)
        quoted = {figure.metric: figure.value for figure in version.metrics}.get("ndcg@10")
        told = f"ndcg@10 {quoted.mean:.4f} [{quoted.low:.4f}, {quoted.high:.4f}]" if quoted else version.kind
        lines.append(f"{version.ref:16s} {told}{marks}")
    return "\n".join(lines)


def _protocols(options: argparse.Namespace) -> str:  # noqa: ARG001 - every command takes its options
    found = [load_protocol(name) for name in protocols()]
    return json.dumps(
        {protocol.name: {"hash": protocol.hash, "about": protocol.about} for protocol in found}, indent=2
    )


def _ended(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the shape of a signal handler
    raise SystemExit(128 + number)  # unwinds, so that drafts go away


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _ended)
    sys.exit(main())
