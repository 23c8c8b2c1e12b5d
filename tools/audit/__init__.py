"""What was asked of the actions, by whom, and what came of it: append-only and hash-chained, in its own file."""

from tools.audit.chain import GENESIS, Broken, Entry, Verdict, verify
from tools.audit.query import Found, Wanted
from tools.audit.store import Audit

__all__ = ["GENESIS", "Audit", "Broken", "Entry", "Found", "Verdict", "Wanted", "verify"]
