"""What is asked of a policy, and what it decides."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from tools.effect import Effect
from tools.plan import Plan
from tools.principal import Principal

EVERYONE = "everyone"


class Verdict(StrEnum):
    """From the weakest to the strictest."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"

    @property
    def strictness(self) -> int:
        return list(Verdict).index(self)


@dataclass(frozen=True, slots=True)
class Approval:
    """What it takes: `count` different people, each of whom is among `approvers`.

    `approvers` are patterns of who: `everyone`, `user:default/ada`, `group:default/platform`. `within` are
    further such lists, added by further layers: an approver has to be in each of them as well. With
    `four_eyes` nobody approves what they planned themselves.
    """

    approvers: tuple[str, ...] = (EVERYONE,)
    count: int = 1
    four_eyes: bool = False
    within: tuple[tuple[str, ...], ...] = ()

    def both(self, other: "Approval") -> "Approval":
        """What satisfies this one and `other`."""
        lists = dict.fromkeys((self.approvers, *self.within, other.approvers, *other.within))
        return Approval(
            approvers=self.approvers,
            count=max(self.count, other.count),
            four_eyes=self.four_eyes or other.four_eyes,
            within=tuple(names for names in lists if names != self.approvers),
        )

    def __str__(self) -> str:
        many = "1 approval" if self.count == 1 else f"{self.count} approvals"
        lists = [names for names in (self.approvers, *self.within) if EVERYONE not in names]
        who = ", and of ".join(" or ".join(names) for names in lists) or "any approver"
        return f"{many} of {who}" + (", other than whoever planned it" if self.four_eyes else "")


@dataclass(frozen=True, slots=True)
class Decision:
    """`rule` names what decided, `reason` says it in a sentence for whoever asked.

    `approval` is what it takes when the verdict is ASK, and None otherwise. `next_tier` is what would be asked
    where the verdict is ALLOW and something makes it one tier more. `grant` is the id of the standing grant that
    is used up by this decision, if one is.
    """

    verdict: Verdict
    rule: str
    reason: str
    approval: Approval | None = None
    next_tier: Approval = Approval()
    grant: str = ""

    def __post_init__(self) -> None:
        if (self.verdict is Verdict.ASK) != (self.approval is not None):
            raise ValueError(f"a decision to {self.verdict} has the approval {self.approval}")

    def stricter(self, other: "Decision") -> "Decision":
        """What obeys this decision and `other`: the stricter one, and both approvals where both ask."""
        if self.approval is not None and other.approval is not None:
            both = self.approval.both(other.approval)
            if both == self.approval:
                return self
            rule, reason = f"{self.rule} and {other.rule}", f"{self.reason}; {other.reason}"
            return replace(self, rule=rule, reason=reason, approval=both)
        harder = other.verdict.strictness - self.verdict.strictness
        # Of two that are equally strict the one counts that uses a grant, or the use would not be counted.
        strict = other if harder > 0 or (harder == 0 and other.grant) else self
        return replace(strict, next_tier=self.next_tier.both(other.next_tier))

    def one_tier_more(self, reason: str) -> "Decision":
        """The same, with one approval more than it takes now: none becomes one, one becomes two of other people.

        What is denied stays denied.
        """
        if self.verdict is Verdict.DENY:
            return self
        if self.approval is None:
            more = self.next_tier
        else:
            more = replace(self.approval, count=self.approval.count + 1, four_eyes=True)
        return replace(self, verdict=Verdict.ASK, approval=more, reason=f"{self.reason}; {reason}", grant="")


@dataclass(frozen=True, slots=True)
class Asked:
    """May `principal` do `action` with `arguments`? `plan` is what it resolved to, None while nothing was planned."""

    principal: Principal
    action: str
    effect: Effect
    arguments: Mapping[str, Any]
    plan: Plan | None = None


class Policy(Protocol):
    """Decides. It may ask the catalog, so call it on a worker thread; it never raises: what goes wrong denies."""

    @property
    def about_reads(self) -> bool:
        """Whether a read may be anything but allowed, so that `decide` has to be asked about it."""
        ...

    def decide(self, asked: Asked) -> Decision: ...

    def may_approve(self, approver: Principal, asked: Asked, decision: Decision) -> str:
        """Why `approver` may not give an approval that `decision` takes; empty when they may."""
        ...
