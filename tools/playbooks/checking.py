"""Whether the steps of a playbook fit the actions there are, and each other; asked before anything is planned."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tools.action import WHOLE, Action
from tools.catalogue import Actions
from tools.effect import Effect
from tools.errors import UnknownAction
from tools.playbooks.file import PlaybookFile, Step
from tools.playbooks.references import Reference, references

_LISTED = 12  # fields in a message


def problems(file: PlaybookFile, actions: Actions) -> tuple[str, ...]:
    """What is wrong, each with step and field; empty for a playbook that can be planned."""
    found: list[str] = []
    earlier: dict[str, Step] = {}
    setting = _Setting(file, actions, earlier, frozenset(step.id for step in file.steps))
    for step in file.steps:
        found += [f"step {step.id}: {each}" for each in _of_step(step, setting)]
        earlier[step.id] = step
    used = {ref.name for step in file.steps for ref in _inputs_of(step)}
    if idle := file.inputs.keys() - used:
        found.append(
            f"inputs: {', '.join(sorted(idle))} is used nowhere, so whoever approves would be misled"
        )
    return tuple(found)


def _of_step(step: Step, setting: "_Setting") -> Iterator[str]:
    if step.action == WHOLE:
        yield f"action: {WHOLE} starts a playbook from within a playbook; write its steps out"
        return
    try:
        action = setting.actions.get(step.action)
    except UnknownAction as error:
        yield f"action: {error}"
        return
    if action.effect is Effect.DESTROYS:
        yield f"action: {step.action} destroys, which is decided on by itself and never as a part of something"
    yield from _of_arguments(step, action)
    for place, ref in _all_references(step):
        if told := _of_reference(ref, step, setting):
            yield f"{place}: {told}"
    if step.require is not None:
        path = tuple(step.require.field.split("."))
        if told := missing_field(action.result_schema, path, action.name):
            yield f"require.field {step.require.field!r}: {told}"


def _of_arguments(step: Step, action: Action[Any, Any]) -> Iterator[str]:
    fields = action.input.model_fields
    for name in step.arguments:
        if name not in fields:
            yield f"arguments.{name}: is no field of {action.name}; its fields are {', '.join(fields)}"
    for name, field in fields.items():
        if field.is_required() and name not in step.arguments:
            yield f"arguments.{name}: is required by {action.name} and not given"
    for name in step.bounds:
        if not any(ref.kind == "result" for ref in references(step.arguments.get(name))):
            yield f"bounds.{name}: bounds an argument that no earlier result fills"


def _all_references(step: Step) -> Iterator[tuple[str, Reference]]:
    for name, value in step.arguments.items():
        for ref in references(value):
            yield f"arguments.{name}", ref
    for name, bound in step.bounds.items():
        for ref in references(bound.model_dump(exclude_none=True)):
            yield f"bounds.{name}", ref
    if step.when is not None and step.when.input is not None:
        yield "when", Reference("input", step.when.input)
    elif step.when is not None and step.when.result is not None:
        yield "when", Reference("result", step.when.result)


def _inputs_of(step: Step) -> Iterator[Reference]:
    if step.for_each is not None:
        yield Reference("input", step.for_each)
    yield from (ref for _, ref in _all_references(step) if ref.kind in {"input", "item"})


@dataclass(frozen=True, slots=True)
class _Setting:
    """What a step may refer to: the inputs, the actions, and the steps before it. `ids` are those of all steps."""

    file: PlaybookFile
    actions: Actions
    earlier: Mapping[str, Step]
    ids: frozenset[str]


def _of_reference(ref: Reference, step: Step, setting: _Setting) -> str:
    """What is wrong with a reference; empty when it can be filled."""
    inputs = setting.file.inputs
    if ref.kind == "result":
        return _of_result(ref, step, setting)
    if ref.kind == "item":
        return "" if ref.name == step.for_each else f"{{item: {ref.name}}} needs `for_each: {ref.name}`"
    known = ", ".join(inputs) or "none"
    return "" if ref.name in inputs else f"there is no input {ref.name!r}; the inputs are: {known}"


def _of_result(ref: Reference, step: Step, setting: _Setting) -> str:
    earlier = setting.earlier
    if ref.step == step.id:
        return f"{ref.name}: the step would wait for itself"
    if ref.step not in earlier:
        why = "comes later, so each would wait for the other" if ref.step in setting.ids else "is no step"
        return f"{ref.name}: {ref.step!r} {why}; earlier steps are: {', '.join(earlier) or 'none'}"
    if earlier[ref.step].for_each is not None:
        return f"{ref.name}: {ref.step!r} is done for each item, so it has no one result"
    if not ref.path:
        return f"{ref.name}: name a field of the result, as in {ref.step}.FIELD"
    name = earlier[ref.step].action
    if name not in setting.actions:
        return ""  # told of that step
    return missing_field(setting.actions.get(name).result_schema, ref.path, name)


def missing_field(schema: Mapping[str, Any], path: tuple[str, ...], action: str) -> str:
    """Which part of `path` the output does not have; empty when it may be there."""
    at: list[Mapping[str, Any]] = [schema]
    for number, part in enumerate(path):
        branches = [branch for each in at for branch in _branches(each)]
        found = [below for branch in branches if (below := _below(branch, part)) is not None]
        if not found:
            names = sorted({name for branch in branches for name in branch.get("properties", {})})
            listed = ", ".join(names[:_LISTED]) or "none"
            return f"{action} answers no {'.'.join(path[: number + 1])!r}; there are: {listed}"
        at = found
    return ""


def _branches(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for each in schema.get("anyOf", (schema,)):
        if each.get("type") != "null":
            yield each


def _below(schema: Mapping[str, Any], part: str) -> Mapping[str, Any] | None:
    if part in schema.get("properties", {}):
        below: Mapping[str, Any] = schema["properties"][part]
        return below
    if part.isdecimal() and schema.get("type") == "array":
        items: Mapping[str, Any] = schema.get("items", {})
        return items
    open_end = schema.get("additionalProperties", "properties" not in schema and "type" not in schema)
    if open_end is True:
        return {}
    return open_end if isinstance(open_end, Mapping) else None
