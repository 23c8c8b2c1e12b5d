"""Standing grants: an approval given in advance, for unattended work.

A grant says for whom, which action, which arguments and cost, how often, how many hours in all, and until when. It is
given by an approver, and counts where that approver may approve the plan at hand by the policy of that moment. Each
use is counted in the transaction that claims the plan. What the policy denies no grant allows.
"""

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from sqlalchemy import Connection, Row, insert, select, update

from tools.canonical import canonical
from tools.errors import NotAllowed, NotFound
from tools.plan import Estimate
from tools.policy.conditions import Condition, Facts, Undecided
from tools.policy.decision import Asked, Decision, Policy, Verdict
from tools.policy.directory import Directory
from tools.policy.names import LookAlike, Who
from tools.policy.rulebook import fits
from tools.policy.rules import ActionName, ArgumentPath, PlanPath, Rule
from tools.principal import Principal
from tools.state import State
from tools.state.plan_row import needed
from tools.state.tables import grant_uses, grants
from tools.state.usage import used

_LOG = logging.getLogger(__name__)
_CONDITIONS: TypeAdapter[dict[str, Condition]] = TypeAdapter(dict[str, Condition])


class GrantTerms(BaseModel):
    """What a grant is about; `cpu_hours` and `gpu_hours` are for all its uses together, None is no bound."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    who: Who
    action: ActionName
    arguments: dict[ArgumentPath, Condition] = Field(default_factory=dict)
    plan: dict[PlanPath, Condition] = Field(default_factory=dict)
    count: int = Field(ge=1, le=100_000)
    cpu_hours: float | None = Field(None, ge=0, allow_inf_nan=False)
    gpu_hours: float | None = Field(None, ge=0, allow_inf_nan=False)
    expires_at: float = Field(gt=0, allow_inf_nan=False, description="Seconds since the epoch.")
    note: str = Field("", max_length=300)


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant as it stands: what is left of it changes with each use. Times are seconds since the epoch."""

    id: str
    terms: GrantTerms
    approvers: tuple[str, ...]
    created_at: float
    revoked_at: float | None
    revoked_by: str
    used: int = 0
    used_cpu_hours: float = 0.0
    used_gpu_hours: float = 0.0

    def state(self, now: float) -> str:
        """`open`, or why it counts no more. A clock that was set back opens none that was not given yet."""
        if self.revoked_at is not None:
            return "revoked"
        if not self.created_at - 60 <= now < self.terms.expires_at:
            return "expired"
        return "used up" if self.used >= self.terms.count else "open"

    def lacks(self, estimate: Estimate, now: float) -> str:
        """Why it is no good for something of that cost; empty when it is."""
        if (state := self.state(now)) != "open":
            return f"it is {state}"
        for kind in ("cpu_hours", "gpu_hours"):
            most = getattr(self.terms, kind)
            if most is not None and getattr(self, f"used_{kind}") + getattr(estimate, kind) > most:
                return f"too little of its {most:g} {kind.replace('_', '-').replace('cpu', 'CPU').replace('gpu', 'GPU')} is left"
        return ""

    def as_rule(self) -> Rule:
        terms = self.terms
        return Rule(
            name=f"grant {self.id}",
            who=(terms.who,),
            actions=(terms.action,),
            arguments=terms.arguments,
            plan=terms.plan,
            verdict=Verdict.ALLOW,
        )


class Grants:
    """The store; every method is one transaction, but for `use`, which is given one."""

    def __init__(self, state: State, *, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock

    def add(self, terms: GrantTerms, *, approvers: tuple[str, ...]) -> Grant:
        """Store a grant; whoever calls this has checked the approvers' secrets."""
        conditions = {
            part: _CONDITIONS.dump_python(getattr(terms, part), mode="json", exclude_none=True)
            for part in ("arguments", "plan")
        }
        row = {
            "id": secrets.token_hex(4),
            **terms.model_dump(
                include={"who", "action", "count", "cpu_hours", "gpu_hours", "expires_at", "note"}
            ),
            "conditions": canonical(conditions),
            "approvers": canonical(list(approvers)),
            "created_at": self._clock(),
        }
        with self._state.write() as connection:
            connection.execute(insert(grants).values(row))
        return self.get(str(row["id"]))

    def get(self, id: str) -> Grant:
        """Raises `NotFound`."""
        with self._state.read() as connection:
            found = connection.execute(select(grants).where(grants.c.id == id)).first()
            if found is None:
                raise NotFound(f"there is no grant {id[:80]!r}; `cuebook grants list` lists them")
            return _grant(connection, found)

    def list(self, *, action: str | None = None) -> tuple[Grant, ...]:
        """All of them, newest first, or those of one action, oldest first as they are used."""
        wanted = [] if action is None else [grants.c.action == action]
        order = grants.c.created_at.desc() if action is None else grants.c.created_at
        with self._state.read() as connection:
            rows = connection.execute(select(grants).where(*wanted).order_by(order, grants.c.id)).all()
            return tuple(_grant(connection, row) for row in rows)

    def revoke(self, id: str, *, by: str) -> Grant:
        """From now on it counts no more. Raises `NotFound`; revoking twice changes nothing."""
        with self._state.write() as connection:
            connection.execute(
                update(grants)
                .where(grants.c.id == id, grants.c.revoked_at.is_(None))
                .values(revoked_at=self._clock(), revoked_by=by)
            )
        return self.get(id)

    def use(self, connection: Connection, id: str, digest: str, estimate: Estimate, *, now: float) -> None:
        """Count a use with the claim of the plan. Raises `NotAllowed` when it is not good for it any more."""
        found = connection.execute(select(grants).where(grants.c.id == id)).first()
        why = "it is gone" if found is None else _grant(connection, found).lacks(estimate, now)
        if why:
            raise NotAllowed(f"the grant {id} does not cover this plan any more: {why}")
        connection.execute(
            insert(grant_uses).values(
                grant_id=id,
                digest=digest,
                at=now,
                cpu_hours=estimate.cpu_hours,
                gpu_hours=estimate.gpu_hours,
            )
        )


class Granted:
    """A policy that takes a standing grant for the approval that `policy` asks for."""

    def __init__(
        self, policy: Policy, store: Grants, directory: Directory, *, clock: Callable[[], float]
    ) -> None:
        self._policy = policy
        self._grants = store
        self._directory = directory
        self._clock = clock

    @property
    def about_reads(self) -> bool:
        return self._policy.about_reads

    def decide(self, asked: Asked) -> Decision:
        decision = self._policy.decide(asked)
        if decision.verdict is not Verdict.ASK:
            return decision
        try:
            for grant in self._grants.list(action=asked.action):
                if self._covers(grant, asked, decision):
                    return _allowed(grant, decision)
        except Exception:  # whatever it is, the plan then waits for a person
            _LOG.exception("the standing grants for %s could not be read", asked.action)
        return decision

    def may_approve(self, approver: Principal, asked: Asked, decision: Decision) -> str:
        return self._policy.may_approve(approver, asked, decision)

    def _covers(self, grant: Grant, asked: Asked, decision: Decision) -> bool:
        estimate = Estimate() if asked.plan is None else asked.plan.estimate
        if decision.approval is None or grant.lacks(estimate, self._clock()):
            return False
        try:
            if not fits(grant.as_rule(), Facts(asked, self._directory)):
                return False
        except (Undecided, LookAlike):  # what cannot be told is not covered
            return False
        may = [
            ref
            for ref in dict.fromkeys(grant.approvers)
            if not self._policy.may_approve(Principal(ref=ref), asked, decision)
        ]
        return len(may) >= needed(decision.approval, asked.principal.ref)


def _allowed(grant: Grant, decision: Decision) -> Decision:
    more = decision.one_tier_more("").approval or decision.next_tier
    return Decision(
        Verdict.ALLOW,
        f"grant {grant.id}",
        f"{' and '.join(grant.approvers)} approved it in advance, use {grant.used + 1} of {grant.terms.count}",
        next_tier=more,
        grant=grant.id,
    )


def _grant(connection: Connection, row: Row[Any]) -> Grant:
    uses = used(connection, grant_uses, grant_uses.c.grant_id == row.id)
    conditions: Mapping[str, Any] = json.loads(row.conditions)
    terms = GrantTerms.model_validate(
        {
            **{name: getattr(row, name) for name in ("who", "action", "count", "cpu_hours", "gpu_hours")},
            **{name: getattr(row, name) for name in ("expires_at", "note")},
            **conditions,
        }
    )
    found = Grant(
        row.id, terms, tuple(json.loads(row.approvers)), row.created_at, row.revoked_at, row.revoked_by
    )
    return replace(
        found,
        used=len(uses),
        used_cpu_hours=sum(use.cpu_hours for use in uses),
        used_gpu_hours=sum(use.gpu_hours for use in uses),
    )
