"""`python -m recsys_core`: evaluate a model, look at the generated world, list protocols."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from recsys_core.config import parse, read_object
from recsys_core.data.readers import formats
from recsys_core.errors import RecsysError
from recsys_core.evaluate import evaluate_model, models
from recsys_core.judge import EvaluationResult, load_protocol, protocols
from recsys_core.world import WorldConfig, generate
from recsys_core.world.report import report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 when it worked, 2 when the input was wrong (the message goes to stderr)."""
    options = _parser().parse_args(arguments)
    try:
        sys.stdout.write(options.run(options) + "\n")
    except RecsysError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m recsys_core", description=__doc__)
    commands = parser.add_subparsers(required=True)
    evaluate = commands.add_parser("evaluate", help="train a model and judge it")
    evaluate.add_argument("--data", type=Path, required=True, help="file or folder, as the format has it")
    evaluate.add_argument("--format", required=True, help=", ".join(formats()))
    evaluate.add_argument("--model", required=True, help=", ".join(models()))
    evaluate.add_argument("--protocol", help=f"{', '.join(protocols())}; by default as the format asks")
    evaluate.add_argument("--seeds", type=int, default=1, help="how often to train, from seed 0")
    evaluate.add_argument("--config", type=Path, help="JSON file with the model's configuration")
    evaluate.add_argument("--json", action="store_true", help="print everything as JSON")
    evaluate.set_defaults(run=_evaluate)
    world = commands.add_parser(
        "world", help="generate a world and print its oracle's and popularity's score"
    )
    world.add_argument("--config", type=Path, help="JSON file with a world's configuration")
    world.add_argument("--models", nargs="*", default=[], help=", ".join(models()))
    world.set_defaults(run=_world)
    listing = commands.add_parser("protocols", help="list the evaluation protocols with their hashes")
    listing.set_defaults(run=_protocols)
    return parser


def _evaluate(options: argparse.Namespace) -> str:
    config = None if options.config is None else read_object(options.config)
    result = evaluate_model(
        options.data,
        options.format,
        options.model,
        protocol=options.protocol,
        seeds=options.seeds,
        config=config,
    )
    return result.to_json() if options.json else table({options.model: result})


def _world(options: argparse.Namespace) -> str:
    values = {} if options.config is None else read_object(options.config)
    world = generate(parse(WorldConfig, values, where="world config"))
    return table(report(world, models=options.models))


def _protocols(options: argparse.Namespace) -> str:  # noqa: ARG001 - every command takes its options
    found = [load_protocol(name) for name in protocols()]
    return json.dumps(
        {protocol.name: {"hash": protocol.hash, "about": protocol.about} for protocol in found}, indent=2
    )


def table(results: dict[str, EvaluationResult]) -> str:
    """Results side by side, masked and unmasked, with intervals."""
    first = next(iter(results.values()))
    lines = [f"{first.data['name']}: {first.tested:,} tested users, {first.items:,} items"]
    for name, result in _with_companions(results):
        lines.append(f"{name}, {result.protocol.name} {result.protocol.hash[:12]}, {result.seeds} seed(s)")
        for view, spans in result.intervals.items():
            figures = "  ".join(
                f"{metric} {spans[metric].mean:.4f} [{spans[metric].low:.4f}, {spans[metric].high:.4f}]"
                for metric in ("recall@5", "ndcg@5", "recall@10", "ndcg@10")
                if metric in spans
            )
            lines.append(f"  {view:9s} {figures}  tied {result.ties[view]['share']:.1%}")
    return "\n".join(lines)


def _with_companions(results: dict[str, EvaluationResult]) -> list[tuple[str, EvaluationResult]]:
    rows: list[tuple[str, EvaluationResult]] = []
    for name, result in results.items():
        rows.append((name, result))
        if result.beside is not None:
            rows.append((name, result.beside))
    return rows


if __name__ == "__main__":
    sys.exit(main())
