"""The part of a move that figures decide: candidate against incumbent, under one protocol."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.errors import GateRefused, InvalidArguments, NotComparable
from tools.models.gate import Objection
from tools.models.moves import Move
from tools.run import Run

if TYPE_CHECKING:
    from recsys_core.registry import Comparison, ModelVersion


@dataclass(frozen=True, slots=True)
class Weighed:
    """What figures say of moves: details for the plan, and what they have against it.

    `difference` and `difference_low` of the details are the lowest of all moves; none without incumbents.
    """

    details: Mapping[str, Any]
    objections: tuple[Objection, ...]


def weighed(moves: Sequence[Move], run: Run, *, protocol: str) -> Weighed:
    """Every move, whatever is said of the others. Raises `InvalidArguments` where several protocols judged one."""
    found: list[dict[str, Any]] = []
    spans: list[dict[str, float]] = []
    objections: list[Objection] = []
    for move in moves:
        if move.new.kind == "embedding":
            found.append({"model": move.new.ref, "judged": "no: a protocol judges models, not vectors"})
            continue
        try:
            judged_by = _protocol(move, protocol)
            if move.old is None:
                found.append(
                    {"model": move.new.ref, "protocol": judged_by, "judged": "yes; there is no incumbent"}
                )
                continue
            compared = _compared(move, move.old, judged_by, run)
        except GateRefused as error:
            objections.append(Objection(str(error), error.reasons))
            continue
        objections.extend(_worse(move, compared))
        found.append(figures(compared))
        if (span := found[-1]["difference"]) is not None:
            spans.append(span)
    details: dict[str, Any] = {"evaluation": found}
    if spans:
        lowest, low = (min(span[end] for span in spans) for end in ("mean", "low"))
        details |= {"difference": lowest, "difference_low": low}
    return Weighed(details, tuple(objections))


def figures(compared: "Comparison") -> dict[str, Any]:
    """A comparison in the one metric that decides, with its guardrails."""
    from recsys_core.registry.gate import guardrails, headline

    whole = headline(compared)
    return {
        "model": compared.a.ref,
        "incumbent": compared.b.ref,
        "protocol": f"{compared.protocol} {compared.protocol_hash[:12]}",
        "view": compared.headline,
        "metric": whole.metric if whole else "",
        "of_model": whole.a.mean if whole else None,
        "of_incumbent": whole.b.mean if whole else None,
        "difference": whole.difference.model_dump() if whole else None,
        "guardrails": [
            {"slice": each.slice, "users": each.users, "difference": each.difference.model_dump()}
            for each in guardrails(compared)
        ],
    }


def _worse(move: Move, compared: "Comparison") -> Iterator[Objection]:
    from recsys_core.registry.gate import objections

    if reasons := objections(compared):
        told = f"{move.new.ref} may not take the place of {compared.b.ref} under {compared.protocol}"
        yield Objection(f"{told}: {'; '.join(reasons)}", reasons)


def _compared(move: Move, old: "ModelVersion", protocol: str, run: Run) -> "Comparison":
    try:
        return run.models.compare(move.new.ref, old.ref, protocol=protocol)
    except NotComparable as error:
        raise GateRefused(str(error), reasons=(str(error),)) from error


def _protocol(move: Move, asked: str) -> str:
    """Hash of the protocol that judges the move. Raises `GateRefused` where it has not judged the candidate."""
    judged = {figure.protocol_hash: figure.protocol for figure in move.new.metrics}
    fitting = {
        digest: name
        for digest, name in judged.items()
        if not asked or asked == name or (len(asked) >= 8 and digest.startswith(asked))
    }
    if len(fitting) == 1:
        return next(iter(fitting))
    if fitting:
        names = ", ".join(f"{name} {digest[:12]}" for digest, name in fitting.items())
        raise InvalidArguments(f"protocol: {move.new.ref} was judged by several; give one of {names}")
    held = ", ".join(judged.values()) or "none"
    reason = f"{move.new.ref} has not been judged{f' under {asked!r}' if asked else ''}; protocols that did: {held}"
    raise GateRefused(f"{reason}. Judge it first (launch_eval)", reasons=(reason,))
