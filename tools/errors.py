"""What can go wrong between a caller and an action.

    ActionError
    ├── InvalidAction        a file in an actions folder that is no action (raised at discovery)
    ├── UnknownAction        no action of that name
    ├── InvalidArguments     arguments that do not fit the action's input, field by field
    ├── NotAllowed           the principal lacks the scope that the action asks for
    ├── NotFound             no such thing, or none that this principal may see
    ├── Unavailable          something the action needs does not answer, or is not there yet
    ├── ActionFailed         the action broke in a way nobody foresaw; the log has the details
    ├── PlanMissing          no plan with that digest for this principal
    ├── PlanExpired          the plan was not applied in time
    ├── PlanAlreadyApplied   the plan was used up and left no result that could be answered again
    ├── TargetMoved          what the plan was made for has changed since
    └── StateError           the files under the home cannot be used as they are
        ├── StateNewer       written by a newer version of Cuebook
        ├── StateDamaged     not a database, or a damaged one
        ├── BackupDamaged    an archive that is incomplete, altered or not ours
        └── BackupRefused    saving or restoring would overwrite something

`code` names the class for programs, `details` holds the parts for them; the message is written for whoever
reads it, which is often a model: what was wrong, and what to call next.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


class ActionError(Exception):
    """Root of this package's errors."""

    code: ClassVar[str] = "action_error"

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


class NotAllowed(ActionError):
    """The principal lacks the scope that the action asks for."""

    code = "not_allowed"


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


class PlanMissing(ActionError):
    """No plan with that digest for this principal."""

    code = "plan_missing"


class PlanExpired(ActionError):
    """The plan was not applied in time."""

    code = "plan_expired"


class PlanAlreadyApplied(ActionError):
    """The plan was used up and left no result that could be answered again."""

    code = "plan_already_applied"


class TargetMoved(ActionError):
    """What the plan was made for has changed since; `changes` says how, one line each."""

    code = "target_moved"

    def __init__(self, message: str, *, changes: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.changes = tuple(changes)

    @property
    def details(self) -> Mapping[str, Any]:
        return {"changes": list(self.changes)}


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
