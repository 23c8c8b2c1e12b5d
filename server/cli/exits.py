"""Exit codes, the same for every command: what a script may rely on.

0  done
1  failed: a fault of ours, or of the machine
2  usage: an unknown option, arguments that do not fit, or sources that cannot be read
3  not done yet: it is planned, or needs approval
4  denied, rejected by a person, or a limit is used up: the message says when to come back
5  a target of the plan moved
6  the plan expired
7  not found: no such entity, page, action or plan
8  unavailable: nothing indexed, a model or port that cannot be had, another index build under way
130  interrupted
"""

from enum import IntEnum

import ingest.errors
import tools.errors
from server.cli.serve import PortInUse


class Exit(IntEnum):
    DONE = 0
    FAILED = 1
    USAGE = 2
    PLANNED = 3
    DENIED = 4
    TARGET_MOVED = 5
    EXPIRED = 6
    NOT_FOUND = 7
    UNAVAILABLE = 8
    INTERRUPTED = 130


_BY_ERROR: tuple[tuple[type[Exception], Exit], ...] = (
    (tools.errors.InvalidArguments, Exit.USAGE),
    (tools.errors.NotAllowed, Exit.DENIED),
    (tools.errors.LockedOut, Exit.DENIED),
    (tools.errors.PlanRejected, Exit.DENIED),
    (tools.errors.LimitReached, Exit.DENIED),
    (tools.errors.GateRefused, Exit.DENIED),
    (tools.errors.PolicyInvalid, Exit.USAGE),
    (tools.errors.PlaybookInvalid, Exit.USAGE),
    (tools.errors.TargetMoved, Exit.TARGET_MOVED),
    (tools.errors.PlanExpired, Exit.EXPIRED),
    (tools.errors.UnknownAction, Exit.NOT_FOUND),
    (tools.errors.PlanMissing, Exit.NOT_FOUND),
    (tools.errors.NotFound, Exit.NOT_FOUND),
    (tools.errors.Unavailable, Exit.UNAVAILABLE),
    (ingest.errors.InvalidEntityRef, Exit.USAGE),
    (ingest.errors.SourceError, Exit.USAGE),
    (ingest.errors.NotFound, Exit.NOT_FOUND),
    (ingest.errors.IndexMissing, Exit.UNAVAILABLE),
    (ingest.errors.IndexBusy, Exit.UNAVAILABLE),
    (ingest.errors.IndexDamaged, Exit.UNAVAILABLE),
    (ingest.errors.EmbedderUnavailable, Exit.UNAVAILABLE),
    (ingest.errors.ModelUnavailable, Exit.UNAVAILABLE),
    (PortInUse, Exit.UNAVAILABLE),
)


def exit_code(error: Exception) -> Exit:
    """The exit code that stands for `error`."""
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), Exit.FAILED)
