"""One playbook as it is written: keys and types, told by file, step and field where they do not fit."""

import json
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationError, model_validator

from tools import strict_yaml
from tools.declared.parameters import ListOf, Parameter, Strict
from tools.errors import PlaybookInvalid
from tools.playbooks.references import reference
from tools.redaction import is_secret

Scalar = str | int | float | bool | None
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
InputName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Hours = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_SHOWN = 5  # problems of one file


class Test(Strict):
    """Holds for a value when everything that is stated of it does."""

    one_of: Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=50)] | None = None
    none_of: Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=50)] | None = None
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Test":
        if all(getattr(self, name) is None for name in Test.model_fields):
            raise ValueError(f"state at least one of {', '.join(Test.model_fields)}")
        return self

    def holds(self, value: Any) -> bool:
        if self.one_of is not None and not _among(value, self.one_of):
            return False
        if self.none_of is not None and _among(value, self.none_of):
            return False
        if self.at_least is None and self.at_most is None:
            return True
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


class When(Test):
    """The step is done only if this holds of an input, or of an earlier step's result."""

    input: str | None = None
    result: str | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "When":
        if (self.input is None) == (self.result is None):
            raise ValueError("name either an input or a result")
        return self


class Require(Test):
    """The playbook stops unless this holds of a field of the step's own result."""

    field: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.]{1,200}$")]


class Bound(Strict):
    """What an argument that an earlier result fills may come to: approved with the plan, checked when it is filled."""

    version_of: str | dict[str, str] | None = None
    one_of: Annotated[tuple[Scalar | dict[str, str], ...], Field(min_length=1, max_length=50)] | None = None
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Bound":
        if all(getattr(self, name) is None for name in Bound.model_fields):
            raise ValueError(f"state at least one of {', '.join(Bound.model_fields)}")
        for value in (self.version_of, *(self.one_of or ())):
            if isinstance(value, dict) and ((found := reference(value)) is None or found.kind != "input"):
                raise ValueError(f"{value!r}: a bound is a plain value or {{input: NAME}}")
        return self


class Step(Strict):
    """One action. `for_each` names a list among the inputs: the step is done for each of its items."""

    id: Id
    action: Id
    arguments: dict[str, Any] = Field(default_factory=dict)
    bounds: dict[str, Bound] = Field(default_factory=dict)
    when: When | None = None
    require: Require | None = None
    for_each: InputName | None = None
    wait_for_job: bool = True


class Budget(Strict):
    """What all steps together may be estimated at, and take."""

    cpu_hours: Hours = 0.0
    gpu_hours: Hours = 0.0


class PlaybookFile(Strict):
    name: Id
    title: Text
    description: Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
    inputs: Annotated[dict[InputName, Parameter], Field(max_length=20)] = Field(default_factory=dict)
    budget: Budget = Budget()
    will_not: Annotated[tuple[Text, ...], Field(max_length=10)] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=30)]

    @model_validator(mode="after")
    def _consistent(self) -> "PlaybookFile":
        seen: set[str] = set()
        for step in self.steps:
            if step.id in seen:
                raise ValueError(f"steps: the id {step.id!r} stands here twice")
            seen.add(step.id)
            if step.for_each is not None and not isinstance(self.inputs.get(step.for_each), ListOf):
                raise ValueError(f"step {step.id}: for_each {step.for_each!r} is no input of the type list")
        if hidden := [name for name in self.inputs if is_secret(name)]:
            raise ValueError(f"inputs: {', '.join(hidden)} sounds like a secret, which the plan would show")
        return self


@lru_cache(maxsize=256)  # a shelf is made for each caller that opens, mostly of the same texts
def parse(text: str) -> PlaybookFile:
    """The same object for the same text. Raises `PlaybookInvalid` naming step and field of each wrong key."""
    try:
        value = strict_yaml.read(text)
        if not isinstance(value, dict):
            raise PlaybookInvalid(
                f"a mapping with `name`, `steps`, … is expected, not {type(value).__name__}"
            )
        # Through JSON, whose strict reading takes lists for tuples, and nothing else loosely.
        return PlaybookFile.model_validate_json(json.dumps(value, allow_nan=False))
    except ValidationError as error:
        told = (_told(each, value) for each in error.errors()[:_SHOWN])
        raise PlaybookInvalid("; ".join(told)) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise PlaybookInvalid(str(error)) from error


def _told(error: Any, file: dict[str, Any]) -> str:
    """One problem, with the step's id in place of its number."""
    loc, text = list(error["loc"]), error["msg"].removeprefix("Value error, ")
    step = ""
    if loc[:1] == ["steps"] and len(loc) > 1 and isinstance(loc[1], int):
        found = file["steps"][loc[1]]
        step = f"step {found['id'] if isinstance(found, dict) and 'id' in found else loc[1] + 1}: "
        loc = loc[2:]
    if error["type"] == "extra_forbidden":
        text = "is no key that is known here"
    shown = "" if isinstance(error["input"], dict | list) else f" = {error['input']!r:.80}"
    place = ".".join(str(part) for part in loc)
    return f"{step}{place}{shown}: {text}" if place else f"{step}{text}"


def _among(value: Any, values: tuple[Scalar, ...]) -> bool:
    """Equal and of one type, so that true is not 1."""
    return any(value == each and isinstance(value, bool) == isinstance(each, bool) for each in values)
