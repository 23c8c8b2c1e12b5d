"""What a job may run: the recipes of `recsys_core` by name, checked before anything is launched."""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tools.errors import InvalidArguments, NotFound

Command = Callable[[Path, Path], Sequence[str]]
"""The command of a recipe, from its configuration file and its output folder."""

NAMES = ("train", "evaluate", "embed")


@dataclass(frozen=True, slots=True)
class Resolved:
    """A recipe's configuration with every default filled in, and what it would read: revisions by role."""

    config: Mapping[str, Any]
    inputs: Mapping[str, str]


class Recipes(Protocol):
    """The recipes that are offered."""

    @property
    def commands(self) -> Mapping[str, Command]: ...

    def resolve(self, recipe: str, config: Mapping[str, Any]) -> Resolved:
        """Check a configuration without running it.

        Raises `InvalidArguments` for an unknown key or an unusable value, `NotFound` for data that is not there.
        """


class CoreRecipes:
    """The recipes of `recsys_core`; its models are imported when a configuration is first checked."""

    @property
    def commands(self) -> Mapping[str, Command]:
        return {name: _command(name) for name in NAMES}

    def resolve(self, recipe: str, config: Mapping[str, Any]) -> Resolved:
        from recsys_core.errors import DataMissing, RecsysError
        from recsys_core.recipes import prepare

        with tempfile.TemporaryDirectory(prefix="cuebook-plan-") as folder:
            file = Path(folder) / "config.json"
            file.write_text(json.dumps(config), encoding="utf-8")
            try:
                prepared = prepare(recipe, file)
                inputs = prepared.recipe.inputs(prepared.config, prepared.base)
            except DataMissing as error:
                raise NotFound(str(error)) from error
            except RecsysError as error:
                raise InvalidArguments(f"{recipe} cannot run with this configuration: {error}") from error
        return Resolved(prepared.config.model_dump(mode="json"), inputs)


@dataclass(frozen=True, slots=True)
class FakeRecipes:
    """Takes any configuration but the key `wrong`; every input is of `revision`."""

    names: Sequence[str] = ("train", "evaluate")
    revision: str = "a" * 64

    @property
    def commands(self) -> Mapping[str, Command]:
        return {name: lambda config, out: ("true", str(config), str(out)) for name in self.names}

    def resolve(self, recipe: str, config: Mapping[str, Any]) -> Resolved:
        model = config.get("model")
        if isinstance(model, Mapping) and "wrong" in model:
            raise InvalidArguments(f"{recipe} cannot run with this configuration: wrong is no key of it")
        return Resolved(config, {"data": self.revision})


def _command(recipe: str) -> Command:
    def command(config: Path, out: Path) -> Sequence[str]:
        own = (sys.executable, "-m", "recsys_core", recipe)
        return (*own, "--config", str(config), "--out", str(out), "--progress", "json")

    return command
