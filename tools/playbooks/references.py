"""What an argument of a step may be filled with: `{input: NAME}`, `{item: NAME}`, or `{result: STEP.FIELD}`.

A mapping with exactly one of these keys and a text is a reference, anywhere in an argument; all else stands as it is.
There is no language in it: no text is put together, nothing is computed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

Kind = Literal["input", "item", "result"]
_KINDS = ("input", "item", "result")


@dataclass(frozen=True, slots=True)
class Reference:
    """`name` is an input, or for a result the step with the path of a field behind a dot."""

    kind: Kind
    name: str

    @property
    def step(self) -> str:
        return self.name.partition(".")[0]

    @property
    def path(self) -> tuple[str, ...]:
        """The fields and list positions below the step's result."""
        return tuple(part for part in self.name.partition(".")[2].split(".") if part)


def reference(value: Any) -> Reference | None:
    """The reference that `value` is; None for a plain value."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((kind, name),) = value.items()
        if kind in _KINDS and isinstance(name, str):
            return Reference(cast("Kind", kind), name)
    return None


def references(value: Any) -> Iterator[Reference]:
    """Every reference in `value`, however deep."""
    found = reference(value)
    if found is not None:
        yield found
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from references(each)


def filled(value: Any, fill: Callable[[Reference], Any]) -> Any:
    """`value` with what `fill` gives in place of each reference."""
    found = reference(value)
    if found is not None:
        return fill(found)
    if isinstance(value, Mapping):
        return {name: filled(each, fill) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [filled(each, fill) for each in value]
    return value


def at(value: Any, path: tuple[str, ...]) -> Any:
    """What stands at `path` in a result; None where there is nothing."""
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list | tuple) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
