"""Turns what a client sent into an action's input, or says field by field why it does not fit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tools.action import Action
from tools.canonical import canonical
from tools.errors import InvalidArguments, Problem
from tools.redaction import HIDDEN, is_secret, redacted, shortened
from tools.shapes import Input

_MOST_PROBLEMS = 10


def validated(action: Action[Any, Any], arguments: Any) -> Input:
    """The action's input. A null for an optional field counts as left out, as many clients send it.

    Raises `InvalidArguments` with one problem a field.
    """
    if not isinstance(arguments, Mapping):
        raise InvalidArguments(
            f"{action.name} takes a JSON object of arguments, not {shortened(repr(redacted(arguments)), longest=80)}; "
            f"its fields are: {_fields(action)}"
        )
    fields = action.input.model_fields
    given = {
        str(name): value
        for name, value in arguments.items()
        if value is not None or name not in fields or fields[name].is_required()
    }
    try:
        made: Input = action.input.model_validate(given)
    except ValidationError as error:
        problems = [_problem(action, found) for found in error.errors()[:_MOST_PROBLEMS]]
        raise InvalidArguments(_message(action, problems), problems=problems) from None
    problems = [_equivocal(name) for name, value in given.items() if not _is_plain(value)]
    problems += [
        problem
        for name, value in given.items()
        if name in fields
        for problem in _converted((name,), value, getattr(made, name))
    ]
    if problems:
        raise InvalidArguments(
            _message(action, problems[:_MOST_PROBLEMS]), problems=problems[:_MOST_PROBLEMS]
        )
    return made


def _converted(path: tuple[str, ...], given: Any, taken: Any) -> Iterator[Problem]:
    """Values within that were taken for something else than they were sent as.

    Pydantic takes "5", 5.0 and true for 5. Here a text is a text: who reads it from a command line or a query string
    converts it first, so that what a digest stands for was sent by everybody in the same way.
    """
    if isinstance(taken, BaseModel) and isinstance(given, Mapping):
        for name in given.keys() & type(taken).model_fields.keys():
            yield from _converted((*path, name), given[name], getattr(taken, name))
    elif isinstance(taken, Mapping) and isinstance(given, Mapping):
        for name in given.keys() & taken.keys():
            yield from _converted((*path, str(name)), given[name], taken[name])
    elif isinstance(taken, list | tuple) and isinstance(given, list | tuple):
        for number, (sent, item) in enumerate(zip(given, taken, strict=False)):
            yield from _converted((*path, str(number)), sent, item)
    elif (wanted := _WANTED.get(type(taken))) and type(given) not in wanted.sent:
        yield Problem(
            shortened(".".join(path), longest=80), shortened(canonical(given), longest=80), wanted.reason
        )


@dataclass(frozen=True, slots=True)
class _Kind:
    sent: frozenset[type]
    reason: str


_WANTED: Mapping[type, _Kind] = {
    bool: _Kind(frozenset({bool}), "input should be true or false, not a text or a number"),
    int: _Kind(frozenset({int}), "input should be a whole number without quotes or decimal point"),
    float: _Kind(frozenset({int, float}), "input should be a number without quotes"),
}


def _is_plain(value: Any) -> bool:
    """Whether all within stays as it was sent, so that a digest stands for it and nothing else.

    What is no number would become null, and of two names that are one without their spaces only one would be kept.
    """
    if isinstance(value, Mapping):
        names = {str(name).strip() for name in value}
        return len(names) == len(value) and all(
            _is_plain(name) and _is_plain(item) for name, item in value.items()
        )
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
    return not isinstance(value, float) or isfinite(value)


def _equivocal(name: str) -> Problem:
    reason = (
        "holds a number that is none, half of a character, or names that differ only in spaces around them"
    )
    return Problem(shortened(name, longest=80), "", reason)


def _problem(action: Action[Any, Any], error: ErrorDetails) -> Problem:
    path = [str(part) for part in error["loc"]]
    hidden = any(is_secret(part, secrets=action.secrets) for part in path)
    if error["type"] == "missing":
        return Problem(".".join(path), "", "is required and was not given")
    reason = error["msg"][:1].lower() + error["msg"][1:]
    if error["type"] == "extra_forbidden":
        near = get_close_matches(path[-1], action.input.model_fields, n=1, cutoff=0.5)
        reason = f"is not a field of {action.name}" + (f"; did you mean {near[0]!r}?" if near else "")
    value = (
        HIDDEN if hidden else shortened(repr(redacted(error["input"], secrets=action.secrets)), longest=80)
    )
    return Problem(shortened(".".join(path), longest=80), value, reason)


def _message(action: Action[Any, Any], problems: Sequence[Problem]) -> str:
    lines = [
        f"- {found.field or 'arguments'}{f' = {found.value}' if found.value else ''}: {found.reason}"
        for found in problems
    ]
    return "\n".join(
        (
            f"{action.name} was not called, its arguments do not fit:",
            *lines,
            f"Its fields are: {_fields(action)}.",
        )
    )


def _fields(action: Action[Any, Any]) -> str:
    return ", ".join(
        f"{name} (required)" if field.is_required() else name
        for name, field in action.input.model_fields.items()
    )
