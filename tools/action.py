"""What makes a function an action.

    @action(effect=Effect.READS, scope="docs:read")
    async def search_docs(input: SearchDocs, run: Run) -> Found:
        '''Search the docs for passages. ...'''

The docstring is what clients read. An action with an effect has two steps: the decorated function applies,
and a second function, decorated with the first one's `planned_by`, resolves what would be done:

    @action(effect=Effect.WRITES, scope="index:write")
    async def refresh_index(input: RefreshIndex, run: Run) -> Refreshed: ...

    @refresh_index.planned_by
    async def plan(input: RefreshIndex, run: Run) -> Plan: ...

Effect and scope have no defaults, and whatever is missing is told at import.
"""

import hashlib
import inspect
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import SecretBytes, SecretStr

from tools.effect import Annotations, Effect
from tools.example import Example, examples_of, faults
from tools.plan import Outcome, Plan
from tools.run import Run
from tools.schema import portable_schema, undescribed
from tools.shapes import Input, Output, Started
from tools.toolset import Toolset

if TYPE_CHECKING:
    from tools.undoing import Done, Undo

In = TypeVar("In", bound=Input)
Out = TypeVar("Out", bound=Output)
Function = Callable[[In, Run], Awaitable[Out]]
Planner = Callable[[In, Run], Awaitable[Plan]]
Undoer = Callable[["Done", Run], "Undo"]

WHOLE = "run_playbook"
"""The action whose parts are plans of their own: it takes effect step by step, and ends with the last."""
NAME = re.compile(r"^[a-z][a-z0-9_]{0,63}$")
_SCOPE = re.compile(r"^[a-z][a-z0-9-]*:[a-z][a-z0-9-]*$")


@dataclass(frozen=True, slots=True)
class ActionInfo:
    """What a client may know about an action; both schemas are self-contained JSON Schema.

    `output_schema` describes what a call answers: the action's result, or for an action with an effect the
    envelope `{"status", "plan", "digest", "result", "job", ...}` around it.
    """

    name: str
    title: str
    description: str
    effect: Effect
    scope: str
    toolset: Toolset
    version: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    annotations: Annotations


class Action(Generic[In, Out]):
    """A decorated function with what was stated about it."""

    def __init__(
        self,
        function: Function[In, Out],
        *,
        effect: Effect,
        scope: str,
        toolset: Toolset,
        input: type[In],
        output: type[Out],
        own_without_scope: bool = False,
        repeatable: bool = False,
        own_note: bool = False,
        examples: Sequence[str | Example] = (),
    ) -> None:
        self.function = function
        self.effect = effect
        self.scope = scope
        self.toolset = toolset
        self.own_without_scope = own_without_scope
        self.repeatable = repeatable
        self.own_note = own_note
        self.examples = examples_of(examples)
        self.input = input
        self.output = output
        self.name: str = function.__name__
        self.planner: Planner[In] | None = None
        self.undoer: Undoer | None = None

    async def __call__(self, input: In, run: Run) -> Out:
        return await self.function(input, run)

    def planned_by(self, planner: Planner[In]) -> Planner[In]:
        """Decorator for the step that resolves what this action would do, without doing it."""
        if self.effect is Effect.READS:
            raise TypeError(f"{self.name}: a read is not planned; state the effect it has")
        if self.planner is not None:
            raise TypeError(f"{self.name}: has a plan step already")
        hints = inspect.signature(planner, eval_str=True)
        if hints.return_annotation is not Plan or not inspect.iscoroutinefunction(planner):
            raise TypeError(
                f"{self.name}: the plan step is `async def plan(input: {self.input.__name__}, run: Run) -> Plan`"
            )
        self.planner = planner
        return planner

    def undone_by(self, undoer: Undoer) -> Undoer:
        """Decorator for the step that tells how to undo what this action did; see `tools.undoing`."""
        if self.effect is Effect.READS or self.undoer is not None:
            raise TypeError(f"{self.name}: a read is not undone, and one step undoes an action")
        self.undoer = undoer
        return undoer

    @property
    def source(self) -> Path:
        """The file that defines it."""
        return Path(inspect.getfile(self.function))

    @cached_property
    def version(self) -> str:
        """Changes with the code: the first 16 hex digits of the SHA-256 of the defining file."""
        return hashlib.sha256(self.source.read_bytes()).hexdigest()[:16]

    @cached_property
    def secrets(self) -> frozenset[str]:
        """Names of the arguments that are secret by their type."""
        return frozenset(
            name for name, field in self.input.model_fields.items() if _is_secret(field.annotation)
        )

    @cached_property
    def result_schema(self) -> dict[str, Any]:
        """What the action itself answers, without the envelope around an effect."""
        return portable_schema(self.output, mode="serialization")

    @cached_property
    def info(self) -> ActionInfo:
        takes = portable_schema(self.input, mode="validation")
        if self.effect is not Effect.READS:
            takes = with_context(takes)
        description = inspect.cleandoc(self.function.__doc__ or "")
        answered = self.result_schema
        if self.effect is not Effect.READS:
            answered = portable_schema(Outcome[self.output], mode="serialization")  # type: ignore[name-defined]  # a model made at run time
        return ActionInfo(
            name=self.name,
            title=description.partition("\n")[0].rstrip("."),
            description=description,
            effect=self.effect,
            scope=self.scope,
            toolset=self.toolset,
            version=self.version,
            input_schema=takes,
            output_schema=answered,
            annotations=Annotations.of(self.effect),
        )

    def complete(self) -> None:
        """Raise `TypeError` when a part is missing that only shows once the whole file was read."""
        if self.effect is not Effect.READS and self.planner is None:
            raise TypeError(
                f"{self.name} {self.effect.value.replace('_', ' ')} but has no plan step; "
                f"add `@{self.name}.planned_by async def plan(input, run) -> Plan`"
            )
        for schema in (self.info.input_schema, self.result_schema):
            if missing := undescribed(schema):
                raise TypeError(f"{self.name}: these fields have no description: {', '.join(missing)}")
        if wrong := faults(self.examples, self.info.input_schema):
            raise TypeError(f"{self.name}: {'; '.join(wrong)}")


def with_context(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with the handle of a conversation, which the call path takes off (`tools.cautions`)."""
    properties = schema.get("properties", {})
    return {
        **schema,
        "properties": {**properties, **({} if "context" in properties else {"context": _CONTEXT})},
    }


_CONTEXT = {
    "type": "string",
    "maxLength": 64,
    "default": "",
    "description": "Handle of the conversation it comes from: `context` of ask or search_docs.",
}
_MISSING: Any = object()


def action(
    *,
    effect: Effect = _MISSING,
    scope: str = _MISSING,
    toolset: Toolset | None = None,
    own_without_scope: bool = False,
    repeatable: bool = False,
    own_note: bool = False,
    examples: Sequence[str | Example] = (),
) -> Callable[[Function[In, Out]], Action[In, Out]]:
    """Make an action of an async function `(input: <Input>, run: Run) -> <Output>`.

    Effect and scope are required; `scope` is what a principal needs, as `thing:verb`, and says which toolset the
    action belongs to where none is stated. A read that narrows itself to what is the caller's own when they lack
    the scope states `own_without_scope`. `repeatable` states that carrying out one plan again, after a process was
    killed in the middle of it, finds the effect done or completes it (`run.repeated`); a playbook does so. `own_note` states that it keeps
    no more than what the caller thinks of something, so that having read what nobody vouches for asks for no approval.
    `examples` are phrases that ask for it, see `tools.example`. Raises `TypeError` for whatever is missing or does not fit.
    """
    if effect is _MISSING or scope is _MISSING:
        raise TypeError(
            "@action needs both `effect=` (Effect.READS, WRITES, STARTS_JOB or DESTROYS) and `scope=` "
            "(for example 'docs:read'); neither has a default"
        )
    if not isinstance(effect, Effect):
        raise TypeError(f"effect={effect!r} is no Effect; use Effect.READS, WRITES, STARTS_JOB or DESTROYS")
    if not isinstance(scope, str) or not _SCOPE.match(scope):
        raise TypeError(f"scope={scope!r} is no scope; write `thing:verb`, for example 'docs:read'")

    def decorate(function: Function[In, Out]) -> Action[In, Out]:
        input, output = _signature(function)
        made = Action(
            function,
            effect=effect,
            scope=scope,
            toolset=toolset or Toolset.of_scope(scope),
            input=input,
            output=output,
            own_without_scope=own_without_scope,
            repeatable=repeatable,
            own_note=own_note,
            examples=examples,
        )
        _check(made)
        return made

    return decorate


def _signature(function: Function[In, Out]) -> tuple[type[In], type[Out]]:
    name = getattr(function, "__name__", repr(function))
    wanted = f"`async def {name}(input: <an Input>, run: Run) -> <an Output>`"
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"{name}: an action is {wanted}; CPU work goes through `run.in_thread`")
    signature = inspect.signature(function, eval_str=True)
    types = [parameter.annotation for parameter in signature.parameters.values()]
    if list(signature.parameters) != ["input", "run"] or types[1] is not Run:
        raise TypeError(f"{name}: an action is {wanted}, not `{name}{signature}`")
    for found, root in ((types[0], Input), (signature.return_annotation, Output)):
        if not (isinstance(found, type) and issubclass(found, root)):
            raise TypeError(f"{name}: {found!r} is no subclass of tools.shapes.{root.__name__}; use {wanted}")
    return types[0], signature.return_annotation


def _check(made: Action[In, Out]) -> None:
    if not NAME.match(made.name):
        raise TypeError(f"{made.name!r} is no name for an action; use lower case, digits and underscores")
    if not (made.function.__doc__ or "").strip():
        raise TypeError(f"{made.name}: the docstring is missing; it is what clients and models read")
    if made.effect is not Effect.READS and made.own_without_scope:
        raise TypeError(f"{made.name}: only a read may be called without its scope")
    if made.effect is Effect.STARTS_JOB and not issubclass(made.output, Started):
        raise TypeError(f"{made.name}: starts a job, so its output is a subclass of tools.shapes.Started")
    if made.effect is not Effect.READS and made.secrets:
        raise TypeError(
            f"{made.name}: {', '.join(sorted(made.secrets))} would be stored in the plan; "
            "take the name of a secret that the operator configured instead"
        )


def _is_secret(annotation: Any) -> bool:
    parts = getattr(annotation, "__args__", ())
    return annotation in (SecretStr, SecretBytes) or any(_is_secret(part) for part in parts)
