"""Runs cases and judges them by what is left on the disk and in the answers, not by what the server says of itself."""

import asyncio
import re
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from typing import Any

from server.exam.case import Case, Edit, Request, Setting, Step, Token, filled
from server.exam.doors import Doors, Said
from server.exam.observe import audit_trouble, effects_since, leaked, look, undecided
from server.exam.shell import Shell
from server.exam.world import UNSEEN, Template, World, template, world_of

_NO_PLAN = "0" * 64


@dataclass(frozen=True)
class Finding:
    """`unsafe` is what must never happen; otherwise the case did not go as it says it would."""

    unsafe: bool
    text: str


@dataclass(frozen=True)
class Result:
    """What came of one case; `skipped` says why it could not be tried on this machine."""

    case: Case
    findings: tuple[Finding, ...] = ()
    skipped: str = ""
    seconds: float = 0.0

    @property
    def unsafe(self) -> int:
        return sum(finding.unsafe for finding in self.findings)


@dataclass
class _Trial:
    """A case under way: what words stand for now, and everything that was answered."""

    case: Case
    world: World
    doors: Doors
    words: dict[str, Any]
    outputs: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


async def examine(
    cases: Iterable[Case], *, shell: bool = True, told: Callable[[Result], None] = lambda _result: None
) -> tuple[Result, ...]:
    """One after the other. Without `shell` those that need one are skipped.

    Cases of one template share a world as long as nothing but calls and approvals reached it, and nothing was found.
    """
    results: list[Result] = []
    with template() as base:
        kept = Shell() if shell else None
        site = _Site(base, kept)
        try:
            for case in cases:
                result = await _examined(case, await site.of(case))
                if result.findings or not _shares(case):
                    await site.leave()
                told(result)
                results.append(result)
        finally:
            await site.leave()
            if kept is not None:
                kept.close()
    return tuple(results)


def _shares(case: Case) -> bool:
    template = case.template
    arranging = any(step.arranges for step in template.steps)
    return not arranging and (
        template.given == Setting()
        or filled(template.given.model_dump(), case.words) == template.given.model_dump()
    )


class _Site:
    """The world and the doors that the next case gets."""

    def __init__(self, base: Template, shell: Shell | None) -> None:
        self._base, self._shell = base, shell
        self._stack = AsyncExitStack()
        self._template: object = None
        self._open: tuple[World, Doors] | None = None

    async def of(self, case: Case) -> tuple[World, Doors]:
        if self._open is None or self._template is not case.template:
            await self.leave()
            world = self._stack.enter_context(world_of(case, self._base))
            doors = await self._stack.enter_async_context(Doors(world, self._shell).opened())
            self._template, self._open = case.template, (world, doors)
        return self._open

    async def leave(self) -> None:
        self._open = None
        await self._stack.aclose()


async def _examined(case: Case, site: tuple[World, Doors]) -> Result:
    begun, (world, doors) = time.perf_counter(), site
    before = look(world, doors)
    words = {
        **case.words,
        "world": str(world.root),
        "digest": _NO_PLAN,
        "case": str(case.number),
        "token": world.secrets.agent,
    }
    trial = _Trial(case, world, doors, words)
    try:
        if "{canary}" in case.template.model_dump_json():
            trial.words["canary"] = await doors.canary()
        for step in case.template.steps:
            await _taken(trial, step)
    except FileNotFoundError as missing:
        return Result(case, skipped=str(missing))
    except (ValueError, TypeError, sqlite3.Error) as error:
        trial.wrong.append(f"it broke off: {error}")
    trial.outputs += [doors.log.getvalue()[before.logged :], doors.carried]
    findings = _judged(trial, effects_since(before, world, doors))
    return Result(case, findings, seconds=time.perf_counter() - begun)


def _judged(trial: _Trial, effects: tuple[str, ...]) -> tuple[Finding, ...]:
    template, outputs = trial.case.template, "\n".join(trial.outputs)
    expected = [filled(filled(effect, trial.words), trial.words) for effect in template.effects]
    unsafe = [
        f"happened: {effect}" for effect in effects if not any(_fits(effect, each) for each in expected)
    ]
    unsafe += [
        f"happened {n} times: {each}" for each in expected if _once(each) and (n := effects.count(each)) > 1
    ]
    unsafe += undecided(trial.world)
    unsafe += leaked(trial.world, outputs)
    if trial.case.door != "cli" and UNSEEN in outputs:
        unsafe.append("an output has text of an entity that may not be seen")
    unsafe += [
        f"an answer says {found[0]!r}"
        for each in template.never
        if (found := re.search(filled(each, trial.words), outputs))
    ]
    wrong = [*trial.wrong]
    wrong += [
        f"did not happen: {each}" for each in expected if not any(_fits(effect, each) for effect in effects)
    ]
    trouble = audit_trouble(trial.world)
    if bool(trouble) != (template.audit == "damaged"):
        wrong.append(f"the audit: {trouble or 'is intact'}")
    return (*(Finding(True, text) for text in unsafe), *(Finding(False, text) for text in wrong))


def _once(effect: str) -> bool:
    return not effect.endswith("*")


def _fits(effect: str, expected: str) -> bool:
    """Word for word; only a star at the end stands for anything."""
    return effect == expected if _once(expected) else effect.startswith(expected[:-1])


async def _taken(trial: _Trial, step: Step) -> None:
    if step.together is not None:
        await asyncio.gather(*(_taken(trial, each) for each in step.together))
        return
    given = {"digest": "{digest}", **step.model_dump(by_alias=True, exclude_unset=True)}
    # Twice, since a value may itself name a word.
    step = Step.model_validate(filled(filled(given, trial.words), trial.words))
    said = await _done(trial, step)
    trial.outputs.append(said.text)
    if step.says and not re.search(step.says, said.text):
        trial.wrong.append(f"{_name(step)} does not say {step.says!r} but {said.text[-600:]!r}")
    if step.shell is not None and step.keep:
        trial.words[step.keep] = said.text.strip().splitlines()[-1]
    if isinstance(digest := said.value.get("digest"), str) and step.call is not None:
        trial.words["digest"] = digest
        if step.keep:
            trial.words[step.keep] = digest


def _name(step: Step) -> str:
    return next(f"{name} {value}" for name, value in step if value is not None)[:80]


async def _done(trial: _Trial, step: Step) -> Said:
    doors, door = trial.doors, trial.case.door
    if step.call is not None:
        if isinstance(step.arguments, str):
            raise TypeError(f"the arguments of {step.call} are a text: {step.arguments!r}")
        return await doors.call(door, step.call, step.arguments, who=step.who)
    if step.apply is not None:
        return await doors.apply(door, step.apply, who=step.who)
    if step.person is not None:
        return await _decided(trial, step)
    if step.request is not None:
        return await _requested(doors, step.request, who=step.who)
    if step.shell is not None:
        return await _ran(doors, step)
    return await _arranged(trial, step, trial.world)


async def _decided(trial: _Trial, step: Step) -> Said:
    if step.person == "sign in":
        trial.words[step.keep or "cookie"] = await trial.doors.sign_in(step.name)
        return Said("", {})
    return await trial.doors.decide(step.name, step.digest, str(step.person))


async def _requested(doors: Doors, wish: Request, *, who: str) -> Said:
    if isinstance(wish.headers, str):
        raise TypeError(f"the headers are a text: {wish.headers!r}")
    return await doors.request(
        wish.method,
        wish.path,
        value=wish.body,
        raw=wish.raw * int(wish.times),
        headers=wish.headers,
        size=int(wish.bytes),
        who=who,
    )


async def _ran(doors: Doors, step: Step) -> Said:
    command = [step.shell] if isinstance(step.shell, str) else list(step.shell or ())
    if any("{address}" in part for part in command):
        address = await doors.address()
        command = [part.replace("{address}", address) for part in command]
    return await doors.shell(*command, given=step.input, environment=step.environment, typed=step.typed)


async def _arranged(trial: _Trial, step: Step, world: World) -> Said:
    """What changes the world rather than asking for something."""
    if step.clock is not None:
        trial.doors.parts.later += float(step.clock)
    elif step.restart:
        await trial.doors.restart()
    elif isinstance(step.token, Token):
        wanted = step.token.model_copy(update={"digest": filled(step.token.digest, trial.words)})
        trial.words[step.keep or "signed"] = _signed(wanted, world)
    elif step.write is not None:
        path = world.within(step.write.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.write.text, encoding="utf-8")
    elif step.link is not None:
        world.within(step.link.path).symlink_to(step.link.to)
    elif step.edit is not None:
        _edit(step.edit, world)
    return Said("", {})


def _edit(wanted: Edit, world: World) -> None:
    try:
        with closing(sqlite3.connect(world.within(wanted.file))) as connection, connection:
            for statement in wanted.statements:
                connection.execute(statement)
    except sqlite3.IntegrityError:
        if not wanted.refused:
            raise
        return
    if wanted.refused:
        raise ValueError(f"the database took {wanted.statements}")


def _signed(wanted: Token, world: World) -> str:
    """A token as a CI system makes it, or as somebody without its key would."""
    import jwt

    from server.approving.signed_tokens import new_key

    begins = int(time.time()) + int(wanted.begins)
    claims = {
        "aud": wanted.audience,
        "sub": wanted.name,
        "digest": wanted.digest,
        "decision": wanted.decision,
        "iat": begins,
        "exp": begins + int(wanted.lasts),
    }
    if wanted.key == "none":
        return jwt.encode(claims, "", algorithm="none")
    pem = world.secrets.key[0] if wanted.key == "release" else new_key()[0]
    return jwt.encode(claims, pem, algorithm="EdDSA")
