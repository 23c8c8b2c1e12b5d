"""What a language model reads of a result: without the fields of a `Sparse` model that have their default.

Clients differ in whether they give their model the text of a result or its structured part, so both are sparse, and
the schema says which fields may be missing.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from tools.shapes import Sparse


def sparse(value: Any, model: Any) -> Any:
    """`value`, a dump of `model` (a model or a type around one), as it is told, without what may be missing."""
    if isinstance(value, list):
        return [sparse(each, model) for each in value]
    shape = _model_in(model)
    if not isinstance(value, dict) or shape is None or not _has_sparse(shape):
        return value
    left_out = _defaults(shape)
    value = shape.told(value) if issubclass(shape, Sparse) else value
    return {
        name: sparse(each, shape.model_fields[name].annotation) if name in shape.model_fields else each
        for name, each in value.items()
        if name not in left_out or each != left_out[name]
    }


def sparse_schema(schema: Mapping[str, Any], model: Any) -> dict[str, Any]:
    """The schema of a dump of `model` that `sparse` went through."""
    found = dict(schema)
    if "items" in found:
        found["items"] = sparse_schema(found["items"], model)
    if "anyOf" in found:
        found["anyOf"] = [sparse_schema(branch, model) for branch in found["anyOf"]]
    shape = _model_in(model)
    if shape is None or "properties" not in found:
        return found
    found["properties"] = {
        name: sparse_schema(sub, shape.model_fields[name].annotation) if name in shape.model_fields else sub
        for name, sub in found["properties"].items()
    }
    if "required" in found:
        found["required"] = [name for name in found["required"] if name not in _defaults(shape)]
    return found


@cache
def _has_sparse(shape: type[BaseModel]) -> bool:
    """Whether it, or a part of it, is sparse; what is not need not be looked through at each call."""
    parts = (_model_in(field.annotation) for field in shape.model_fields.values())
    return issubclass(shape, Sparse) or any(
        part is not None and part is not shape and _has_sparse(part) for part in parts
    )


@cache
def _defaults(shape: type[BaseModel]) -> dict[str, Any]:
    if not issubclass(shape, Sparse):
        return {}
    return {
        name: to_jsonable_python(field.get_default(call_default_factory=False))
        for name, field in shape.model_fields.items()
        if not field.is_required()
    }


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model of `Model`, `Model | None` or `tuple[Model, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)
