"""Saves what cannot be rebuilt, and brings it back: state, audit and model registry, on request the index.

The archive is a `.tar.gz` that begins with `manifest.json`: versions, and size and SHA-256 of each member.
Databases are copied by SQLite's backup interface, so a running server does not disturb it; the state first
and the audit after it, so that every change in the state has its intent in the audit. The registry's databases are
copied while its lock is held, its artifacts after them. Settings are named in the manifest, not copied: they may hold
keys. Restoring wants the server stopped.
"""

from tools.backup.manifest import Manifest, Member
from tools.backup.restore import RestoreReport, restore
from tools.backup.save import BackupReport, backup

__all__ = ["BackupReport", "Manifest", "Member", "RestoreReport", "backup", "restore"]
