"""What a rule demands of one value: an argument of the call, or a figure of its plan."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)
from pydantic_core import SchemaError, SchemaValidator, core_schema

from tools.policy.decision import Asked
from tools.policy.directory import Directory
from tools.policy.names import Owner, listed, one_or_many, plain

_LONGEST = 1_000  # characters that a pattern is tried on


class Undecided(ValueError):
    """A value for which a condition neither holds nor fails; whoever asked is refused, and told why."""


def _no_text(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise ValueError(f"{value!r} is no number")  # noqa: TRY004 - pydantic reports only a ValueError
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is no finite number")
    return value


def _compiles(text: str) -> str:
    for pattern in (plain(text), _whole(text)):  # alone first: `a)|(b` is one only between our parentheses
        try:
            _matcher(pattern)
        except SchemaError as error:
            raise ValueError(
                f"{text!r} is no regular expression that takes the same time for every text, without look-around and "
                f"back references: {str(error).strip().splitlines()[-1]}"
            ) from error
    return text


def _whole(pattern: str) -> str:
    return rf"\A(?:{pattern})\z"


@lru_cache(maxsize=1_024)
def _matcher(pattern: str) -> SchemaValidator:
    """In time that grows by the length of the text: what a client sends must not be able to stall a rule like `(a+)+`.

    Raises `SchemaError`.
    """
    return SchemaValidator(core_schema.str_schema(pattern=pattern))


def _plain_text(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else value


Figure = Annotated[float, BeforeValidator(_no_text), AfterValidator(_finite)]
Scalar = Annotated[StrictBool | StrictInt | StrictFloat | StrictStr, AfterValidator(_plain_text)]


@dataclass(frozen=True)
class Facts:
    """What rules look at; the catalog is asked only when a rule needs it, and once."""

    asked: Asked
    directory: Directory

    @cached_property
    def groups(self) -> frozenset[str]:
        return self.directory.groups(self.asked.principal) | self.asked.principal.groups

    @cached_property
    def plan(self) -> Mapping[str, Any]:
        if self.asked.plan is None:
            raise Undecided("nothing was planned yet, so what it would cost is not known")
        return self.asked.plan.model_dump(mode="json", include={"reversible", "estimate", "details"})

    def is_among(self, names: tuple[str, ...]) -> bool:
        """Whether the principal is one of these, or in one of these groups."""
        return is_among(self.asked.principal.ref, names, groups=lambda: self.groups)


def is_among(ref: str, names: tuple[str, ...], *, groups: Callable[[], frozenset[str]]) -> bool:
    """Whether a principal is named by one of these patterns. Raises `LookAlike`; `groups` is asked when needed."""
    ref = plain(ref).lower()
    own = {"everyone", ref, "services" if ref.startswith("service:") else "users"}
    if not own.isdisjoint(names):
        return True
    wanted = {name for name in names if name.startswith("group:")}
    return bool(wanted) and not wanted.isdisjoint(groups())


class Condition(BaseModel):
    """Everything that is given has to hold. A list holds when each of its members does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    one_of: Annotated[tuple[Scalar, ...], BeforeValidator(one_or_many), Field(min_length=1)] | None = None
    pattern: Annotated[StrictStr, AfterValidator(_compiles)] | None = None
    at_most: Figure | None = None
    at_least: Figure | None = None
    below: Figure | None = None
    above: Figure | None = None
    owned_by: Annotated[tuple[Owner, ...], BeforeValidator(one_or_many), Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _demands_something(self) -> "Condition":
        if not self.model_fields_set:
            raise ValueError(
                f"demands nothing; write one of {', '.join(Condition.model_fields)}, or leave it out"
            )
        return self

    def holds(self, value: Any, facts: Facts) -> bool:
        """Raises `Undecided` for a value of another kind, and for a list of which only a part fits.

        What is not given (None) fits nothing.
        """
        if value is None:
            return False
        if not isinstance(value, list | tuple):
            return all(self._checks(value, facts))
        found = {all(self._checks(each, facts)) for each in value}
        if len(found) > 1:
            raise Undecided(f"only some of {_shown(value)} are {self}; ask for them one at a time")
        return found == {True}

    def _checks(self, value: Any, facts: Facts) -> Any:
        """The outcome of each part, one after the other, so that the first that fails ends it."""
        if self.one_of is not None:
            yield _is_one_of(value, self.one_of)
        if self.pattern is not None:
            yield _matcher(_whole(self.pattern)).isinstance_python(_text(value))
        if self.at_most is not None:
            yield _number(value) <= self.at_most
        if self.at_least is not None:
            yield _number(value) >= self.at_least
        if self.below is not None:
            yield _number(value) < self.below
        if self.above is not None:
            yield _number(value) > self.above
        if self.owned_by is not None:
            yield _is_owned(_text(value), self.owned_by, facts)

    def __str__(self) -> str:
        return " and ".join(
            _said(name, value)
            for name in Condition.model_fields
            if (value := getattr(self, name)) is not None
        )


def _said(part: str, value: Any) -> str:
    if part == "one_of":
        return listed([str(each) for each in value])
    if part == "pattern":
        return f"like {value!r}"
    if part == "owned_by":
        return f"owned by {listed(value)}"
    return f"{part.replace('_', ' ')} {value:g}"


def _is_one_of(value: Any, wanted: tuple[Any, ...]) -> bool:
    alike = [each for each in wanted if _kind(each) is _kind(value)]
    if not alike:
        raise Undecided(f"{_shown(value)} is not the kind of value that {listed([*map(str, wanted)])} are")
    if not isinstance(value, str):
        return value in alike
    value = _text(value)
    if value not in alike and value.lower() in {each.lower() for each in alike}:
        raise Undecided(f"{_shown(value)} differs only in letter case from what the rule names")
    return value in alike


def _is_owned(value: str, owners: tuple[str, ...], facts: Facts) -> bool:
    principal = facts.asked.principal
    try:
        found = facts.directory.owner(value, principal)
    except LookupError as error:
        raise Undecided(str(error.args[0] if error.args else error)) from error
    for wanted in owners:
        if wanted == "self":
            fits = found == principal.ref
        elif wanted == "own_team":
            fits = found == principal.ref or found in facts.groups
        else:
            fits = found == wanted
        if fits:
            return True
    return False


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Undecided(f"{_shown(value)} is no number")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Undecided(f"{_shown(value)} is no text")
    if len(value) > _LONGEST:
        raise Undecided(f"{_shown(value)} is longer than {_LONGEST:,} characters")
    return plain(value)


def _kind(value: Any) -> type:
    if isinstance(value, bool):
        return bool
    return float if isinstance(value, int | float) else type(value)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:120]} …"
