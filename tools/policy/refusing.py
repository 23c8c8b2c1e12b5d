"""A denial in the words of who was refused: it names the rule, and nothing that would get round it.

A refused read is told in the words of one that found nothing, letter by letter. So where a policy is about reads, what
is really not there is told in those words as well, without the nearest names that would give it away.
"""

from collections.abc import Mapping
from typing import Any

from tools.effect import Effect
from tools.errors import ActionError, NotAllowed, NotFound
from tools.policy.decision import Asked, Decision


def refusal(asked: Asked, decision: Decision) -> ActionError:
    """`NotAllowed` with rule and reason for what has an effect; a refused read looks like one that found nothing."""
    error: ActionError
    if asked.effect is Effect.READS:
        error = nothing_found(asked.action, asked.arguments)
    else:
        error = NotAllowed(f"{asked.action} is refused by the rule {decision.rule!r}: {decision.reason}")
    error.recorded = {"decision": decision.verdict.value, "rule": decision.rule}
    return error


def nothing_found(action: str, arguments: Mapping[str, Any]) -> NotFound:
    """What is said of a read that found nothing, and of one that was refused."""
    named = [
        f"{name} {value[:120]!r}" for name, value in arguments.items() if isinstance(value, str) and value
    ]
    return NotFound(f"{action} found nothing for {', '.join(named) or 'that'}; query_catalog lists entities")
