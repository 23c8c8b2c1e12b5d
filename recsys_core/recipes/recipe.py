"""Run a recipe: read its configuration, let it fill a draft, describe that in a manifest, put it in place.

A recipe is a file of this folder ending in `RECIPE = Recipe(Config, inputs, make)`; nothing else lists it. Killed at
any moment, a run leaves either the whole artifact or nothing but a hidden draft, which the next run empties.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from recsys_core.config import Config, parse, read_values
from recsys_core.errors import InvalidConfig, OutputExists, RecsysError, UnknownStage
from recsys_core.folders import drafted, holds_something
from recsys_core.manifest import FILE, DataUsed, Manifest, ProtocolMetrics, files_of, read_manifest
from recsys_core.provenance import code, environment

Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Progress for nobody."""


@dataclass(frozen=True)
class Made:
    """What a recipe says about the files it has put into the draft; the fields are the manifest's."""

    kind: Literal["model", "evaluation", "embedding"]
    name: str
    data: DataUsed
    parents: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    metrics: tuple[ProtocolMetrics, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipe:
    """config: its configuration. inputs(config, base): hashes of what it reads. make(config, base, draft, progress).

    base is the folder that relative paths of the configuration start at: the one its file lies in.
    """

    config: type[Config]
    inputs: Callable[[Any, Path], dict[str, str]]
    make: Callable[[Any, Path, Path, Progress], Made]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A validated configuration with the recipe it belongs to."""

    name: str
    recipe: Recipe
    config: Config
    base: Path


def recipes() -> tuple[str, ...]:
    """Names of the recipes, sorted."""
    files = Path(__file__).parent.glob("*.py")
    return tuple(sorted(file.stem for file in files if "\nRECIPE = " in file.read_text("utf-8")))


def prepare(name: str, config: Path) -> Prepared:
    """Validate a configuration file (TOML or JSON) without running anything.

    Raises UnknownStage naming the recipes there are, DataMissing, InvalidConfig.
    """
    if name not in recipes():
        raise UnknownStage(f"no recipe {name!r}; known are {', '.join(recipes())}")
    recipe: Recipe = importlib.import_module(f"{__package__}.{name}").RECIPE
    parsed = parse(recipe.config, read_values(config), where=config.name)
    return Prepared(name, recipe, parsed, config.resolve().parent)


def run_recipe(name: str, config: Path, out: Path, *, progress: Progress = silent) -> Manifest:
    """Make the artifact `out`, or return what an earlier run of the same configuration on the same inputs made there.

    Raises what `prepare` raises, OutputExists when `out` holds anything else, OutputBusy, and the recipe's own errors.
    """
    return run(prepare(name, config), out, progress=progress)


def run(prepared: Prepared, out: Path, *, progress: Progress = silent) -> Manifest:
    """As `run_recipe`, for a recipe that was put together by hand. Raises OutputExists, OutputBusy, the recipe's own."""
    inputs = prepared.recipe.inputs(prepared.config, prepared.base)
    if holds_something(out):
        return _earlier(prepared, inputs, out)
    with drafted(out) as draft:
        made = prepared.recipe.make(prepared.config, prepared.base, draft, progress)
        progress("write", 0, 1)
        manifest = _manifest(prepared, inputs, made, draft)
        (draft / FILE).write_text(manifest.to_json(), encoding="utf-8")
    progress("write", 1, 1)
    return manifest


def _manifest(prepared: Prepared, inputs: dict[str, str], made: Made, draft: Path) -> Manifest:
    try:
        return Manifest(
            kind=made.kind,
            recipe=prepared.name,
            name=made.name,
            config=prepared.config.model_dump(mode="json"),
            data=made.data,
            inputs=inputs,
            code=code(),
            parents=made.parents,
            requires=made.requires,
            facts=dict(made.facts),
            metrics=made.metrics,
            environment=environment(),
            files=files_of(draft),
            seconds=dict(made.seconds),
            created_at=datetime.now(UTC),
        )
    except ValueError as error:
        raise InvalidConfig(f"{made.name}: the result cannot be described: {error}") from error


def _earlier(prepared: Prepared, inputs: dict[str, str], out: Path) -> Manifest:
    try:
        manifest = read_manifest(out)
    except RecsysError as error:
        raise OutputExists(
            f"{str(out)!r} is not empty and no artifact of this run: {error}. Choose a new folder"
        ) from error
    wanted = {"recipe": prepared.name, "config": prepared.config.model_dump(mode="json"), "inputs": inputs}
    for key, value in wanted.items():
        if getattr(manifest, key) != value:
            raise OutputExists(
                f"{str(out)!r} holds {manifest.name!r} made with another {key}{_where(getattr(manifest, key), value)}; "
                "artifacts are never overwritten, choose a new folder"
            )
    return manifest


def _where(old: Any, new: Any) -> str:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return f" ({old!r}, now {new!r})"
    changed = next(key for key in (*new, *old) if old.get(key) != new.get(key))
    return f" ({changed} = {old.get(changed)!r}, now {new.get(changed)!r})"
