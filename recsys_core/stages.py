"""Stage kinds are file names: `candidates/item_knn.py` is the kind `item_knn`, and nothing else lists it.

Each stage file ends in `STAGE = Stage(Config, Class)`. The file is imported when its kind is first asked for, so a
library that only one stage needs is not imported by the others.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from recsys_core.config import Config, parse
from recsys_core.errors import InvalidConfig, UnknownStage


@dataclass(frozen=True, slots=True)
class Stage:
    """What a stage file offers: its configuration and the class or function that does the work.

    watched: its `fit` takes long and takes a `Watch`, and its configuration has `minutes`.
    """

    config: type[Config]
    make: Any
    watched: bool = False


@cache
def kinds(family: str) -> tuple[str, ...]:
    """Kinds in the folder `family` ("candidates", "ranking", "rules"), sorted."""
    folder = Path(__file__).parent / family
    files = (file.stem for file in folder.glob("*.py") if not file.stem.startswith("__"))
    return tuple(sorted(name for name in files if "\nSTAGE = " in (folder / f"{name}.py").read_text("utf-8")))


def stage(family: str, kind: str) -> Stage:
    """The stage of this kind. Raises UnknownStage naming the kinds that exist."""
    if kind not in kinds(family):
        raise UnknownStage(f"no kind {kind!r} in {family}; known are {', '.join(kinds(family))}")
    found: Stage = importlib.import_module(f"{__package__}.{family}.{kind}").STAGE
    return found


def configure(family: str, values: Mapping[str, Any], *, where: str) -> Config:
    """The configuration of the stage that `values["kind"]` names. Raises InvalidConfig, UnknownStage."""
    kind = values.get("kind")
    if not isinstance(kind, str):
        raise InvalidConfig(f"{where}: kind = {kind!r}; give one of {', '.join(kinds(family))}")
    return parse(stage(family, kind).config, values, where=f"{where} ({kind})")
