"""The plan of a playbook: every step with what is known of it, what bounds the whole, and what the policy says."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tools.applying import resolved
from tools.arguments import validated
from tools.declared.action import values_of
from tools.effect import Effect
from tools.errors import ActionError, InvalidArguments, NotAllowed, Problem
from tools.plan import Estimate, Plan, Target
from tools.playbooks.deciding import step_asked
from tools.playbooks.file import Bound, Step
from tools.playbooks.shelf import Playbook
from tools.playbooks.steps import PlannedStep, bounds_of, expanded
from tools.policy.decision import Decision, Verdict
from tools.run import Run

if TYPE_CHECKING:
    from tools.playbooks.desk import PlaybookDesk

_WILL_NOT = (
    "do anything but these steps, or a step twice",
    "go on after a step that was refused, failed or got lost",
    "undo the steps before that one",
)


async def planned(desk: "PlaybookDesk", name: str, given: Mapping[str, Any], run: Run) -> Plan:
    """Resolve a playbook. Raises `NotFound`, `InvalidArguments`, `NotAllowed`, or what planning a step raises."""
    playbook = desk.shelf.get(name)
    inputs, entities = await run.in_thread(_inputs, playbook, given)
    budget = Estimate(**playbook.file.budget.model_dump())
    steps: list[PlannedStep] = []
    for step in playbook.file.steps:
        for id, arguments in expanded(step, inputs):
            try:
                made = _unplanned(desk, step, id, arguments, inputs)
                steps.append(await _planned_step(desk, made, budget, run))
            except ActionError as error:
                raise _named(error, f"{name} was not planned, its step {id} cannot be: {error}") from error
    _check_budget(playbook, steps)
    return _whole(playbook, inputs, entities, steps)


def _unplanned(
    desk: "PlaybookDesk", step: Step, id: str, arguments: dict[str, Any], inputs: Mapping[str, Any]
) -> PlannedStep:
    action = desk.actions.get(step.action)
    return PlannedStep(
        id=id,
        action=step.action,
        effect=action.effect,
        version=action.version,
        arguments=arguments,
        bounds=bounds_of(step, inputs),
        when=_settled(step, inputs),
        require=step.require,
        wait_for_job=step.wait_for_job,
    )


async def _planned_step(desk: "PlaybookDesk", step: PlannedStep, budget: Estimate, run: Run) -> PlannedStep:
    """The step with its plan, as far as its arguments are known, and with what the policy says."""
    action = desk.actions.get(step.action)
    if action.scope not in run.principal.scopes and not action.own_without_scope:
        raise NotAllowed(f"{run.principal.ref} lacks the scope {action.scope!r}", scope=action.scope)
    if not step.is_open and not _is_off(step):
        input = validated(action, step.arguments)
        plan = None if action.effect is Effect.READS else await resolved(action, input, run)
        step = step.model_copy(update={"arguments": input.model_dump(mode="json"), "plan": plan})
    return step.model_copy(update={"policy": await run.in_thread(_policy, desk, step, budget)})


def _policy(desk: "PlaybookDesk", step: PlannedStep, budget: Estimate, run: Run) -> str:
    """What the policy says of a step, in words. Raises `NotAllowed` where it denies."""
    if step.effect is Effect.READS and not desk.policy.about_reads:
        return "allow: a read takes its scope"
    decision = desk.policy.decide(step_asked(step, run.principal, budget))
    if decision.verdict is Verdict.DENY:
        raise NotAllowed(f"the rule {decision.rule!r} denies it: {decision.reason}")
    return told(decision) + (", by what is known now" if step.is_open else "")


def told(decision: Decision) -> str:
    """A decision in a few words."""
    takes = f", {decision.approval}" if decision.approval else ""
    return f"{decision.verdict.value} by the rule {decision.rule!r}{takes}"


def _inputs(
    playbook: Playbook, given: Mapping[str, Any], run: Run
) -> tuple[dict[str, Any], tuple[Target, ...]]:
    """The inputs with entities looked up. Raises `InvalidArguments`, with a line for each that does not fit."""
    try:
        made = playbook.input.model_validate(dict(given))
    except ValidationError as error:
        found = [_problem(each) for each in error.errors()[:10]]
        lines = "\n".join(
            f"- {each.field} = {each.value}: {each.reason}"
            if each.value
            else f"- {each.field}: {each.reason}"
            for each in found
        )
        known = ", ".join(playbook.file.inputs) or "none"
        told = f"{playbook.name} was not planned, its inputs do not fit:\n{lines}\nIts inputs are: {known}."
        raise InvalidArguments(told, problems=found) from None
    return values_of(playbook.file.inputs, made, run)


def _problem(error: Any) -> Problem:
    field = "inputs." + ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return Problem(field, "", "is required and was not given")
    return Problem(field, repr(error["input"])[:80], error["msg"])


def _settled(step: Step, inputs: Mapping[str, Any]) -> Any:
    """The condition; one about an input holds or not from here on."""
    if step.when is None or step.when.input is None:
        return step.when
    return None if step.when.holds(inputs[step.when.input]) else step.when


def _is_off(step: PlannedStep) -> bool:
    return step.when is not None and step.when.input is not None


def _check_budget(playbook: Playbook, steps: Sequence[PlannedStep]) -> None:
    budget = playbook.file.budget
    for kind in ("cpu_hours", "gpu_hours"):
        known = sum(getattr(step.plan.estimate, kind) for step in steps if step.plan is not None)
        if known > getattr(budget, kind):
            raise NotAllowed(
                f"{playbook.name}: its steps are estimated at {known:g} {kind}, and its budget is "
                f"{getattr(budget, kind):g}; ask for less, or for a playbook with more"
            )


def _whole(
    playbook: Playbook,
    inputs: Mapping[str, Any],
    entities: tuple[Target, ...],
    steps: Sequence[PlannedStep],
) -> Plan:
    file, effects = playbook.file, [step for step in steps if step.effect is not Effect.READS]
    targets = [Target(ref=f"playbook:{playbook.name}", revision=playbook.version), *entities]
    targets += [Target(ref=f"action:{step.action}", revision=step.version) for step in steps]
    targets += [target for step in effects if step.plan for target in step.plan.targets]
    plans = [step.plan for step in effects]
    return Plan(
        summary=f"{file.title}: {len(steps)} steps, {len(effects)} with an effect.",
        steps=tuple(_line(step) for step in steps),
        will_not=(*file.will_not, *_WILL_NOT, _spending(playbook)),
        targets=tuple(dict.fromkeys(targets)),
        estimate=Estimate(**file.budget.model_dump()),
        reversible=all(plan is not None and plan.reversible for plan in plans),
        details={
            "playbook": playbook.name,
            "inputs": {
                name: list(value) if isinstance(value, tuple) else value for name, value in inputs.items()
            },
            "budget": file.budget.model_dump(),
            "entities": [target.ref for target in entities],
            "steps": [step.model_dump(mode="json", exclude_none=True) for step in steps],
        },
    )


def _line(step: PlannedStep) -> str:
    if _is_off(step):
        return f"{step.id}: leave {step.action} out, by the inputs"
    shown = ", ".join(f"{name}={_shown(value)}" for name, value in _given(step))
    does = f": {step.plan.summary}" if step.plan is not None and step.plan.summary else ""
    only = f", only if {step.when.result} {_test(step.when)}" if step.when is not None else ""
    stop = f"; stop unless {step.require.field} {_test(step.require)}" if step.require is not None else ""
    within = "".join(f", {name} only {_bound(bound)}" for name, bound in step.bounds.items())
    wait = ", and wait for its job" if step.effect is Effect.STARTS_JOB and step.wait_for_job else ""
    return f"{step.id}: {step.action} ({step.effect.value}) with {shown}{within}{does}{only}{wait}{stop} [{step.policy}]"


def _given(step: PlannedStep) -> Iterator[tuple[str, Any]]:
    for name, value in step.arguments.items():
        if value not in ("", None, [], {}):
            yield name, value


def _shown(value: Any) -> str:
    if isinstance(value, dict) and value.keys() == {"result"}:
        return f"<{value['result']}>"
    return str(value)


def _test(test: Any) -> str:
    words = {
        "one_of": "is one of",
        "none_of": "is none of",
        "at_least": "is at least",
        "at_most": "is at most",
    }
    stated = ((words[name], getattr(test, name)) for name in words if getattr(test, name) is not None)
    return " and ".join(f"{word} {_values(value)}" for word, value in stated)


def _bound(bound: Bound) -> str:
    stated = [f"a version of {bound.version_of}"] if bound.version_of is not None else []
    stated += [f"one of {_values(bound.one_of)}"] if bound.one_of is not None else []
    stated += [f"at least {bound.at_least:g}"] if bound.at_least is not None else []
    stated += [f"at most {bound.at_most:g}"] if bound.at_most is not None else []
    return " and ".join(stated)


def _values(value: Any) -> str:
    return ", ".join(map(repr, value)) if isinstance(value, tuple) else f"{value:g}"


def _spending(playbook: Playbook) -> str:
    budget = playbook.file.budget
    hours = f"{budget.cpu_hours:g} CPU-hours and {budget.gpu_hours:g} GPU-hours"
    return f"begin a step that leads beyond {hours}, by its estimate and what the steps before it took"


def _named(error: ActionError, text: str) -> ActionError:
    """An error of the same kind with a longer message, so that doors answer as they would for the step."""
    made = type(error).__new__(type(error))
    made.__dict__.update(error.__dict__)
    made.args = (text,)
    return made
