"""The action `query_audit`."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from tools.action import action
from tools.audit import Entry, Wanted
from tools.bounds import LAST, fitting
from tools.canonical import canonical
from tools.effect import Effect
from tools.errors import InvalidArguments, NotFound, Problem
from tools.example import Example
from tools.redaction import shortened
from tools.run import Run
from tools.shapes import Input, Output
from tools.things import Names, Said, Thing

_SCOPE = "audit:read"
_EXCERPT = 400


_KINDS = Said(
    values=(
        ("denied", ("refused", "denied", "rejected by policy", "turned down", "not allowed", "blocked")),
        ("approve", ("approvals", "signed off", "sign offs", "approved")),
        ("reject", ("rejections", "rejected plans")),
        ("login", ("logins", "log ins", "sign ins", "logged in", "signed in")),
    )
)
_ACTIONS = Said(
    values=(
        ("launch_training", ("trainings", "training runs")),
        ("launch_eval", ("evaluations", "evals")),
        ("promote_model", ("promotions",)),
        ("rollback_model", ("rollbacks", "roll backs")),
        ("cancel_job", ("cancellations",)),
    )
)
_EFFECTS = Said(
    values=((True, ("effects only", "without reads", "no reads", "leave out reads", "real changes")),)
)


class QueryAudit(Input):
    target: Annotated[str, Names(Thing.ENTITY, also=(Thing.MODEL, Thing.JOB, Thing.PLAN))] = Field(
        default="",
        max_length=300,
        description="What was touched: an entity, file, model, job or plan digest.",
    )
    principal: str = Field(default="", max_length=300, description="Who: user:default/ada, or ada.")
    on_behalf_of: str = Field(
        default="", max_length=300, description="For whom: themselves or a program that acts for them."
    )
    action: Annotated[str, _ACTIONS] = Field(default="", max_length=100, description="Only this action.")
    kind: Annotated[str, _KINDS] = Field(
        default="",
        max_length=40,
        description="call, intent, apply, approve, reject, login, origin, sync, refresh, event, lost; or denied: whatever was refused.",
    )
    outcome: str = Field(
        default="", max_length=60, description="What came of it: ok, planned, done, not_allowed, …"
    )
    since: str = Field(
        default="", max_length=40, description="From this month, day or time on, in UTC: 2026-07."
    )
    until: str = Field(default="", max_length=40, description="Up to the end of this month, day or time.")
    text: str = Field(default="", max_length=200, description="Only rows with this text anywhere.")
    effects_only: Annotated[bool, _EFFECTS] = Field(default=False, description="Leave reads out.")
    row: int = Field(default=0, ge=0, le=LAST, description="Only this row, with its arguments whole.")
    limit: int = Field(default=25, ge=1, le=100, description="Most rows to return.")
    before: int = Field(
        default=0, ge=0, le=LAST, description="Where to go on: next_before of the last answer."
    )


class AuditRow(Output):
    number: int = Field(description="Its place in the audit.")
    at: str = Field(description="When, ISO 8601 in UTC.")
    kind: str = Field(description="What was recorded: call, intent, apply, approve, …")
    principal: str = Field(description="Who, as the door verified it.")
    on_behalf_of: str = Field(description="For whom, where that is somebody else.")
    client: str = Field(description="The program that called, as it names itself.")
    door: str = Field(description="cli, rest, mcp-http or mcp-stdio.")
    action: str = Field(description="The action.")
    effect: str = Field(description="reads, writes, starts_job or destroys.")
    outcome: str = Field(description="What came of it.")
    reason: str = Field(description="Why it was refused or failed.")
    decision: str = Field(description="What the policy said: allow, ask or deny.")
    rule: str = Field(description="The rule that decided.")
    targets: tuple[str, ...] = Field(description="What it touched.")
    arguments: str = Field(description="Its arguments as JSON, secrets hidden; shortened in a list.")
    digest: str = Field(description="The plan's digest.")
    job: str = Field(description="The job it started.")
    ms: float | None = Field(description="How long it took, in milliseconds.")
    hash: str = Field(description="The row's hash in the chain.")


class AuditRows(Output):
    total: int = Field(description="How many rows fit in all.")
    items: tuple[AuditRow, ...] = Field(description="This part of them, newest first.")
    only_own: bool = Field(description="True when only your own rows are shown.")
    next_before: int | None = Field(description="Pass it as before for older ones; null at the end.")


_EXAMPLES: tuple[str | Example, ...] = (
    "who promoted {target}",
    "who changed {target}",
    "who touched {target} since {since}",
    "show the audit of {target}",
    "what was done to {target}",
    "what did {principal} do since {since}",
    "show what {principal} did",
    "what happened since {since}",
    "who ran {action}",
    "list the calls of {action} since {since} until {until}",
    "show the audit trail between {since} and {until}",
    "when was {target} last changed and by whom",
    Example("which requests were refused", means={"kind": "denied"}),
    Example("show denied calls since {since}", means={"kind": "denied"}),
    Example("show who approved what", means={"kind": "approve"}),
    Example("list all effects since {since}", means={"effects_only": True}),
    "who rolled back {target} since {since}",
    "everything {principal} did since {since}",
    "who started jobs since {since}",
    "history of changes to {target}",
    "who used {action} since {since}",
    "activity of {principal}",
    "which effects happened since {since}",
    "log of all calls by {principal}",
    "who deleted {target}",
    "what happened to {target} on {since}",
    "did anyone touch {target} since {since}",
    "show me what {principal} has been doing since {since}",
    Example("which calls were denied since {since}", means={"kind": "denied"}),
    Example("what was refused since {since}", means={"kind": "denied"}),
    Example("which actions were refused", means={"kind": "denied"}),
    "list what {principal} did between {since} and {until}",
    "who set {target}",
    "who used {action}",
    "who was it that changed {target}",
    "which plans were applied since {since}",
    "who cancelled {target}",
    "audit log since {since}",
    Example("what was denied since {since}", means={"kind": "denied"}),
    Example("who approved {target}", means={"kind": "approve"}),
    "who cancelled jobs since {since}",
    "what was done to {target} since {since}",
    "what has {principal} been up to since {since}",
    "who fiddled with {target} on {since}",
    "last {limit} approvals",
    "audit row {row}",
    "show row {row} of the audit",
    "logins since {since}",
    "{kind} calls since {since}",
    "latest {limit} entries of the audit",
    "{action} since {since}",
    "changes between {since} and {until}",
    "changes since {since}",
    "audit of {target}, last {limit} rows",
    "calls to {action} since {since}",
    "audit entries of {principal}",
    "newest {limit} rows of the audit",
)


@action(effect=Effect.READS, scope=_SCOPE, own_without_scope=True, examples=_EXAMPLES)
async def query_audit(input: QueryAudit, run: Run) -> AuditRows:
    """Answer from the audit what was done to a thing, by whom, for whom and when, refusals included.

    Without the scope audit:read it answers with the caller's own rows only.
    """
    return await run.in_thread(_rows, input)


def _rows(input: QueryAudit, run: Run) -> AuditRows:
    own = _SCOPE not in run.principal.scopes
    given = input.model_dump(exclude={"row"})
    wanted = Wanted(**given, only=run.principal.ref if own else "", number=input.row)
    try:
        found = run.audit.find(wanted)
    except ValueError as error:
        problem = Problem("since, until", f"{input.since!r}, {input.until!r}", str(error))
        raise InvalidArguments(f"query_audit was not called: {error}", problems=[problem]) from error
    if input.row and not found.rows:
        raise NotFound(f"the audit has no row {input.row} that you may see")
    longest = None if input.row else _EXCERPT
    items = fitting(_row(entry, longest=longest) for entry in found.rows)
    before = found.before if len(items) == len(found.rows) else items[-1].number
    return AuditRows(total=found.total, items=items, only_own=own, next_before=before or None)


def _row(entry: Entry, *, longest: int | None) -> AuditRow:
    body: Mapping[str, Any] = entry.body
    texts = {name: str(body.get(name) or "") for name in _TEXTS}
    arguments = canonical(body["arguments"]) if "arguments" in body else ""
    return AuditRow(
        **texts,
        number=entry.number,
        targets=tuple(str(ref) for ref in body.get("targets") or ()),
        arguments=arguments if longest is None else shortened(arguments, longest=longest),
        ms=body.get("ms"),
        hash=entry.hash,
    )


_TEXTS = (
    *("at", "kind", "principal", "on_behalf_of", "client", "door", "action", "effect"),
    *("outcome", "reason", "decision", "rule", "digest", "job"),
)
