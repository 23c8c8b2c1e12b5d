"""What can go wrong between a caller and an action.

    ActionError
    ├── InvalidAction        a file in an actions folder that is no action (raised at discovery)
    ├── UnknownAction        no action of that name
    ├── InvalidArguments     arguments that do not fit the action's input, field by field
    │   └── NotComparable    figures of different protocols or data sets were to be compared or sorted
    ├── NotAllowed           the principal lacks the scope, or the policy refuses it
    │   ├── MayNotDecide     this approver may not decide about this plan
    │   └── ProofRefused     a passphrase, session or token that proves no approver
    ├── LockedOut            too many wrong secrets; `retry_after` says when to try again
    ├── LimitReached         a limit of the policy is used up; `retry_after` says when to come back
    ├── PolicyInvalid        a policy file that cannot be used, with file, rule, field and value
    ├── GateRefused          a model's figures, or what is served beside it, speak against moving it
    ├── NotFound             no such thing, or none that this principal may see
    ├── Unavailable          something the action needs does not answer, or is not there yet
    ├── ActionFailed         the action broke in a way nobody foresaw; the log has the details
    ├── RunFailed            a command or server that an action ran did not succeed
    ├── PlanMissing          no plan with that digest for this principal
    ├── PlanExpired          the plan was not applied in time
    ├── PlanAlreadyApplied   the plan was used up and left no result that could be answered again
    ├── PlanRejected         a person rejected the plan
    ├── TargetMoved          what the plan was made for has changed since
    ├── PlaybookInvalid      a playbook's file that cannot be used, with step, field and value
    ├── PlaybookStopped      a playbook cannot go on; what it has done stays
    └── StateError           the files under the home cannot be used as they are
        ├── StateNewer       written by a newer version of Cuebook
        ├── StateDamaged     not a database, or a damaged one
        ├── BackupDamaged    an archive that is incomplete, altered or not ours
        └── BackupRefused    saving or restoring would overwrite something

`code` names the class for programs, `details` holds the parts for them; the message is written for whoever
reads it, which is often a model: what was wrong, and what to call next.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


class ActionError(Exception):
    """Root of this package's errors."""

    code: ClassVar[str] = "action_error"
    recorded: Mapping[str, str] = {}
    """What the audit's row says of it besides, and whoever called does not learn from here."""

    @property
    def details(self) -> Mapping[str, Any]:
        """The parts of the message, JSON-able; empty when the message says it all."""
        return {}


class InvalidAction(ActionError):
    """A file in an actions folder that is no action."""

    code = "invalid_action"


class UnknownAction(ActionError):
    """No action of that name."""

    code = "unknown_action"


@dataclass(frozen=True, slots=True)
class Problem:
    """One argument that does not fit. `value` is shortened, and hidden when the field is a secret."""

    field: str
    value: str
    reason: str


class InvalidArguments(ActionError):
    """Arguments that do not fit the action's input; `problems` has one entry a field."""

    code = "invalid_arguments"

    def __init__(self, message: str, *, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)

    @property
    def details(self) -> Mapping[str, Any]:
        return {"problems": [asdict(problem) for problem in self.problems]}


class NotComparable(InvalidArguments):
    """Figures of different protocols or data sets were to be compared or sorted; the message says what differs."""

    code = "not_comparable"


class NotAllowed(ActionError):
    """The principal lacks the scope that the action asks for, or the policy refuses what was asked.

    `scope` names the scope where one would help.
    """

    code = "not_allowed"

    def __init__(self, message: str, *, scope: str = "") -> None:
        super().__init__(message)
        self.scope = scope


class MayNotDecide(NotAllowed):
    """This approver may not decide about this plan."""

    code = "may_not_decide"


class ProofRefused(NotAllowed):
    """A passphrase, session or token that proves no approver. The message is the same for all of them."""

    code = "proof_refused"


class LockedOut(ActionError):
    """Too many wrong secrets; `retry_after` is in seconds."""

    code = "locked_out"

    def __init__(self, message: str, *, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    @property
    def details(self) -> Mapping[str, Any]:
        return {"retry_after": math.ceil(self.retry_after)}


class LimitReached(ActionError):
    """A limit of the policy is used up; `retry_after` is in seconds."""

    code = "limit_reached"

    def __init__(self, message: str, *, limit: str = "", retry_after: int = 60) -> None:
        super().__init__(message)
        self.limit = limit
        self.retry_after = retry_after

    @property
    def details(self) -> Mapping[str, Any]:
        return {"limit": self.limit, "retry_after": self.retry_after}


class GateRefused(ActionError):
    """Figures, or what is served beside it, speak against moving an alias; `reasons` has one line each."""

    code = "gate_refused"

    def __init__(self, message: str, *, reasons: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reasons = tuple(reasons)

    @property
    def details(self) -> Mapping[str, Any]:
        return {"reasons": list(self.reasons)}


class PolicyInvalid(ActionError):
    """A policy file that cannot be used."""

    code = "policy_invalid"


class NotFound(ActionError):
    """No such thing, or none that this principal may see. `near` are names that exist."""

    code = "not_found"

    def __init__(self, message: str, *, near: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.near = tuple(near)

    @property
    def details(self) -> Mapping[str, Any]:
        return {"near": list(self.near)}


class Unavailable(ActionError):
    """Something the action needs does not answer, or is not there yet."""

    code = "unavailable"


class ActionFailed(ActionError):
    """The action broke in a way nobody foresaw; its cause is logged, not answered."""

    code = "action_failed"


class RunFailed(ActionError):
    """A command ended otherwise than with 0, or a server answered otherwise than with success."""

    code = "run_failed"


class PlanMissing(ActionError):
    """No plan with that digest for this principal."""

    code = "plan_missing"


class PlanExpired(ActionError):
    """The plan was not applied in time."""

    code = "plan_expired"


class PlanAlreadyApplied(ActionError):
    """The plan was used up and left no result that could be answered again."""

    code = "plan_already_applied"


class PlanRejected(ActionError):
    """A person rejected the plan, which is final."""

    code = "plan_rejected"


class TargetMoved(ActionError):
    """What the plan was made for has changed since; `changes` says how, one line each."""

    code = "target_moved"

    def __init__(self, message: str, *, changes: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.changes = tuple(changes)

    @property
    def details(self) -> Mapping[str, Any]:
        return {"changes": list(self.changes)}


class PlaybookInvalid(ActionError):
    """A playbook's file that cannot be used."""

    code = "playbook_invalid"


class PlaybookStopped(ActionError):
    """A playbook cannot go on: a step came to something that was not approved, or nobody holds it any more."""

    code = "playbook_stopped"


class StateError(ActionError):
    """The files under the home cannot be used as they are."""

    code = "state_error"


class StateNewer(StateError):
    """Written by a newer version of Cuebook."""

    code = "state_newer"


class StateDamaged(StateError):
    """Not a database, or a damaged one."""

    code = "state_damaged"


class BackupDamaged(StateError):
    """An archive that is incomplete, altered or not ours."""

    code = "backup_damaged"


class BackupRefused(StateError):
    """Saving or restoring would overwrite something."""

    code = "backup_refused"
