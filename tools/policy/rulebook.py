"""Decides by the rules of a file: the first that fits, and none is a denial of what has an effect."""

import logging
from collections.abc import Mapping
from functools import reduce
from typing import Any

from tools.effect import Effect
from tools.policy.conditions import Facts, Undecided, is_among
from tools.policy.decision import Asked, Decision, Policy, Verdict
from tools.policy.directory import Directory
from tools.policy.names import LookAlike, listed
from tools.policy.reading import Source
from tools.policy.rules import Rule
from tools.principal import Principal

_LOG = logging.getLogger(__name__)
NO_RULE = "no rule"


class Rulebook:
    """One policy file, and the directory that its groups and owners are looked up in."""

    def __init__(self, source: Source, directory: Directory, *, layer: str = "") -> None:
        self.source = source
        self._directory = directory
        self._layer = f"{layer}: " if layer else ""
        self.about_reads = any(Effect.READS in rule.effects for rule in source.file.rules)

    def decide(self, asked: Asked) -> Decision:
        if asked.effect is Effect.READS and not self.about_reads:
            return self._without_rule(asked)
        trying = "the name of the principal"
        try:
            facts = Facts(asked, self._directory)
            is_among(
                asked.principal.ref, (), groups=frozenset
            )  # a look-alike name is denied, not only unmatched
            for rule in self.source.file.rules:
                trying = f"rule {rule.name!r}"
                if fits(rule, facts):
                    return self._by(rule)
        except (Undecided, LookAlike) as error:
            return self._error(trying, str(error))
        except Exception as error:  # whatever it is, it must not let anything through
            _LOG.exception("the policy could not be evaluated at %s", trying)
            return self._error(trying, f"{type(error).__name__}, see the log of the server")
        return self._without_rule(asked)

    def may_approve(self, approver: Principal, asked: Asked, decision: Decision) -> str:
        try:
            return why_not(approver, asked, decision, self._directory)
        except Exception as error:  # as above
            _LOG.exception("whether %s may approve could not be evaluated", approver.ref[:120])
            return f"whether {approver.ref!r} may approve could not be found out: {type(error).__name__}"

    def _by(self, rule: Rule) -> Decision:
        default = self.source.file.approval
        ask = rule.verdict is Verdict.ASK
        return Decision(
            rule.verdict,
            f"{self._layer}{rule.name}",
            rule.because or f"the rule {rule.name!r} says {rule.verdict}",
            (rule.approval or default).as_approval() if ask else None,
            next_tier=default.as_approval(),
        )

    def _without_rule(self, asked: Asked) -> Decision:
        next_tier = self.source.file.approval.as_approval()
        if asked.effect is Effect.READS:
            return Decision(
                Verdict.ALLOW, f"{self._layer}reads", "a read takes its scope", next_tier=next_tier
            )
        reason = f"no rule of the policy lets {asked.principal.ref[:200]} do this, and an effect without one is denied"
        return Decision(Verdict.DENY, f"{self._layer}{NO_RULE}", reason, next_tier=next_tier)

    def _error(self, trying: str, said: str) -> Decision:
        reason = f"the policy could not be evaluated at {trying}: {said}"
        return Decision(Verdict.DENY, f"{self._layer}error", reason)


class Layered:
    """Several policies of which every one has to be content: the strictest decides, and all approvals count."""

    def __init__(self, layers: tuple[Policy, ...]) -> None:
        self._layers = layers
        self.about_reads = any(layer.about_reads for layer in layers)

    def decide(self, asked: Asked) -> Decision:
        return reduce(Decision.stricter, (layer.decide(asked) for layer in self._layers))

    def may_approve(self, approver: Principal, asked: Asked, decision: Decision) -> str:
        answers = (layer.may_approve(approver, asked, decision) for layer in self._layers)
        return next((answer for answer in answers if answer), "")


def fits(rule: Rule, facts: Facts) -> bool:
    """Whether everything that `rule` demands is so. Raises `Undecided`, `LookAlike`, or what the directory raises."""
    asked = facts.asked
    return (
        rule.concerns(asked.action, asked.effect)
        and facts.is_among(rule.who)
        and asked.principal.scopes.issuperset(rule.scopes)
        and all(cond.holds(_at(asked.arguments, path), facts) for path, cond in rule.arguments.items())
        and all(cond.holds(_at(facts.plan, path), facts) for path, cond in rule.plan.items())
    )


def why_not(approver: Principal, asked: Asked, decision: Decision, directory: Directory) -> str:
    """Why that approval would not count; empty when it does. May raise what the directory raises."""
    if decision.approval is None:
        return f"there is nothing to approve: the policy says {decision.verdict}"
    if approver.ref.startswith("service:"):
        return f"{approver.ref} is a service, and approving is for people"
    if decision.approval.four_eyes and approver.ref.lower() == asked.principal.ref.lower():
        return f"{approver.ref} planned it, and the rule {decision.rule!r} wants somebody else"
    for names in (decision.approval.approvers, *decision.approval.within):
        if not is_among(approver.ref, names, groups=lambda: directory.groups(approver) | approver.groups):
            return f"{approver.ref} is not among {listed(names)}, whom the rule {decision.rule!r} asks"
    return ""


def _at(values: Mapping[str, Any], path: str) -> Any:
    found: Any = values
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
