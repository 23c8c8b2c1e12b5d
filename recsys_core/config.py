"""Run configurations: frozen, validated, without unknown keys.

A configuration is data: a stage is named by its kind, never by a dotted path, and nothing is interpolated.
"""

import difflib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from recsys_core.errors import DataMissing, InvalidConfig

Parsed = TypeVar("Parsed", bound=BaseModel)


class Config(BaseModel):
    """What every configuration of this package shares: immutable, strict about keys, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def parse(model: type[Parsed], values: Mapping[str, Any], *, where: str) -> Parsed:
    """Validate `values`; an InvalidConfig names each wrong key with its value and the keys that exist."""
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        faults = _deepest(error.errors())
        told = f"{where}: {'; '.join(_told(fault, model) for fault in faults)}"
        if all(_inner(fault) for fault in faults):  # each names the keys of its own part
            raise InvalidConfig(told) from error
        raise InvalidConfig(f"{told}. Known keys: {', '.join(model.model_fields)}") from error


def _deepest(faults: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without those that only follow from a fault inside them, such as a list that is too short without its bad item."""
    places = [fault["loc"] for fault in faults]
    return [
        fault
        for fault in faults
        if not any(
            len(place) > len(fault["loc"]) and place[: len(fault["loc"])] == fault["loc"] for place in places
        )
    ]


def _told(fault: ErrorDetails, model: type[BaseModel]) -> str:
    place, key = ".".join(map(str, fault["loc"])), str(fault["loc"][-1]) if fault["loc"] else ""
    if inner := _inner(fault):
        return f"{place}: {inner}"
    text = f"{place or 'the whole'} = {fault['input']!r}: "
    if fault["type"] != "extra_forbidden":
        return text + fault["msg"]
    nearest = difflib.get_close_matches(key, _fields_at(model, fault["loc"][:-1]), n=1, cutoff=0.5)
    return f"{text}no such key{f'; the nearest key is {nearest[0]!r}' if nearest else ''}"


def _inner(fault: ErrorDetails) -> InvalidConfig | None:
    """What was wrong with a part that has a configuration of its own, such as a stage."""
    error = fault.get("ctx", {}).get("error")
    return error if isinstance(error, InvalidConfig) else None


def _fields_at(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    for step in place:
        inner = model.model_fields[str(step)].annotation if str(step) in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)


def read_values(path: Path) -> dict[str, Any]:
    """The run configuration in a .toml or .json file, unvalidated. Raises DataMissing or InvalidConfig."""
    if path.suffix != ".toml":
        return read_object(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise DataMissing(f"no file {str(path)!r}; give the path of a TOML or JSON file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidConfig(f"{path.name} is no TOML: {error}") from error


def read_json(path: Path) -> Any:
    """The JSON value in `path`. Raises DataMissing or InvalidConfig, naming the file and the place in it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise DataMissing(f"no file {str(path)!r}; give the path of a JSON file") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidConfig(f"{path.name} is no JSON: {error}") from error


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in `path`. Raises DataMissing or InvalidConfig."""
    value = read_json(path)
    if not isinstance(value, dict):
        raise InvalidConfig(f"{path.name} holds a {type(value).__name__}; a JSON object is expected")
    return value
