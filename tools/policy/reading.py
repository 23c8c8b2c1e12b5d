"""Reads policy files. What is wrong is told with file, rule, field and value, all of it at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tools import strict_yaml
from tools.catalogue import Actions
from tools.effect import Effect
from tools.errors import PolicyInvalid
from tools.policy.rules import PolicyFile, Rule

SHIPPED = "the shipped default"
_MOST = 20  # problems told at once


@dataclass(frozen=True, slots=True)
class Source:
    """A policy as it was read; `name` is its file's path."""

    name: str
    file: PolicyFile


@cache  # it cannot change while a process runs
def shipped() -> Source:
    """The policy of a home that has none of its own."""
    text = resources.files("tools.policy").joinpath("data/default.yaml").read_text(encoding="utf-8")
    return parsed(text, name=SHIPPED)


def read(path: Path) -> Source:
    """Raises `PolicyInvalid`."""
    try:
        if path.stat().st_size > strict_yaml.LARGEST:
            raise PolicyInvalid(f"{path}: it is larger than {strict_yaml.LARGEST:,} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise PolicyInvalid(f"the policy {path} cannot be read: {said}") from error
    return parsed(text, name=str(path))


def parsed(text: str, *, name: str) -> Source:
    """Raises `PolicyInvalid`."""
    try:
        value = strict_yaml.read(text)
    except strict_yaml.NotStrict as error:
        raise PolicyInvalid(f"{name}: {error}") from error
    if not isinstance(value, Mapping):
        raise PolicyInvalid(
            f"{name}: it holds {value!r:.80}, where a mapping with version and rules is expected"
        )
    try:
        file = PolicyFile.model_validate(value)
    except ValidationError as error:
        problems = [_told(dict(problem), value) for problem in error.errors()]
        raise _invalid(name, problems) from error
    return Source(name, file)


def check(source: Source, actions: Actions) -> None:
    """Raises `PolicyInvalid` for rules about actions or arguments that there are not."""
    if problems := [problem for rule in source.file.rules for problem in _misfits(rule, actions)]:
        raise _invalid(source.name, problems)


def _misfits(rule: Rule, actions: Actions) -> Iterator[str]:
    known = {info.name: info for info in actions.list()}
    for name in rule.actions:
        where = f"rule {rule.name!r}, actions: {name!r}"
        if name not in known:
            yield f"{where} is no action; there are {', '.join(sorted(known))}"
            continue
        effect = known[name].effect
        if effect not in rule.effects:
            kinds = ", ".join(each.value for each in rule.effects)
            yield f"{where} {_does(effect)}, and the rule's effects are {kinds}; name that effect too"
        taken = actions.get(name).input.model_fields
        for path in rule.arguments:
            if path.partition(".")[0] not in taken:
                yield (
                    f"rule {rule.name!r}, arguments: {name} takes no {path!r}; it takes "
                    f"{', '.join(taken) or 'none'}"
                )


def _does(effect: Effect) -> str:
    return f"has the effect {effect.value}"


def _invalid(name: str, problems: list[str]) -> PolicyInvalid:
    more = [f"and {len(problems) - _MOST} more"] if len(problems) > _MOST else []
    return PolicyInvalid("\n".join(f"{name}: {problem}" for problem in (*problems[:_MOST], *more)))


def _told(problem: Mapping[str, Any], value: Any) -> str:
    """One problem with its place: pydantic's location, with the rule's name beside its number."""
    loc = [part for part in problem["loc"] if part != "[key]"]
    place = ""
    if len(loc) > 1 and loc[0] in ("rules", "limits") and isinstance(loc[1], int):
        place = f"{loc[0][:-1]} {loc[1] + 1}{_name_of(value, loc[0], loc[1])}"
        loc = loc[2:]
    field = ".".join(str(part) for part in loc)
    where = ", ".join(part for part in (place, field) if part) or "the file"
    text = problem["msg"].removeprefix("Value error, ")
    given = problem.get("input")
    told = problem["type"] == "missing" or isinstance(given, dict) or text.startswith(repr(given)[:80])
    shown = "" if told else f" {repr(given)[:120]}:"
    return f"{where}:{shown} {text[:1].lower()}{text[1:]}"


def _name_of(value: Any, part: str, number: int) -> str:
    try:
        name = value[part][number]["name"]
    except (KeyError, TypeError, IndexError):
        return ""
    return f" {str(name)[:80]!r}"
