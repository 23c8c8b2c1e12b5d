"""Templates of whole parameters: a value takes the place of an argument, a path segment or a JSON value, never a part.

No text is ever put together that something else takes apart again, so a value has nothing to break out of.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tools.declared.parameters import Parameter, safe_text

Values = Mapping[str, Any]
"""What the caller gave, by parameter; entities resolved, lists as tuples."""

_WHOLE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_OPTION = re.compile(r"(--?[A-Za-z][A-Za-z0-9-]*=)\{([a-z][a-z0-9_]*)\}")
_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+")
_CODE = frozenset({"-c", "-e", "-E", "--eval", "--exec", "--command", "-exec"})
_HOW = "a parameter takes a whole place, as in `{name}`"


@dataclass(frozen=True, slots=True)
class Argument:
    """A constant, or a parameter behind a constant option such as `--shard=`."""

    constant: str = ""
    parameter: str | None = None

    def rendered(self, values: Values) -> Iterator[str]:
        """A list gives one argument for each of its items."""
        if self.parameter is None:
            yield self.constant
            return
        value = values[self.parameter]
        for each in value if isinstance(value, tuple) else (value,):
            yield self.constant + as_text(each)


def argument(text: str) -> Argument:
    """Raises `ValueError` for a template that is no whole parameter."""
    if whole := _WHOLE.fullmatch(text):
        return Argument(parameter=whole[1])
    if option := _OPTION.fullmatch(text):
        return Argument(constant=option[1], parameter=option[2])
    return Argument(constant=_constant(text, how=f"{_HOW} or `--option={{name}}`"))


def arguments(texts: Sequence[str], parameters: Mapping[str, Parameter]) -> tuple[Argument, ...]:
    """Raises `ValueError` for a template that is none, or a value that the program could take for something else."""
    found = tuple(argument(text) for text in texts)
    options = True
    for before, text, each in zip(("", *texts), texts, found, strict=False):
        if text == "--":
            options = False
        if each.parameter is None:
            continue
        if each.parameter not in parameters:
            raise ValueError(f"{text!r}: there is no parameter {each.parameter!r}")
        if before in _CODE or (each.constant and each.constant.rstrip("=") in _CODE):
            raise ValueError(f"{text!r} would be run as code by what stands before it; name a program file")
        if options and not each.constant and parameters[each.parameter].may_be_option:
            raise ValueError(
                f"{text!r} could begin with a dash and be taken for an option; put it after an argument `--`, write "
                f"`--option={text}`, or give it an enum, a pattern whose first character is plain, or minimum 0"
            )
    return found


def rendered(template: Sequence[Argument], values: Values) -> tuple[str, ...]:
    return tuple(text for each in template for text in each.rendered(values))


def named(template: Sequence[Argument]) -> set[str]:
    """The parameters that a template uses."""
    return {each.parameter for each in template if each.parameter is not None}


def path_segments(path: str) -> tuple[Argument, ...]:
    """The segments of a URL's path such as `/v1/indexes/{name}`. Raises `ValueError`."""
    if not path.startswith("/"):
        raise ValueError(f"path {path!r} does not begin with /")
    found = []
    for segment in path[1:].split("/"):
        if whole := _WHOLE.fullmatch(segment):
            found.append(Argument(parameter=whole[1]))
        elif segment in {".", ".."} or (segment and not _SEGMENT.fullmatch(segment)):
            raise ValueError(f"path {path!r}: {segment!r} is no plain segment; {_HOW}")
        else:
            found.append(Argument(constant=segment))
    return tuple(found)


def rendered_path(template: Sequence[Argument], values: Values) -> str:
    """Percent-encoded, so that a value stays one segment. Raises `ValueError` for `.` and an empty value."""
    parts = []
    for each in template:
        if each.parameter is None:
            parts.append(each.constant)
            continue
        text = as_text(values[each.parameter])
        if text in {"", ".", ".."}:
            raise ValueError(f"{each.parameter} = {text!r} cannot be a segment of a path")
        parts.append(quote(text, safe=""))
    return "/" + "/".join(parts)


def check_json(value: Any) -> set[str]:
    """The parameters in a body's template. Raises `ValueError`."""
    if isinstance(value, dict):
        for key in value:
            _constant(key, how="keys are constants")
        return set().union(*(check_json(each) for each in value.values()))
    if isinstance(value, list):
        return set().union(*(check_json(each) for each in value))
    if not isinstance(value, str):
        return set()
    if whole := _WHOLE.fullmatch(value):
        return {whole[1]}
    _constant(value, how=_HOW)
    return set()


def rendered_json(value: Any, values: Values) -> Any:
    """The body: each `{name}` is the parameter's value with its type."""
    if isinstance(value, dict):
        return {key: rendered_json(each, values) for key, each in value.items()}
    if isinstance(value, list):
        return [rendered_json(each, values) for each in value]
    if isinstance(value, str) and (whole := _WHOLE.fullmatch(value)):
        found = values[whole[1]]
        return list(found) if isinstance(found, tuple) else found
    return value


def as_text(value: Any) -> str:
    """A value as an argument: `true`, `12`, `0.5`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _constant(text: str, *, how: str) -> str:
    if "{" in text or "}" in text:
        raise ValueError(f"{text!r} is no template; {how}")
    try:
        return safe_text(text, unicode=True)
    except ValueError as error:
        raise ValueError(f"{text!r} {error}") from error
