"""Whether what an archive holds is whole, before any of it is put in place."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tools.audit import verify
from tools.backup.manifest import DATABASES, QUESTIONS, Manifest
from tools.errors import BackupDamaged, StateNewer


def check(staged: Path, manifest: Manifest) -> None:
    """Look into everything that was unpacked to `staged`.

    Raises `BackupDamaged`, and `StateNewer` for what a newer version wrote.
    """
    _databases(staged)
    _audit(staged, manifest)
    _registry(staged, manifest)


def _databases(staged: Path) -> None:
    for name in (*DATABASES, *QUESTIONS):
        if not (staged / name).exists():
            continue
        with closing(_read_only(staged / name)) as reader:
            try:
                fault = _fault(name, reader)
            except sqlite3.DatabaseError as error:
                raise BackupDamaged(f"{name} in the archive is no database: {error}") from error
        if fault is not None:
            raise BackupDamaged(f"{name} in the archive is damaged: {fault}; use another copy")


def _audit(staged: Path, manifest: Manifest) -> None:
    """What was broken when it was saved comes back as evidence; what was cut or edited since does not."""
    found, fault = "", ""
    if (staged / "audit.db").exists():
        with closing(_read_only(staged / "audit.db")) as reader:
            try:
                verdict = verify(reader)
            except sqlite3.DatabaseError as error:
                raise BackupDamaged(f"audit.db in the archive is no audit: {error}") from error
        found = verdict.anchor
        fault = "" if verdict.broken is None else f"row {verdict.broken.number}: {verdict.broken.reason}"
    if (found, fault) != (manifest.audit_head, manifest.audit_fault):
        raise BackupDamaged(
            f"the audit in the archive ends at {found or 'nothing'}{fault and f' ({fault})'} and was saved as "
            f"{manifest.audit_head or 'nothing'}: it was cut or edited since; use another copy"
        )


def _registry(staged: Path, manifest: Manifest) -> None:
    """What a registry lacked when it was saved is known; anything else means that the archive is not whole."""
    from recsys_core.errors import RegistryNewer
    from recsys_core.registry.health import examine

    try:
        health = examine(staged, verify=False)
    except RegistryNewer as error:
        raise StateNewer(f"the archive was written by a newer version: {error}") from error
    if health and health.fault != manifest.registry_fault:
        raise BackupDamaged(f"the registry in the archive is not whole: {health.fault}; use another copy")


def _fault(name: str, reader: sqlite3.Connection) -> str | None:
    from tools.state.state import known_revisions

    found = reader.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        return str(found)
    if name == "audit.db":
        return None  # a chain that was broken when it was saved is evidence, and comes back as it was
    if name in QUESTIONS:
        return None  # a newer one is told when it is opened
    (revision,) = reader.execute("SELECT version_num FROM alembic_version").fetchone()
    if revision not in known_revisions():
        raise StateNewer(f"the archive was written by a newer version (schema {revision!r}); upgrade cuebook")
    return None


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
