"""A step with the inputs filled in: what is approved, stored in the plan, and read back when it is done."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from tools.effect import Effect
from tools.errors import InvalidArguments
from tools.plan import Plan
from tools.playbooks.file import Bound, Require, Step, When
from tools.playbooks.references import Reference, at, filled, references
from tools.shapes import Output

_LONGEST_ITEM = 80


class PlannedStep(Output):
    """`arguments` holds `{"result": "STEP.FIELD"}` where an earlier result fills in; `plan` is there where none does."""

    id: str = Field(description="The step; one of a list has its item in brackets.")
    action: str = Field(description="Its action.")
    effect: Effect = Field(description="The action's effect.")
    version: str = Field(description="The action's version.")
    arguments: dict[str, Any] = Field(description="Its arguments, or which earlier result fills them.")
    bounds: dict[str, Bound] = Field(default={}, description="What filled arguments may come to.")
    when: When | None = Field(default=None, description="Done only if this holds.")
    require: Require | None = Field(default=None, description="Stops the playbook unless this holds.")
    wait_for_job: bool = Field(default=True, description="Whether the next step waits for its job.")
    policy: str = Field(default="", description="What the policy says of it.")
    plan: Plan | None = Field(default=None, description="What it would do, as far as it can be told now.")

    @property
    def is_open(self) -> bool:
        """Whether some argument is only known when an earlier step is done."""
        return any(ref.kind == "result" for ref in references(self.arguments))

    @property
    def known(self) -> dict[str, Any]:
        """The arguments that are known when it is approved."""
        return {
            name: value
            for name, value in self.arguments.items()
            if not any(ref.kind == "result" for ref in references(value))
        }


def expanded(step: Step, inputs: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and arguments of the step, or of one for each item. Raises `InvalidArguments` for an item that stands twice."""
    if step.for_each is None:
        yield step.id, _filled(step.arguments, inputs, None)
        return
    items = list(inputs[step.for_each])
    for item in items:
        if items.count(item) > 1:
            raise InvalidArguments(f"{step.for_each}: {item!r} stands there twice; name each once")
        yield f"{step.id}[{str(item)[:_LONGEST_ITEM]}]", _filled(step.arguments, inputs, item)


def bounds_of(step: Step, inputs: Mapping[str, Any]) -> dict[str, Bound]:
    """The bounds with inputs filled in."""
    made = {}
    for name, bound in step.bounds.items():
        stated = bound.model_dump(exclude_none=True)
        values = filled(stated, lambda ref: inputs[ref.name])
        if "one_of" in values:
            values["one_of"] = tuple(values["one_of"])
        made[name] = Bound(**values)
    return made


def missed(bound: Bound, value: Any) -> str:
    """How `value` leaves the bound; empty when it is within."""
    if bound.version_of is not None:
        name, _, version = str(value).rpartition(":")
        if name != bound.version_of or not version.isdecimal():
            return f"is no version of {bound.version_of}"
    if bound.one_of is not None and value not in bound.one_of:
        return f"is not one of {', '.join(map(str, bound.one_of))}"
    if bound.at_least is None and bound.at_most is None:
        return ""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "is no number"
    if bound.at_least is not None and value < bound.at_least:
        return f"is below {bound.at_least:g}"
    return f"is above {bound.at_most:g}" if bound.at_most is not None and value > bound.at_most else ""


def with_results(arguments: Mapping[str, Any], results: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with the results of earlier steps; `results` is by step."""

    def fill(ref: Reference) -> Any:
        return at(results[ref.step], ref.path)

    return {name: filled(value, fill) for name, value in arguments.items()}


def _filled(arguments: Mapping[str, Any], inputs: Mapping[str, Any], item: Any) -> dict[str, Any]:
    def fill(ref: Reference) -> Any:
        if ref.kind == "result":
            return {"result": ref.name}
        value = item if ref.kind == "item" else inputs[ref.name]
        return list(value) if isinstance(value, tuple) else value

    return {name: filled(value, fill) for name, value in arguments.items()}
