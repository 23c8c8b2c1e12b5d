"""Turns what a client sent into an action's input, or says field by field why it does not fit."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from math import isfinite
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from tools.action import Action
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
        _no_number(name, value) for name, value in given.items() if _became_a_number(made, name, value)
    ]
    if problems:
        raise InvalidArguments(_message(action, problems), problems=problems)
    return made


def _became_a_number(made: Input, name: str, value: Any) -> bool:
    """Whether true or false was given where a number is wanted: Python takes them for 1 and 0."""
    return isinstance(value, bool) and type(getattr(made, name, value)) in {int, float}


def _no_number(name: str, value: bool) -> Problem:
    return Problem(shortened(name, longest=80), str(value).lower(), "input should be a number")


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
