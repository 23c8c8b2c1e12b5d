"""The part of a move that figures decide: candidate against incumbent, under one protocol."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tools.errors import GateRefused, InvalidArguments, NotComparable
from tools.models.moves import Move
from tools.run import Run

if TYPE_CHECKING:
    from recsys_core.registry import Comparison, ModelVersion


def weighed(moves: Sequence[Move], run: Run, *, protocol: str) -> dict[str, Any]:
    """Details for the plan. `difference` and `difference_low` are the lowest of all moves; none without incumbents.

    Raises `GateRefused` where a figure speaks against one of the moves, or where there is none.
    """
    found: list[dict[str, Any]] = []
    spans: list[dict[str, float]] = []
    for move in moves:
        if move.new.kind == "embedding":
            found.append({"model": move.new.ref, "judged": "no: a protocol judges models, not vectors"})
            continue
        judged_by = _protocol(move, protocol)
        if move.old is None:
            found.append(
                {"model": move.new.ref, "protocol": judged_by, "judged": "yes; there is no incumbent"}
            )
            continue
        compared = _compared(move, move.old, judged_by, run)
        _refuse_what_is_worse(move, compared)
        found.append(figures(compared))
        spans.append(found[-1]["difference"])
    if not spans:
        return {"evaluation": found}
    lowest, low = (min(span[end] for span in spans) for end in ("mean", "low"))
    return {"evaluation": found, "difference": lowest, "difference_low": low}


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


def _refuse_what_is_worse(move: Move, compared: "Comparison") -> None:
    from recsys_core.registry.gate import objections

    if reasons := objections(compared):
        raise GateRefused(
            f"{move.new.ref} may not take the place of {compared.b.ref} under {compared.protocol}: "
            f"{'; '.join(reasons)}",
            reasons=reasons,
        )


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
