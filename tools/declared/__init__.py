"""Actions that a team declares in YAML, one file each in `actions.d`: no code of theirs runs in this process.

A file says what runs: an argument vector (never a shell line), a Ray job, or an HTTP call to a host that the operator
allowed. It is planned, approved and audited as every other action is. See `docs/actions-d.md`.
"""

from tools.declared.allowed import Allowed
from tools.declared.folder import Declared, read_folder

__all__ = ["Allowed", "Declared", "read_folder"]
