"""A policy as a table: for each kind of principal and each action, every class of arguments and what is decided.

The classes are the conditions of the rules themselves, in order, so that the table covers every call there can be.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from tools.action import ActionInfo
from tools.catalogue import Actions
from tools.effect import Effect
from tools.policy.decision import EVERYONE, Verdict
from tools.policy.names import SERVICES, USERS
from tools.policy.reading import Source
from tools.policy.rulebook import NO_RULE
from tools.policy.rules import Rule
from tools.principal import LOCAL


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of principal: the patterns that fit it, and the scopes it is known to hold."""

    name: str
    fits: frozenset[str]
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cell:
    """What is decided for one kind of principal, one action and one class of arguments."""

    who: str
    action: str
    when: str
    verdict: str
    rule: str


def matrix(source: Source, actions: Actions, *, local_scopes: Collection[str]) -> tuple[Cell, ...]:
    """All cells. Every principal is taken to hold the action's own scope."""
    rules = source.file.rules
    infos = [
        info for info in actions.list() if info.effect is not Effect.READS or _about_reads(rules, info.name)
    ]
    found: dict[tuple[Cell, ...], list[str]] = {}
    for kind in _kinds(rules, local_scopes):
        cells = tuple(
            cell
            for info in sorted(infos, key=lambda info: info.name)
            for cell in _cells(source, kind, info, set(actions.get(info.name).input.model_fields))
        )
        found.setdefault(cells, []).append(kind.name)
    return tuple(replace(cell, who=" or ".join(names)) for cells, names in found.items() for cell in cells)


def as_text(cells: Sequence[Cell]) -> str:
    """The table with a line for each cell; what a line shares with the one above is left out."""
    titles = Cell("who", "action", "when", "what", "rule")
    rows = [(cell.who, cell.action, cell.when, cell.verdict, cell.rule) for cell in (titles, *cells)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines, before = [], ("", "")
    for row in rows:
        shown = ["" if row[:1] == before[:1] else row[0], "" if row[:2] == before else row[1], *row[2:]]
        lines.append("  ".join(text.ljust(width) for text, width in zip(shown, widths, strict=True)).rstrip())
        before = row[:2]
    return "\n".join(lines) + "\n"


def _kinds(rules: Sequence[Rule], local_scopes: Collection[str]) -> Iterator[Kind]:
    users, services = frozenset({EVERYONE, USERS}), frozenset({EVERYONE, SERVICES})
    yield Kind("whoever sits here", users | {LOCAL}, frozenset(local_scopes))
    yield Kind("any user", users)
    yield Kind("any service", services)
    for name in sorted({name for rule in rules for name in rule.who} - users - services - {LOCAL}):
        base = services if name.startswith("service:") else users
        yield Kind(f"in {name}" if name.startswith("group:") else name, base | {name})


def _cells(source: Source, kind: Kind, info: ActionInfo, takes: set[str]) -> Iterator[Cell]:
    """The cells of one action, without `who`."""
    else_ = ""
    for rule in source.file.rules:
        reachable = {path.partition(".")[0] for path in rule.arguments} <= takes
        if not rule.concerns(info.name, info.effect) or kind.fits.isdisjoint(rule.who) or not reachable:
            continue
        scopes = [f"holding {scope}" for scope in rule.scopes if scope not in kind.scopes]
        demands = [*scopes, *rule.demands]
        when = f"{else_}{', '.join(demands)}" or "always"
        yield Cell("", info.name, when, _said(source, rule), rule.name)
        if not demands:
            return
        else_ = "else "
    verdict, rule_name = (Verdict.ALLOW, "reads") if info.effect is Effect.READS else (Verdict.DENY, NO_RULE)
    yield Cell("", info.name, else_.strip() or "always", verdict.value, rule_name)


def _said(source: Source, rule: Rule) -> str:
    if rule.verdict is not Verdict.ASK:
        return rule.verdict.value
    return f"ask: {(rule.approval or source.file.approval).as_approval()}"


def _about_reads(rules: Sequence[Rule], action: str) -> bool:
    return any(rule.concerns(action, Effect.READS) for rule in rules)
