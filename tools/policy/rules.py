"""The policy file: rules in order, of which the first that fits decides, and limits, of which all count."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from tools.effect import Effect
from tools.policy.conditions import Condition
from tools.policy.decision import EVERYONE, Approval, Verdict
from tools.policy.names import Line, Who, one_or_many

_BUT_READS = tuple(effect for effect in Effect if effect is not Effect.READS)
ActionName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Scope = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$")]
_ARGUMENT = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_PLAN = re.compile(r"reversible|estimate\.(seconds|cpu_hours|gpu_hours)|details(\.\w+)+", re.ASCII)


def _argument(path: str) -> str:
    if not _ARGUMENT.fullmatch(path):
        raise ValueError(f"{path[:80]!r} is no name of an argument, such as alias or config.kind")
    return path


def _of_plan(path: str) -> str:
    if not _PLAN.fullmatch(path):
        raise ValueError(
            f"{path[:80]!r} is nothing of a plan; there are estimate.cpu_hours, estimate.gpu_hours, "
            "estimate.seconds, reversible and details.NAME"
        )
    return path


ArgumentPath = Annotated[str, AfterValidator(_argument)]
PlanPath = Annotated[str, AfterValidator(_of_plan)]
Names = Annotated[tuple[Who, ...], BeforeValidator(one_or_many), Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Approvals(_Part):
    """Whose approval it takes, how many, and whether the planner's own counts."""

    approvers: Names = (EVERYONE,)
    count: Annotated[int, Field(strict=True, ge=1, le=10)] = 1
    four_eyes: Annotated[bool, Field(strict=True)] = False

    def as_approval(self) -> Approval:
        return Approval(self.approvers, self.count, self.four_eyes)


class Rule(_Part):
    """Who may do which actions with which arguments. What is left out does not narrow the rule.

    Without `effects` it is about everything that has an effect; reads are only meant where they are named.
    """

    name: Line
    who: Names = (EVERYONE,)
    actions: Annotated[tuple[ActionName, ...], BeforeValidator(one_or_many)] = ()
    effects: Annotated[tuple[Effect, ...], BeforeValidator(one_or_many), Field(min_length=1)] = _BUT_READS
    scopes: Annotated[tuple[Scope, ...], BeforeValidator(one_or_many)] = ()
    arguments: dict[ArgumentPath, Condition] = Field(default_factory=dict)
    plan: dict[PlanPath, Condition] = Field(default_factory=dict)
    verdict: Verdict
    approval: Approvals | None = None
    because: Annotated[str, StringConstraints(max_length=300)] = ""

    @model_validator(mode="after")
    def _fits_together(self) -> "Rule":
        if self.approval is not None and self.verdict is not Verdict.ASK:
            raise ValueError(
                f"an approval is asked for, but the verdict is {self.verdict}; write verdict: ask"
            )
        if Effect.READS in self.effects:
            if self.verdict is Verdict.ASK:
                raise ValueError(
                    "a read is not approved; allow or deny it, or leave reads out of the effects"
                )
            if self.plan:
                raise ValueError("a read has no plan; leave `plan` or the effect `reads` out")
        return self

    def concerns(self, action: str, effect: Effect) -> bool:
        return effect in self.effects and (not self.actions or action in self.actions)

    @property
    def demands(self) -> tuple[str, ...]:
        """What it demands of arguments and plan, in words."""
        both = (*self.arguments.items(), *self.plan.items())
        return tuple(f"{path} {condition}" for path, condition in both)


class Limit(_Part):
    """How much of something: of each principal, of each team, or of all in `who` together."""

    name: Line
    who: Names = (EVERYONE,)
    per: Literal["principal", "team", "all"] = "principal"
    calls_a_minute: Annotated[int, Field(strict=True, ge=1, le=100_000)] | None = None
    concurrent_jobs: Annotated[int, Field(strict=True, ge=0)] | None = None
    cpu_hours_a_day: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    gpu_hours_a_day: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _limits_something(self) -> "Limit":
        figures = ("calls_a_minute", "concurrent_jobs", "cpu_hours_a_day", "gpu_hours_a_day")
        if all(getattr(self, figure) is None for figure in figures):
            raise ValueError(f"limits nothing; write one of {', '.join(figures)}")
        return self


class PolicyFile(_Part):
    """`approval` is what a rule asks for that says nothing of its own."""

    version: Literal[1]
    approval: Approvals = Approvals()
    rules: tuple[Rule, ...]
    limits: tuple[Limit, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _has_no_name_twice(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and value.get("rules") == []:
            raise ValueError("there are no rules; write at least one")
        for part in ("rules", "limits"):
            names = [each.get("name") for each in _list(value, part) if isinstance(each, Mapping)]
            if twice := {str(name) for name in names if name is not None and names.count(name) > 1}:
                raise ValueError(f"two {part} have the name {sorted(twice)[0]!r}; a refusal names its rule")
        return value


def _list(value: Any, part: str) -> list[Any]:
    found = value.get(part) if isinstance(value, Mapping) else None
    return found if isinstance(found, list) else []
