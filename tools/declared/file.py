"""One file of `actions.d`, checked: keys, types, templates, and that what runs is what the operator allows."""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from tools import strict_yaml
from tools.declared.allowed import Allowed
from tools.declared.command import Command, CommandWork
from tools.declared.job import CommandJobWork, RayJob, RayWork
from tools.declared.parameters import Parameter, Strict, prose
from tools.declared.request import CallWork, HttpCall
from tools.declared.templates import argument
from tools.declared.work import Work
from tools.effect import Effect
from tools.errors import InvalidAction
from tools.example import Example
from tools.plan import Estimate
from tools.redaction import is_secret

_MOST_PARAMETERS = 20
ParameterName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Sentence = Annotated[
    str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\n]*$"), AfterValidator(prose)
]


class Cost(Strict):
    """What it is expected to take."""

    seconds: float = Field(default=0, ge=0, allow_inf_nan=False)
    cpu_hours: float = Field(default=0, ge=0, allow_inf_nan=False)
    gpu_hours: float = Field(default=0, ge=0, allow_inf_nan=False)


class Phrase(Strict):
    """A way to ask for it, and the arguments that it means without naming them."""

    says: Sentence
    means: dict[ParameterName, str | int | float | bool] = Field(default_factory=dict)


class ActionFile(Strict):
    """Exactly one of `command`, `ray` and `http` says what runs."""

    description: Annotated[str, StringConstraints(min_length=1, max_length=2_000), AfterValidator(prose)]
    effect: Effect
    scope: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$", max_length=80)]
    toolset: Literal["ask", "operate", "recsys", "admin"] = "operate"
    parameters: Annotated[dict[ParameterName, Parameter], Field(max_length=_MOST_PARAMETERS)] = Field(
        default_factory=dict
    )
    estimate: Cost | None = None
    will_not: Annotated[tuple[Sentence, ...], Field(max_length=10)] = ()
    examples: Annotated[tuple[Sentence | Phrase, ...], Field(max_length=20)] = ()
    reversible: bool = False
    command: Command | None = None
    ray: RayJob | None = None
    http: HttpCall | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "ActionFile":
        kinds = [name for name in ("command", "ray", "http") if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError(
                f"exactly one of command, ray and http says what runs, not {' and '.join(kinds) or 'none'}"
            )
        if self.effect is not Effect.READS and self.scope.endswith(":read"):
            raise ValueError(
                f"scope {self.scope!r}: what {self.effect.value} needs a scope that readers do not hold"
            )
        if hidden := [name for name in self.parameters if is_secret(name)]:
            raise ValueError(
                f"parameters: {', '.join(hidden)} sounds like a secret, which would be stored in the plan; name a secret "
                "of the operator's instead"
            )
        self._check_effect()
        return self

    def _check_effect(self) -> None:
        jobs = self.effect is Effect.STARTS_JOB
        if self.http is not None and jobs:
            raise ValueError("effect: the job behind an HTTP call cannot be followed; state `writes`")
        if self.http is not None and self.effect is Effect.READS and self.http.method != "GET":
            raise ValueError(f"effect: {self.http.method} may change something; only GET can state `reads`")
        if self.ray is not None and not jobs:
            raise ValueError(f"effect: a Ray job states `starts_job`, not `{self.effect.value}`")
        if jobs and self.estimate is None:
            raise ValueError("estimate: a job needs one, in seconds, cpu_hours and gpu_hours")

    @property
    def phrases(self) -> tuple[Example, ...]:
        return tuple(
            Example(each) if isinstance(each, str) else Example(each.says, each.means)
            for each in self.examples
        )

    @property
    def cost(self) -> Estimate:
        return Estimate(**(self.estimate or Cost()).model_dump())

    def work(self, allowed: Allowed) -> Work:
        """Raises `ValueError` for what the operator does not allow, or a template that is none."""
        if self.http is not None:
            call = CallWork(self.http, self.parameters, allowed)
            self._check_used(set(call.used))
            return call
        if self.ray is not None:
            self._check_used_in(self.ray.entrypoint)
            return RayWork(self.ray, self.parameters, estimate=self.cost)
        assert self.command is not None  # noqa: S101 - one of the three is there
        self._check_used_in(self.command.argv)
        if self.effect is Effect.STARTS_JOB:
            return CommandJobWork(self.command, self.parameters, allowed, estimate=self.cost)
        return CommandWork(self.command, self.parameters, allowed)

    def _check_used_in(self, argv: tuple[str, ...]) -> None:
        self._check_used({found for text in argv if (found := argument(text).parameter) is not None})

    def _check_used(self, used: set[str]) -> None:
        if idle := self.parameters.keys() - used:
            raise ValueError(
                f"parameters: {', '.join(sorted(idle))} is used nowhere, so whoever approves would be misled"
            )


def parse(text: str) -> ActionFile:
    """Raises `InvalidAction` naming each wrong key with its place."""
    try:
        # Through JSON, whose strict reading takes lists for tuples and texts for enumerations, and nothing else loosely.
        return ActionFile.model_validate_json(json.dumps(_mapping(text), allow_nan=False))
    except ValidationError as error:
        raise InvalidAction("; ".join(_told(each) for each in error.errors()[:5])) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidAction(str(error)) from error


def _mapping(text: str) -> dict[str, Any]:
    value = strict_yaml.read(text)
    if not isinstance(value, dict):
        raise ValueError(f"a mapping with `description`, `effect`, … is expected, not {type(value).__name__}")  # noqa: TRY004 - one error for all that is wrong with a file
    return value


def _told(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    text = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        text = "is no key that is known here"
    shown = "" if isinstance(error["input"], dict | list) else f" = {error['input']!r:.80}"
    return f"{place}{shown}: {text}" if place else text
