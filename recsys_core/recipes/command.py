"""The recipes on the command line: `python -m recsys_core RECIPE --config FILE --out DIR [--progress json]`."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from recsys_core.manifest import Manifest
from recsys_core.recipes.recipe import Progress, run_recipe, silent


def add_arguments(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """--config, --out and --progress; `required` is off where a command does other things as well."""
    parser.add_argument("--config", type=Path, required=required, help="TOML or JSON file")
    parser.add_argument("--out", type=Path, required=required, help="new folder for the artifact")
    add_progress(parser)


def add_progress(parser: argparse.ArgumentParser) -> None:
    """--progress, which `progress_of` reads."""
    parser.add_argument(
        "--progress", choices=["none", "json"], default="none", help="json: an event a line on stdout"
    )


def run(name: str, options: argparse.Namespace) -> str:
    """Run the recipe; what is left to print: a line for people, or the last event."""
    manifest = run_recipe(name, options.config, options.out, progress=progress_of(options))
    if options.progress == "json":
        return _line(event="done", path=str(options.out), **_known(manifest))
    return f"{manifest.kind} {manifest.name} {manifest.digest[:12]} in {options.out}"


def _known(manifest: Manifest) -> dict[str, Any]:
    return {
        "kind": manifest.kind,
        "name": manifest.name,
        "digest": manifest.digest,
        "seconds": manifest.seconds,
    }


def progress_of(options: argparse.Namespace) -> Progress:
    """What to tell of progress, as --progress asks."""
    return _print if options.progress == "json" else silent


def _print(stage: str, done: int, total: int) -> None:
    sys.stdout.write(_line(event="progress", stage=stage, done=done, total=total) + "\n")
    sys.stdout.flush()  # a job's log is read while it runs


def _line(**fields: Any) -> str:
    return json.dumps(fields)
