"""One approval more for a plan that was made after reading what nobody vouches for."""

from collections.abc import Mapping
from typing import Any

from tools.action import Action
from tools.contexts import Contexts
from tools.effect import Effect
from tools.errors import InvalidArguments
from tools.policy.decision import Asked, Decision, Policy
from tools.principal import Principal
from tools.readings import Readings

_SHOWN = 3
_LONGEST_HANDLE = 64


class Cautious:
    """A policy that asks for one approval more than `policy` where a plan has cautions; no grant goes before it."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    @property
    def about_reads(self) -> bool:
        return self._policy.about_reads

    def decide(self, asked: Asked) -> Decision:
        decision = self._policy.decide(asked)
        if asked.plan is None or not asked.plan.cautions:
            return decision
        return decision.one_tier_more("; ".join(asked.plan.cautions))

    def may_approve(self, approver: Principal, asked: Asked, decision: Decision) -> str:
        return self._policy.may_approve(approver, asked, decision)


class Cautions:
    """Tells what a plan has to say of the text that was read before it."""

    def __init__(self, contexts: Contexts, readings: Readings) -> None:
        self._contexts = contexts
        self._readings = readings

    def of(self, handle: str, principal: Principal) -> tuple[str, ...]:
        """Raises `NotFound` for a handle that is not the principal's."""
        if handle:
            self._contexts.history(handle, principal=principal.ref)
            read = self._readings.of(handle, principal)
        else:
            read = self._readings.recent(principal)
        lines = [f"read before it, and nobody vouches for it: {each}" for each in read[:_SHOWN]]
        if len(read) > _SHOWN:
            lines.append(f"and {len(read) - _SHOWN} more such texts")
        return tuple(lines)


def without_context(action: Action[Any, Any], arguments: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The arguments of an action with an effect without the handle of a conversation, and the handle.

    Raises `InvalidArguments` when it is no text.
    """
    if (
        action.effect is Effect.READS
        or "context" in action.input.model_fields
        or not isinstance(arguments, Mapping)
    ):
        return arguments, ""
    handle = arguments.get("context")
    if handle is not None and not (isinstance(handle, str) and len(handle) <= _LONGEST_HANDLE):
        raise InvalidArguments(
            f"{action.name} was not called: context = {str(handle)[:40]!r} is no handle; pass the `context` of an "
            "answer of ask or search_docs, or leave it out"
        )
    return {name: value for name, value in arguments.items() if name != "context"}, (handle or "").strip()
