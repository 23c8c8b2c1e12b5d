"""Run configurations: frozen, validated, without unknown keys.

A configuration is data: a stage is named by its kind, never by a dotted path, and nothing is interpolated.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

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
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'the whole'} = {fault['input']!r}: {fault['msg']}"
            for fault in error.errors()
        )
        known = ", ".join(model.model_fields)
        raise InvalidConfig(f"{where}: {faults}. Known keys: {known}") from error


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
