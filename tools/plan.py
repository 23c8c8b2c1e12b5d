"""What an action with an effect would do, in full, before it does it."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from tools.canonical import fingerprint
from tools.shapes import Output

Result = TypeVar("Result", bound=BaseModel)

_LONGEST_LINE = 500

Status = Literal[
    "planned",
    "waiting",
    "approved",
    "running",
    "done",
    "refused",
    "rejected",
    "expired",
    "failed",
    "lost",
]
"""`planned` may be applied at once, `waiting` needs approvals that are not there, `approved` has them all;
`refused` since a target moved, `rejected` by a person."""


class Target(Output):
    """One thing that the plan would change or depends on, as it was found."""

    ref: str = Field(description="What it is: an entity reference, a file, a model version.")
    revision: str = Field(
        description="Its revision when the plan was made; empty when it does not exist yet."
    )


class Estimate(Output):
    """What applying the plan is expected to cost."""

    seconds: float = Field(default=0.0, description="Wall time in seconds.")
    cpu_hours: float = Field(default=0.0, description="CPU hours.")
    gpu_hours: float = Field(default=0.0, description="GPU hours.")


class Plan(Output):
    """Everything resolved: what would happen, to what, at what cost, and what would not happen."""

    summary: str = Field(default="", description="One sentence: what applying this plan does.")
    steps: tuple[str, ...] = Field(default=(), description="What it will do, in order.")
    will_not: tuple[str, ...] = Field(
        default=(), description="What it will not do, though one might think so."
    )
    targets: tuple[Target, ...] = Field(default=(), description="What it changes or depends on.")
    estimate: Estimate = Field(default=Estimate(), description="Expected cost.")
    reversible: bool = Field(default=False, description="Whether what it does can be undone.")
    cautions: tuple[str, ...] = Field(
        default=(),
        description="Text that was read before it and that nobody vouches for: why it asks for more approval.",
    )
    details: dict[str, Any] = Field(
        default_factory=dict, description="Further resolved facts, for example a job's full specification."
    )


class Given(Output):
    """What one approver decided."""

    approver: str = Field(description="Who decided.")
    decision: Literal["approved", "rejected"] = Field(description="What they decided.")
    means: str = Field(description="How they proved who they are: terminal, page, signed-token or portal.")
    at: str = Field(description="When, ISO 8601 in UTC.")


class Asking(Output):
    """What the policy said of a plan, and what is still missing."""

    verdict: Literal["allow", "ask", "deny"] = Field(description="What the policy decided.")
    rule: str = Field(description="The rule that decided.")
    reason: str = Field(description="Why, in a sentence.")
    who: str = Field(default="", description="Whose approval it takes; empty when it takes none.")
    missing: int = Field(default=0, description="How many approvals are still missing.")
    given: tuple[Given, ...] = Field(default=(), description="What approvers decided so far.")


class Receipt(Output):
    """What was done, for whoever asks later."""

    what: str = Field(description="The plan in one sentence.")
    action: str = Field(description="The action.")
    digest: str = Field(description="The plan.")
    at: str = Field(description="When it took effect, ISO 8601 in UTC.")
    by: str = Field(description="Who applied it.")
    approved_by: tuple[str, ...] = Field(default=(), description="Who approved it; empty when nobody had to.")
    rule: str = Field(description="The rule of the policy that let it through.")
    audit: str = Field(description="Its row in the audit, as number:hash.")
    undo: str = Field(description="How to undo it, or `irreversible`.")


class Outcome(BaseModel, Generic[Result]):
    """What an action with an effect answers, at each step of its life.

    Nothing has happened while `status` is `planned`, `waiting` or `approved`; call apply with `digest` and nothing
    else.
    """

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    status: Status = Field(
        description="planned (may be applied), waiting (for approval), approved, running, done, refused, "
        "rejected, expired, failed or lost."
    )
    action: str = Field(default="", description="The action that was planned.")
    principal: str = Field(default="", description="Who planned it, and may apply it.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="The arguments it was planned with.")
    plan: Plan = Field(description="What was resolved, for whoever decides.")
    digest: str = Field(description="Identifies the plan; the only argument of apply.")
    planned_at: str = Field(default="", description="When it was planned, ISO 8601 in UTC.")
    expires_at: str = Field(description="When the plan can no longer be applied, ISO 8601 in UTC.")
    result: Result | None = Field(default=None, description="The action's result once it is done.")
    job: str | None = Field(default=None, description="Handle of the job that was started.")
    job_state: str = Field(default="", description="How that job stands.")
    reason: str = Field(default="", description="Why it was refused, rejected, failed or lost.")
    approval: Asking | None = Field(
        default=None, description="What the policy said, and which approvals it takes."
    )
    receipt: Receipt | None = Field(default=None, description="What was done, once it took effect.")


def content_of(
    *, action: str, version: str, arguments: dict[str, Any], plan: Plan, principal: str
) -> dict[str, Any]:
    """What a plan's digest stands for, but for its expiry: JSON-able, the targets' revisions within `plan`."""
    return {
        "action": action,
        "version": version,
        "arguments": arguments,
        "plan": plan.model_dump(mode="json"),
        "principal": principal,
    }


def digest_of(content: dict[str, Any], *, expires_at: int) -> str:
    """SHA-256 over the content and the expiry (seconds since the epoch)."""
    return fingerprint({**content, "expires_at": expires_at})


def differences(before: Plan, now: Plan) -> tuple[str, ...]:
    """What moved between two resolutions of one plan, one line each; its estimate and summary may vary."""
    old = {target.ref: target.revision for target in before.targets}
    new = {target.ref: target.revision for target in now.targets}
    moved = [
        f"{ref}: was {_shown(old, ref)}, is now {_shown(new, ref)}"
        for ref in dict.fromkeys((*old, *new))
        if old.get(ref) != new.get(ref)
    ]
    for part in ("steps", "will_not", "details", "reversible"):
        if getattr(before, part) != getattr(now, part):
            moved.append(f"{part} of the plan: was {getattr(before, part)}, is now {getattr(now, part)}")
    return tuple(line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} …" for line in moved)


def _shown(revisions: dict[str, str], ref: str) -> str:
    if ref not in revisions:
        return "no target"
    return revisions[ref] or "absent"
