"""Is a registry whole? Looks without changing anything, and without MLflow."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from recsys_core.errors import RecsysError, RegistryNewer
from recsys_core.manifest import FILE, read_manifest
from recsys_core.registry.mlflow_store import DIGEST
from recsys_core.registry.projection import VERSION

PROJECTION, MLFLOW = "registry.sqlite", "mlflow.db"
_NAMED = 3  # faults a message names
_REGISTERED = """
    SELECT DISTINCT tags.value FROM model_version_tags AS tags JOIN model_versions AS versions
    USING (name, version) WHERE tags.key = ? AND versions.current_stage != 'Deleted_Internal'
"""


@dataclass(frozen=True, slots=True)
class Health:
    """intents: writes that were cut off, which the next write completes. faults: what is damaged or gone."""

    versions: int = 0
    evaluations: int = 0
    intents: int = 0
    faults: tuple[str, ...] = ()

    @property
    def fault(self) -> str:
        """The faults in one line, empty when there is none."""
        more = len(self.faults) - _NAMED
        return "; ".join((*self.faults[:_NAMED], *((f"and {more} more",) if more > 0 else ())))


def examine(home: Path, *, verify: bool = True) -> Health | None:
    """The registry in `home`, None where there is none; `verify` also hashes every file of every artifact.

    Raises RegistryNewer.
    """
    if not (home / PROJECTION).exists():
        return None
    faults = [fault for name in (PROJECTION, MLFLOW) if (fault := _damaged(home / name))]
    if any(fault.startswith(PROJECTION) for fault in faults):
        return Health(faults=tuple(faults))
    with closing(_read_only(home / PROJECTION)) as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise RegistryNewer(
                f"{PROJECTION} has version {version}, this code reads {VERSION}; "
                "update cuebook, or restore the backup from before the update"
            )
        counts = {
            table: int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - our own names
            for table in ("versions", "evaluations", "intents")
        }
        digests = db.execute(
            "SELECT name || ':' || version, digest FROM versions UNION ALL "
            "SELECT 'the evaluation of ' || name || ':' || version, digest FROM evaluations"
        ).fetchall()
    faults += [fault for name, digest in digests for fault in _lacking(home, name, digest, verify=verify)]
    return Health(**counts, faults=tuple(faults))


def unlisted(home: Path) -> int:
    """How many versions of ours MLflow's file has and the projection has not: it was lost, and a rebuild helps.

    0 while a write that was cut off waits to be completed, and where a file cannot be read.
    """
    if not (home / MLFLOW).exists():
        return 0
    try:
        with closing(_read_only(home / MLFLOW)) as mlflow:
            registered = {row[0] for row in mlflow.execute(_REGISTERED, (DIGEST,))}
        if not (home / PROJECTION).exists():
            return len(registered)
        with closing(_read_only(home / PROJECTION)) as db:
            if db.execute("SELECT 1 FROM intents LIMIT 1").fetchone():
                return 0
            return len(registered - {row[0] for row in db.execute("SELECT digest FROM versions")})
    except sqlite3.DatabaseError:
        return 0


def _damaged(path: Path) -> str:
    if not path.exists():
        return ""
    try:
        with closing(_read_only(path)) as db:
            found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return f"{path.name}: {error}"
    return "" if found == "ok" else f"{path.name}: {found}"


def _lacking(home: Path, name: str, digest: str, *, verify: bool) -> Iterator[str]:
    folder = home / "artifacts" / digest
    if not (folder / FILE).exists():
        yield f"the artifact of {name} is gone (artifacts/{digest[:12]}…)"
    elif verify:
        try:
            read_manifest(folder)
        except RecsysError as error:
            yield f"{name}: {error}"


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
