"""A plan in words, for whoever decides on it: all of it, nothing shortened, and nothing that a terminal obeys."""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_WIDTH = 12
# Controls, formats (among them those that turn the direction of text), surrogates and line separators.
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def described(answer: Mapping[str, Any]) -> str:
    """What `Outcome` says, a fact a line."""
    return "\n".join(plain(line) for line in _lines(answer))


def plain(text: str) -> str:
    """`text` with every character spelt out that would not be shown as itself."""
    return "".join(
        character
        if unicodedata.category(character) not in _UNSHOWN
        else character.encode("unicode_escape").decode()
        for character in text
    )


def standing(answer: Mapping[str, Any]) -> str:
    """How a plan stands, in half a sentence."""
    asking, status = answer["approval"], answer["status"]
    if status == "waiting":
        missing = asking["missing"]
        return f"waiting for {missing} more approval{'s' if missing > 1 else ''}; it takes {asking['who']}"
    told = {"planned": "may be applied; nothing was done yet", "approved": "approved; nothing was done yet"}
    job = f", job {answer['job']} {answer['job_state']}" if answer["job"] else ""
    reason = f": {answer['reason']}" if answer["reason"] else ""
    return f"{told.get(status, status)}{job}{reason}"


def _lines(answer: Mapping[str, Any]) -> Iterator[str]:
    plan = answer["plan"]
    yield f"{answer['action']}: {plan['summary']}"
    yield ""
    yield from _field("digest", [answer["digest"]])
    yield from _field("status", [standing(answer)])
    yield from _field("so far", _steps(answer["result"] or {}))
    yield from _field("planned by", [answer["principal"]])
    yield from _field("expires", [answer["expires_at"]])
    yield from _field("policy", _policy(answer))
    yield from _field("caution", plan["cautions"])
    yield from _field("arguments", _tree(answer["arguments"]))
    yield from _field("will", (f"{number}. {step}" for number, step in enumerate(plan["steps"], 1)))
    yield from _field("will not", plan["will_not"])
    yield from _field("touches", (_target(target) for target in plan["targets"]))
    yield from _field("cost", _cost(plan["estimate"]))
    yield from _field("undo", ["reversible" if plan["reversible"] else "IRREVERSIBLE"])
    yield from _field("details", _tree(plan["details"]))
    if answer["receipt"]:
        yield from _field("receipt", _receipt(answer["receipt"]))


def _steps(result: Mapping[str, Any]) -> Iterator[str]:
    """How far a playbook has come; nothing for other results."""
    if "playbook" not in result:
        return
    for step in result["steps"]:
        own = f"  {step['digest']}" if step["digest"] else ""
        reason = f": {step['reason']}" if step["reason"] else ""
        yield f"{step['state']:<8} {step['id']}{reason}{own}"


def _policy(answer: Mapping[str, Any]) -> Iterator[str]:
    asking = answer["approval"]
    if asking is None:
        return
    yield f"{asking['verdict']} by the rule {asking['rule']!r}: {asking['reason']}"
    for given in asking["given"]:
        yield f"{given['decision']} by {given['approver']} ({given['means']}) at {given['at']}"


def _receipt(receipt: Mapping[str, Any]) -> Iterator[str]:
    approved = ", approved by " + ", ".join(receipt["approved_by"]) if receipt["approved_by"] else ""
    yield f"done at {receipt['at']} by {receipt['by']}{approved}, under the rule {receipt['rule']!r}"
    yield f"audit {receipt['audit']}"
    yield f"undo: {receipt['undo']}"


def _target(target: Mapping[str, str]) -> str:
    return f"{target['ref']} at {target['revision'] or 'nothing yet'}"


def _cost(estimate: Mapping[str, float]) -> Iterator[str]:
    units = {"seconds": "s", "cpu_hours": "CPU-hours", "gpu_hours": "GPU-hours"}
    if parts := [f"{estimate[name]:g} {unit}" for name, unit in units.items() if estimate[name]]:
        yield f"about {', '.join(parts)}"


def _field(name: str, values: Iterable[str]) -> Iterator[str]:
    for number, value in enumerate(values):
        yield f"  {name if number == 0 else '':<{_WIDTH}}{value}"


def _tree(value: Any, indent: str = "") -> Iterator[str]:
    """JSON, easier to read: a line for each value, texts of several lines as blocks."""
    pairs = value.items() if isinstance(value, Mapping) else (("-", item) for item in value)
    for name, item in pairs:
        head = f"{indent}{name}" if name == "-" else f"{indent}{name}:"
        if isinstance(item, Mapping | list) and item:
            yield head
            yield from _tree(item, f"{indent}  ")
        elif isinstance(item, str) and "\n" in item:
            yield head
            yield from (f"{indent}  | {line}" for line in item.split("\n"))
        else:
            yield f"{head} {item if isinstance(item, str) and item else json.dumps(item)}"
