"""What an archive must not bring back to life.

It shows the state as it was when it was saved. A plan that was open then may have been applied since, with the approval
that is in the archive; a playbook has gone on; a grant may have been used up or taken back. So all of these end with a
restore, and are planned or given anew by whoever still wants them.
"""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_WENT_ON = "it was under way when this backup was made; look at what it came to, then plan anew"
_WAS_OPEN = "the state was restored from a backup, and since that was made this plan may have been applied"


@dataclass(frozen=True, slots=True)
class Ended:
    """How many plans that were open, and standing grants, count no more."""

    plans: int = 0
    grants: int = 0


def end_what_was_open(state: Path) -> Ended:
    """End it in the unpacked state database, which may be of an earlier version; nothing where there is none."""
    if not state.exists():
        return Ended()
    now = time.time()
    with closing(sqlite3.connect(state)) as writer, writer:
        there = {name for (name,) in writer.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "playbook_runs" in there:
            writer.execute(
                "UPDATE applications SET status = 'lost', reason = ? WHERE status = 'running' "
                "AND digest IN (SELECT digest FROM playbook_runs)",
                (_WENT_ON,),
            )
        plans = _refused(writer, now) if {"plans", "applications"} <= there else 0
        grants = _revoked(writer, now) if "grants" in there else 0
    return Ended(plans, grants)


def _refused(writer: sqlite3.Connection, now: float) -> int:
    return writer.execute(
        "INSERT INTO applications (digest, status, process, started_at, reason) "
        "SELECT digest, 'refused', '', ?, ? FROM plans "
        "WHERE expires_at > ? AND digest NOT IN (SELECT digest FROM applications)",
        (now, _WAS_OPEN, now),
    ).rowcount


def _revoked(writer: sqlite3.Connection, now: float) -> int:
    return writer.execute(
        "UPDATE grants SET revoked_at = ?, revoked_by = 'a restore' WHERE revoked_at IS NULL AND expires_at > ?",
        (now, now),
    ).rowcount
