"""The action `list_limits`."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from tools.action import action
from tools.bounds import LAST, fitting
from tools.effect import Effect
from tools.moments import moment
from tools.run import Run
from tools.shapes import Input, Output

if TYPE_CHECKING:
    from tools.policy.budgets import Left
    from tools.policy.grants import Grant


class ListLimits(Input):
    limit: int = Field(default=25, ge=1, le=200, description="Most grants to return.")
    offset: int = Field(
        default=0,
        ge=0,
        le=LAST,
        description="Where to go on among the grants: next_offset of the last answer.",
    )


class LimitLine(Output):
    limit: str = Field(description="Its name in the policy.")
    shared_by: str = Field(description="Whom it counts for together: you, a team, or `all`.")
    kind: Literal["calls_a_minute", "concurrent_jobs", "cpu_hours_a_day", "gpu_hours_a_day"] = Field(
        description="What is limited."
    )
    most: float = Field(description="How much it is in all.")
    used: float = Field(description="Calls of the last minute, jobs that run, or hours of the last 24 hours.")
    left: float = Field(description="What would still be let through.")
    more_at: str = Field(
        description="When some of it is free again, ISO 8601 in UTC; empty when nothing is used."
    )
    all_at: str = Field(description="When all of it is, if nothing is added.")


class GrantLine(Output):
    id: str = Field(description="Its id, by which it is revoked.")
    action: str = Field(description="The action that it lets you apply without asking anybody.")
    arguments: dict[str, Any] = Field(description="Conditions for the arguments; empty for none.")
    plan: dict[str, Any] = Field(description="Conditions for what is planned, such as its estimate.")
    uses_left: int = Field(description="How often it can still be used.")
    cpu_hours_left: float | None = Field(description="For all its uses together; null for no bound.")
    gpu_hours_left: float | None = Field(description="Likewise.")
    expires_at: str = Field(description="ISO 8601 in UTC.")


class LimitLines(Output):
    limits: tuple[LimitLine, ...] = Field(description="In the policy's order; empty when nothing is limited.")
    total: int = Field(description="How many standing grants there are for you that can still be used.")
    grants: tuple[GrantLine, ...] = Field(description="This part of them, the one that is used first first.")
    next_offset: int | None = Field(description="Pass it as offset for the rest; null when this is the end.")


_EXAMPLES = (
    "how much budget do I have left",
    "what are my limits",
    "list my limits",
    "how many calls a minute may I make",
    "how many jobs may I run at once",
    "how many cpu hours are left for me today",
    "what is left of my gpu budget",
    "when does my budget reset",
    "when can I start another job",
    "which standing grants do I have",
    "am I close to my limits",
    "how much of my quota is used up",
    "show my quotas",
    "remaining cpu hours",
    "what may I still use today",
    "why am I rate limited and until when",
    "are there grants for me",
)


@action(effect=Effect.READS, scope="jobs:read", examples=_EXAMPLES)
async def list_limits(input: ListLimits, run: Run) -> LimitLines:
    """Tell what is left of your limits (calls, jobs at once, CPU and GPU hours) and standing grants, and when there is more."""
    return await run.in_thread(_lines, input)


def _lines(input: ListLimits, run: Run) -> LimitLines:
    limits = tuple(_limit(left) for left in run.budgets.limits(run.principal))
    grants = run.budgets.grants(run.principal)
    part = fitting(_grant(grant) for grant in grants[input.offset : input.offset + input.limit])
    end = input.offset + len(part)
    return LimitLines(
        limits=limits, total=len(grants), grants=part, next_offset=end if end < len(grants) else None
    )


def _limit(left: "Left") -> LimitLine:
    kind, _, name = left.subject.partition(":")
    return LimitLine(
        limit=left.limit,
        shared_by={"principal": "you", "team": name}.get(kind, "all"),
        kind=left.kind,
        most=left.most,
        used=round(left.used, 4),
        left=round(left.left, 4),
        more_at="" if left.more_at is None else moment(left.more_at),
        all_at="" if left.all_at is None else moment(left.all_at),
    )


def _grant(grant: "Grant") -> GrantLine:
    terms = grant.terms
    conditions = terms.model_dump(mode="json", include={"arguments", "plan"}, exclude_none=True)
    return GrantLine(
        id=grant.id,
        action=terms.action,
        **conditions,
        uses_left=terms.count - grant.used,
        cpu_hours_left=_rest(terms.cpu_hours, grant.used_cpu_hours),
        gpu_hours_left=_rest(terms.gpu_hours, grant.used_gpu_hours),
        expires_at=moment(terms.expires_at),
    )


def _rest(most: float | None, used: float) -> float | None:
    return None if most is None else round(max(0.0, most - used), 4)
