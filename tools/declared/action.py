"""An action made of a file: the same to every caller and door as one that is written in Python."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tools.action import Action, ActionInfo
from tools.canonical import fingerprint
from tools.declared.file import ActionFile
from tools.declared.parameters import EntityOf, ListOf, Parameter, input_model
from tools.declared.work import Work
from tools.effect import Effect
from tools.errors import InvalidArguments
from tools.naming import entity_named
from tools.plan import Plan, Target
from tools.run import Run
from tools.shapes import Input, Output
from tools.toolset import Toolset


class DeclaredAction(Action[Input, Output]):
    """`name` is the file's. `content` is what was read, and decides the version."""

    def __init__(self, name: str, file: ActionFile, work: Work, *, path: Path, content: bytes) -> None:
        """Raises `ValueError` for a parameter that cannot be."""

        async def declared(input: Input, run: Run) -> Output:
            return await self._run(input, run)

        async def plan(input: Input, run: Run) -> Plan:
            return await self._planned(input, run)

        declared.__name__, declared.__doc__ = name, file.description
        self.file = file
        self._work = work
        self._path = path
        self._content = content
        super().__init__(
            declared,
            effect=file.effect,
            scope=file.scope,
            toolset=Toolset(file.toolset),
            input=input_model(name, file.parameters),
            output=work.output,
            examples=file.phrases,
        )
        if file.effect is not Effect.READS:
            self.planned_by(plan)

    @property
    def source(self) -> Path:
        return self._path

    @cached_property
    def version(self) -> str:
        """Changes with the file."""
        return hashlib.sha256(self._content).hexdigest()[:16]

    @cached_property
    def info(self) -> ActionInfo:
        info = super().info
        return replace(info, annotations=replace(info.annotations, open_world=self._work.open_world))

    async def _run(self, input: Input, run: Run) -> Output:
        if self.effect is not Effect.READS:
            return await self._work.do(run.plan.details, run)
        values, _ = await run.in_thread(values_of, self.file.parameters, input)
        resolved = await self._work.resolve(values, run)
        return await self._work.do(resolved.details, run)

    async def _planned(self, input: Input, run: Run) -> Plan:
        values, entities = await run.in_thread(values_of, self.file.parameters, input)
        resolved = await self._work.resolve(values, run)
        return Plan(
            summary=f"{self.info.title}.",
            steps=(resolved.step,),
            will_not=(*self.file.will_not, *resolved.will_not),
            targets=(*entities, *resolved.targets),
            estimate=self.file.cost,
            reversible=self.file.reversible,
            details=dict(resolved.details),
        )


def values_of(
    parameters: Mapping[str, Parameter], input: Input, run: Run
) -> tuple[dict[str, Any], tuple[Target, ...]]:
    """The input's values with entities looked up, and those entities as targets."""
    values: dict[str, Any] = {}
    targets: list[Target] = []
    for name, parameter in parameters.items():
        single = parameter.items if isinstance(parameter, ListOf) else parameter
        value = getattr(input, name)
        if isinstance(single, EntityOf):
            many = value if isinstance(value, tuple) else (value,)
            found = [_entity(name, single, each, run) for each in many]
            targets += [target for _, target in found]
            texts = tuple(text for text, _ in found)
            value = texts if isinstance(parameter, ListOf) else texts[0]
        values[name] = value
    return values, tuple(dict.fromkeys(targets))


def _entity(name: str, parameter: EntityOf, text: str, run: Run) -> tuple[str, Target]:
    entity = entity_named(text, run)
    if parameter.kind is not None and entity.ref.kind != parameter.kind:
        raise InvalidArguments(f"{name} = {text!r} is a {entity.ref.kind}; name a {parameter.kind}")
    facts = [str(entity.owner), str(entity.system), entity.lifecycle, entity.type]
    target = Target(ref=str(entity.ref), revision=fingerprint(facts)[:16])
    return (str(entity.ref) if parameter.form == "ref" else entity.ref.name), target
