"""The registry: register artifacts, move aliases, ask.

Questions are answered by the projection alone and import neither MLflow nor numpy. A write takes the lock, notes what
it intends, does it in MLflow, and finishes with one transaction in the projection; so a write that was cut off is
invisible, and the next one, or the next `open`, completes it.

    home/mlflow.db         MLflow's own tables (or a tracking server, by URI)
    home/others.sqlite     a copy of what others registered in the same MLflow
    home/registry.sqlite   the projection, the history of aliases, intents
    home/artifacts/DIGEST  registered artifacts: a copy each, so that no job's clean-up takes a version's files
"""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from recsys_core.errors import (
    AlreadyRegistered,
    Conflict,
    InvalidConfig,
    OutputBusy,
    RecsysError,
    UnknownVersion,
)
from recsys_core.folders import drafted
from recsys_core.manifest import Manifest, read_manifest
from recsys_core.registry.cards import card, resolve
from recsys_core.registry.comparison import compare
from recsys_core.registry.lock import sole_writer
from recsys_core.registry.mlflow_store import MlflowStore
from recsys_core.registry.others import Others, SyncState
from recsys_core.registry.projection import Projection, add_evaluation, add_move, add_version
from recsys_core.registry.rebuilding import Rebuilt, analyze, read_aliases, rebuild
from recsys_core.registry.records import AliasChange, Comparison, Evaluation, ModelCard, ModelVersion, Page

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
MOST = 500  # rows a page
PATIENCE = 30.0  # seconds a writer waits for another


@dataclass(frozen=True, slots=True)
class AliasMove:
    """Point `alias` to `version` (None takes it away) if it points to `expected` now (None: nowhere)."""

    name: str
    alias: str
    version: int | None
    expected: int | None


class Registry:
    """Open one with `Registry.open`."""

    def __init__(self, home: Path, store: MlflowStore, projection: Projection) -> None:
        self.home, self.store, self.projection = home, store, projection

    @classmethod
    def open(cls, home: Path, *, tracking_uri: str | None = None, settle: bool = True) -> "Registry":
        """The registry under `home`, made when it is not there.

        A write that was cut off is completed, which takes MLflow; not with `settle=False`, for who only asks: then the
        next write does it. Raises RegistryNewer, RegistryUnavailable.
        """
        home = home.resolve()
        projection = Projection(home / "registry.sqlite")
        artifacts = "" if tracking_uri else (home / "artifacts" / "mlflow").as_uri()
        store = MlflowStore(tracking_uri or f"sqlite:///{home / 'mlflow.db'}", artifacts=artifacts)
        registry = cls(home, store, projection)
        if settle:
            registry.settle()
        return registry

    def register(self, artifact_folder: Path, *, name: str, owner: str) -> ModelVersion:
        """The version that holds this model or embedding, made now if it is not there.

        Raises what `read_manifest` raises, InvalidConfig, AlreadyRegistered under another name, OutputBusy.
        """
        manifest = self._readable(artifact_folder, kinds=("model", "embedding"))
        _named("name", name)
        with self._writing():
            if (found := self._by_digest(manifest.digest)) is None:
                what = {"digest": manifest.digest, "name": name, "owner": _owned(owner)}
                self._intended("version", what, lambda: self._keep(artifact_folder, manifest))
                found = self._by_digest(manifest.digest)
        if found is None or found.name != name:
            raise AlreadyRegistered(
                f"this artifact is {found.ref if found else 'elsewhere'} already; an artifact has one name"
            )
        return found

    def record(self, artifact_folder: Path, *, owner: str) -> ModelVersion:
        """Attach an evaluation to the version that it judged; doing it again changes nothing.

        Raises what `read_manifest` raises, and UnknownVersion when the judged model is not registered.
        """
        manifest = self._readable(artifact_folder, kinds=("evaluation",))
        with self._writing():
            judged = self._by_digest(manifest.parents[0]) if manifest.parents else None
            if judged is None:
                raise UnknownVersion(
                    f"{artifact_folder.name} judged an artifact that is not registered "
                    f"({', '.join(parent[:12] for parent in manifest.parents)}); register the model first"
                )
            if not self.projection.rows("SELECT 1 FROM evaluations WHERE digest = ?", (manifest.digest,)):
                what = {"digest": manifest.digest, "owner": _owned(owner)}
                self._intended("evaluation", what, lambda: self._keep(artifact_folder, manifest))
        return self.describe(judged.name, judged.version).version

    def set_alias(
        self, name: str, alias: str, version: int | None, *, expected: int | None, by: str
    ) -> ModelVersion | None:
        """Point `alias` to `version` (None takes it away) if it points to `expected` now (None: nowhere).

        Raises UnknownVersion, InvalidConfig, Conflict naming what it points to and what was expected.
        """
        self.set_aliases((AliasMove(name, alias, version, expected),), by=by)
        return None if version is None else self.projection.version(name, version)

    def set_aliases(self, moves: Sequence[AliasMove], *, by: str) -> None:
        """Move several aliases as one: all of them if each points to what is expected, else none.

        A killed process leaves none or all of them moved, once the next writer has settled what it left. Raises
        what `set_alias` raises.
        """
        for move in moves:
            _named("alias", move.alias)
        with self._writing():
            wanted = [move for move in moves if self._differs(move)]
            if wanted:
                rows = [
                    {"name": move.name, "alias": move.alias, "old": move.expected, "new": move.version}
                    for move in wanted
                ]
                self._intended("aliases", {"moves": rows, "by": _owned(by), "at": _now()}, lambda: None)

    def _differs(self, move: AliasMove) -> bool:
        if move.version is not None:
            resolve(self.projection, move.name, move.version)
        current = self.store.alias(move.name, move.alias) if self.query(name=move.name).total else None
        if current != move.expected:
            raise Conflict(
                f"{move.name}@{move.alias} points to {_told(current)}, and {_told(move.expected)} was expected; "
                "look at it again before moving it"
            )
        return current != move.version

    def query(
        self,
        *,
        name: str | None = None,
        kind: str | None = None,
        model: str | None = None,
        alias: str | None = None,
        owner: str | None = None,
        data: str | None = None,
        text: str | None = None,
        protocol: str | None = None,
        sort_by: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Page:
        """Versions that fit; see `Projection.query`. Raises NotComparable, InvalidConfig for an impossible page."""
        if not (1 <= limit <= MOST and 0 <= offset < 2**31):
            raise InvalidConfig(f"limit = {limit}, offset = {offset}; limit is 1 to {MOST}, offset 0 or more")
        return self.projection.query(
            name=name, kind=kind, model=model, alias=alias, owner=owner, data=data, text=text, protocol=protocol,
            sort_by=sort_by, limit=limit, offset=offset,
        )  # fmt: skip

    def describe(self, name: str, version: int | str) -> ModelCard:
        """A version by number or alias, with evaluations and lineage. Raises UnknownVersion."""
        return card(self.projection, resolve(self.projection, name, version))

    def compare(self, a: str, b: str, *, protocol: str | None = None) -> Comparison:
        """Two versions, each `name:version` or `name@alias`, under the protocol that measured both.

        Raises UnknownVersion, NotComparable naming the protocols or data sets that differ.
        """
        return compare(self.projection, a, b, protocol=protocol)

    def history(self, name: str) -> tuple[AliasChange, ...]:
        """Alias changes of a model, oldest first."""
        return self.projection.history(name)

    def evaluations(self, name: str, version: int | str) -> tuple[Evaluation, ...]:
        """Evaluations of a version, newest first. Raises UnknownVersion."""
        return self.describe(name, version).evaluations

    def folder(self, name: str, version: int | str) -> Path:
        """Where the artifact of a version is kept. Raises UnknownVersion."""
        return Path(self.describe(name, version).source)

    def rebuild(self) -> Rebuilt:
        """Read everything from MLflow again; the history of aliases stays, with what was moved outside added."""
        with self._writing():
            return rebuild(self.projection, self.store)

    @cached_property
    def others(self) -> Others:
        """What others registered in the same MLflow, as of the last sync; in a file of its own, `others.sqlite`."""
        return Others(self.home / "others.sqlite", self.store)

    def sync_others(self) -> SyncState:
        """Read what others registered again; bounded, and a failure is told in the state."""
        digests = self.projection.rows("SELECT digest FROM versions")
        return self.others.sync({row["digest"] for row in digests})

    def sync_aliases(self) -> int:
        """Take over where aliases were moved in MLflow itself; how many, each now a line of the history."""
        with self._writing():
            return read_aliases(self.projection, self.store)

    def settle(self) -> None:
        """Complete or drop what a killed process intended, unless a writer is at it."""
        if not self.projection.rows("SELECT 1 FROM intents LIMIT 1"):
            return
        try:
            with self._writing(patience=0):
                pass
        except OutputBusy:
            return

    @contextmanager
    def _writing(self, *, patience: float = PATIENCE) -> Iterator[None]:
        """The lock of the home; whoever gets it first settles what its predecessor left."""
        with sole_writer(self.home, patience=patience):
            for row in self.projection.rows("SELECT id, kind, what FROM intents ORDER BY id"):
                self._finish(row["id"], row["kind"], json.loads(row["what"]))
            yield

    def _intended(self, kind: str, what: dict[str, Any], first: Callable[[], object]) -> None:
        with self.projection.changed() as db:
            number = db.execute(
                "INSERT INTO intents (kind, what) VALUES (?, ?)", (kind, json.dumps(what))
            ).lastrowid
        try:
            first()
            self._finish(int(number or 0), kind, what)
        except RecsysError:
            # told to the caller, who will ask again if it is still wanted
            with self.projection.changed() as db:
                db.execute("DELETE FROM intents WHERE id = ?", (number,))
            raise

    def _finish(self, number: int, kind: str, what: dict[str, Any]) -> None:
        """Do what was intended, from any point on; an artifact that was not kept yet is dropped."""
        work = {
            "version": self._add_version,
            "evaluation": self._add_evaluation,
            "aliases": self._move,
            "alias": self._move,
        }[kind]
        row = work(what)
        with self.projection.changed() as db:
            row(db)
            db.execute("DELETE FROM intents WHERE id = ?", (number,))
            versions = db.execute("SELECT count(*) FROM versions").fetchone()[0]
        if kind == "version" and versions & (versions - 1) == 0:  # whenever there are twice as many
            analyze(self.projection)

    def _add_version(self, what: dict[str, Any]) -> Callable[[sqlite3.Connection], None]:
        source = self._kept(what["digest"])
        if not source.exists():
            return _nothing
        manifest, name, owner = read_manifest(source), what["name"], what["owner"]
        run_id = self.store.log_run(manifest, name=name, owner=owner, source=str(source))
        version = self.store.add_version(manifest, name=name, owner=owner, source=str(source), run_id=run_id)
        return lambda db: add_version(
            db, manifest, name=name, version=version, owner=owner, run_id=run_id, source=str(source)
        )

    def _add_evaluation(self, what: dict[str, Any]) -> Callable[[sqlite3.Connection], None]:
        source = self._kept(what["digest"])
        if not source.exists():
            return _nothing
        manifest, owner = read_manifest(source), what["owner"]
        judged = self._by_digest(manifest.parents[0])
        if judged is None:
            return _nothing
        run_id = self.store.log_run(manifest, name=judged.name, owner=owner, source=str(source))
        return lambda db: add_evaluation(
            db,
            manifest,
            name=judged.name,
            version=judged.version,
            owner=owner,
            run_id=run_id,
            source=str(source),
        )

    def _move(self, what: dict[str, Any]) -> Callable[[sqlite3.Connection], None]:
        moves = what.get("moves", [what])  # a single move was noted by itself in earlier versions
        for each in moves:
            if self.store.alias(each["name"], each["alias"]) not in {each["old"], each["new"]}:
                return _nothing  # moved by somebody else meanwhile; `rebuild` shows it
        for each in moves:
            self.store.set_alias(each["name"], each["alias"], each["new"])

        def write(db: sqlite3.Connection) -> None:
            for each in moves:
                place = (each["name"], each["alias"])
                db.execute("DELETE FROM aliases WHERE name = ? AND alias = ?", place)
                if each["new"] is not None:
                    db.execute("INSERT INTO aliases VALUES (?, ?, ?)", (*place, each["new"]))
                add_move(db, *place, old=each["old"], new=each["new"], by=what["by"], at=what["at"])

        return write

    def _readable(self, folder: Path, *, kinds: tuple[str, ...]) -> Manifest:
        manifest = read_manifest(folder)
        if manifest.kind not in kinds:
            right = "record" if manifest.kind == "evaluation" else "register"
            raise InvalidConfig(
                f"{folder.name} is an artifact of kind {manifest.kind!r}; use `{right}` for it"
            )
        return manifest

    def _keep(self, folder: Path, manifest: Manifest) -> None:
        kept = self._kept(manifest.digest)
        if kept.exists():
            return
        with drafted(kept) as draft:
            shutil.copytree(folder, draft, dirs_exist_ok=True)
            read_manifest(draft)  # it may have changed since it was checked

    def _kept(self, digest: str) -> Path:
        return self.home / "artifacts" / digest

    def _by_digest(self, digest: str) -> ModelVersion | None:
        rows = self.projection.rows("SELECT name, version FROM versions WHERE digest = ?", (digest,))
        return self.projection.version(rows[0]["name"], rows[0]["version"]) if rows else None


def _nothing(db: sqlite3.Connection) -> None:
    """There is nothing to write."""


def _named(what: str, value: str) -> None:
    if not NAME.fullmatch(value):
        raise InvalidConfig(f"{what} = {value!r}; use small letters, digits, '.', '_' and '-', 63 at most")


def _owned(owner: str) -> str:
    if not owner.strip() or len(owner) > 200 or not owner.isprintable():
        raise InvalidConfig(
            f"owner = {owner[:80]!r}; name who answers for it, such as 'group:default/discovery'"
        )
    return owner


def _told(version: int | None) -> str:
    return "nothing" if version is None else f"version {version}"


def _now() -> str:
    return datetime.now(UTC).isoformat()
