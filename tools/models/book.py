"""Answers actions out of the registry of `recsys_core`, opened late and spoken of in this package's errors.

Reading opens one SQLite file and imports neither MLflow nor numpy. A write that was cut off stays invisible, and is
completed by the next write.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.errors import (
    InvalidArguments,
    NotComparable,
    NotFound,
    StateDamaged,
    StateNewer,
    TargetMoved,
    Unavailable,
)
from tools.models.others import OtherModels
from tools.models.pipelines import LoadedPipelines
from tools.models.refs import near_refs, split_ref
from tools.restoring import refuse_while_restoring

if TYPE_CHECKING:
    from recsys_core import Pipeline
    from recsys_core.compatibility import Artifact
    from recsys_core.manifest import Manifest, ProtocolMetrics
    from recsys_core.registry import (
        AliasChange,
        AliasMove,
        Comparison,
        ModelCard,
        ModelVersion,
        Page,
        Registry,
    )
    from recsys_core.registry.others import SyncState, UnjudgedVersion
    from recsys_core.registry.rebuilding import Rebuilt
    from recsys_core.surface import Surface


@dataclass(frozen=True, slots=True)
class Judge:
    """A protocol that measured something. headline: the view that it quotes."""

    name: str
    hash: str
    headline: str

    def is_called(self, text: str) -> bool:
        """By its name, or by at least 8 digits of its hash."""
        return text == self.name or (len(text) >= 8 and self.hash.startswith(text))


class ModelBook:
    """Call it on a worker thread. tracking_uri: an MLflow server or database; None keeps all under the home. surfaces: a
    folder of a team's own, in place of the shipped ones.

    What others registered there is read again when the last reading is `stale_after` seconds old; without a
    `tracking_uri` only by `sync`, since nobody else writes into the home.
    """

    def __init__(
        self,
        home: Path,
        *,
        tracking_uri: str | None = None,
        stale_after: float = 60.0,
        surfaces: Path | None = None,
    ) -> None:
        self.home, self._uri, self._surfaces = home, tracking_uri, surfaces
        self._others = OtherModels(self.sync, self.synced, stale_after=stale_after)
        self._lock = threading.Lock()
        self._opened: Registry | None = None
        self._pipelines = LoadedPipelines()

    @property
    def registry(self) -> "Registry":
        """Made where there is none yet. Raises `StateNewer`, `Unavailable`; a failure is not kept."""
        if self._opened is None:
            with self._lock, translated():
                if self._opened is None:
                    from recsys_core.registry import Registry

                    refuse_while_restoring(self.home)
                    self._opened = Registry.open(self.home, tracking_uri=self._uri, settle=False)
        return self._opened

    def query(
        self,
        *,
        kind: str | None = None,
        sort_by: str | None = None,
        protocol: str | None = None,
        limit: int,
        offset: int = 0,
        **filters: str | None,
    ) -> "Page":
        """Versions that fit, newest first or by a metric, best first. kind: a model's, such as `als`, or `embedding`.

        Sorting by a metric takes the only protocol there is when none is given. Raises `NotComparable`.
        """
        wanted = {"kind": kind} if kind in {"embedding", "model"} else {"model": kind}
        with translated():
            return self.registry.query(
                **{**filters, **wanted}, protocol=protocol, sort_by=sort_by, limit=limit, offset=offset
            )

    def sync(self) -> "SyncState":
        """Read again what others registered in MLflow, and where they moved aliases of ours. Imports MLflow.

        A failure of the former is told in the state, and then the latter is left out.
        """
        with translated():
            state = self.registry.sync_others()
            if not state.problem:
                self.registry.sync_aliases()
            return state

    def rebuild(self) -> "Rebuilt":
        """Read the catalogue of versions again out of MLflow and the kept artifacts. Imports MLflow."""
        with translated():
            return self.registry.rebuild()

    def synced(self) -> "SyncState":
        """When what others registered was last read, and what went wrong since."""
        with translated():
            return self.registry.others.state()

    def unjudged(
        self, *, text: str | None, name: str | None, alias: str | None, by_name: bool, limit: int, offset: int
    ) -> "tuple[int, tuple[UnjudgedVersion, ...], SyncState]":
        """How many versions that others registered fit, a part of them, and how fresh that is."""
        state = self._others.look() if self._uri else self.synced()
        with translated():
            total, found = self.registry.others.query(
                text=text, name=name, alias=alias, by_name=by_name, limit=limit, offset=offset
            )
        return total, found, state

    def protocols(self) -> tuple["Judge", ...]:
        """Every protocol that measured something."""
        with translated():
            return tuple(Judge(*row) for row in self.registry.projection.protocols())

    def names(self) -> frozenset[str]:
        """The names of all models."""
        with translated():
            return frozenset(
                row[0] for row in self.registry.projection.rows("SELECT DISTINCT name FROM versions")
            )

    def metrics(self, protocol_hash: str) -> tuple[str, ...]:
        """What a protocol has measured, as `view/metric`."""
        query = "SELECT DISTINCT view, metric FROM figures WHERE hash = ? ORDER BY view, metric"
        with translated():
            return tuple("/".join(row) for row in self.registry.projection.rows(query, (protocol_hash,)))

    def version(self, ref: str) -> "ModelVersion":
        """What `name:version`, `name@alias`, or a name (its newest version) means.

        Raises `NotFound` with near refs.
        """
        from recsys_core.errors import UnknownVersion
        from recsys_core.registry.cards import resolve

        name, number = split_ref(ref)
        with translated():
            newest = self.registry.query(name=name, sort_by="name", limit=1).rows if name else ()
            if newest and number is None:
                return newest[0]
            try:
                if newest and number is not None:
                    return resolve(self.registry.projection, name, number)
                told = f"there is no model {ref[:80]!r} in the registry"
            except UnknownVersion as error:
                told = str(error)
            near = near_refs(ref, self._refs_like(name))
        if name and self.registry.others.query(name=name, limit=1)[0]:
            told += ", only versions that others registered in MLflow; query_model_catalog lists them with judged=false"
        hint = f"did you mean {' or '.join(near)}?" if near else "query_model_catalog lists what there is"
        raise NotFound(f"{told}; {hint}", near=near)

    def folder(self, version: "ModelVersion") -> Path:
        """Where the artifact of a version is kept."""
        return Path(self.card(version).source)

    def manifest(self, version: "ModelVersion") -> "Manifest":
        """The manifest a version was registered with."""
        from recsys_core.registry.cards import manifest_of

        with translated():
            return manifest_of(self.registry.projection, version)

    def pipeline(self, version: "ModelVersion") -> "Pipeline":
        """A fitted pipeline with its data; the last few are kept in memory. Imports numpy.

        Raises `InvalidArguments` for a model of another kind, `StateDamaged`, `Unavailable`.
        """
        if version.model != "pipeline" or version.kind != "model":
            pipelines = self.query(kind="pipeline", sort_by="name", limit=5).rows
            there = ", ".join(row.ref for row in pipelines) or "none yet"
            raise InvalidArguments(
                f"{version.ref} is no pipeline but {version.kind} of kind {version.model!r}, which scores items and "
                f"makes no slate; the pipelines there are: {there}"
            )
        folder = self.folder(version)
        with translated():
            return self._pipelines.get(version.digest, folder)

    def surface(self, name: str) -> "Surface":
        """The surface of this name, read anew. Raises `NotFound` naming those there are, `InvalidArguments`."""
        from recsys_core.surface import load_surface

        with translated():
            return load_surface(name, self._surfaces)

    def measured_in(self, run_id: str) -> "tuple[ProtocolMetrics, ...]":
        """What the evaluation of this run measured; nothing for an unknown one."""
        from recsys_core.registry.cards import parsed

        query = "SELECT manifest FROM evaluations JOIN manifests USING (digest) WHERE run_id = ?"
        with translated():
            rows = self.registry.projection.rows(query, (run_id,))
        return parsed(rows[0]).metrics if rows else ()

    def card(self, version: "ModelVersion") -> "ModelCard":
        """Everything known of a version."""
        with translated():
            return self.registry.describe(version.name, version.version)

    def place(self, card: "ModelCard") -> str:
        """The folder of its artifact, relative to the home where it is under it."""
        folder, home = Path(card.source), self.home.resolve()
        return (folder.relative_to(home) if folder.is_relative_to(home) else folder).as_posix()

    def count(self, name: str) -> int:
        """How many versions a model has."""
        with translated():
            return self.registry.query(name=name, limit=1).total

    def history(self, name: str) -> "tuple[AliasChange, ...]":
        """Alias changes of a model, oldest first."""
        with translated():
            return self.registry.history(name)

    def ancestry(self, versions: "Iterable[ModelVersion]") -> "dict[str, Artifact]":
        """By digest: these versions and all that they were made from."""
        from recsys_core.registry.ancestry import ancestry

        with translated():
            return ancestry(self.registry.projection, (version.digest for version in versions))

    def alias(self, name: str, alias: str) -> "ModelVersion | None":
        """What the alias points to."""
        with translated():
            rows = self.registry.query(name=name, alias=alias, limit=1).rows
        return rows[0] if rows else None

    def move(self, moves: "Sequence[AliasMove]", *, by: str) -> None:
        """See `Registry.set_aliases`. Imports MLflow. Raises `TargetMoved`, `NotFound`."""
        from recsys_core import errors as core

        with translated():
            try:
                self.registry.set_aliases(moves, by=by)
            except core.Conflict as error:
                raise TargetMoved(f"nothing was moved: {error}", changes=(str(error),)) from error
            for move in moves:
                held = self.alias(move.name, move.alias)
                if move.version != (held.version if held else None):
                    told = f"{move.name}@{move.alias} was moved by somebody else at the same moment"
                    raise TargetMoved(f"nothing was moved: {told}; plan again", changes=(told,))

    def compare(self, a: str, b: str, *, protocol: str | None) -> "Comparison":
        """See `Registry.compare`; a and b as `version` takes them. Raises `NotFound`, `NotComparable`."""
        left, right = self.version(a), self.version(b)
        with translated():
            return self.registry.compare(left.ref, right.ref, protocol=protocol)

    def register(self, folder: Path, *, name: str, owner: str) -> tuple[str, str]:
        """Ref and run id of the version that holds the artifact in `folder`, made now if it is not there.

        An embedding without a name of its own takes its artifact's. Imports MLflow.
        """
        from recsys_core.manifest import read_manifest

        with translated():
            name = name or read_manifest(folder, verify=False).name
            version = self.registry.register(folder, name=name, owner=owner)
        return version.ref, version.run_id

    def record(self, folder: Path, *, owner: str) -> tuple[str, str]:
        """Ref of the version that the evaluation in `folder` judged, and the evaluation's own run id. Imports MLflow."""
        from recsys_core.manifest import read_manifest

        with translated():
            digest = read_manifest(folder, verify=False).digest
            version = self.registry.record(folder, owner=owner)
            held = self.registry.evaluations(version.name, version.version)
        return version.ref, next(found.run_id for found in held if found.digest == digest)

    def settle(self) -> None:
        """Complete a write that was cut off; costs nothing when there is none."""
        with translated():
            self.registry.settle()

    def _refs_like(self, name: str) -> tuple[str, ...]:
        """Every ref of the model if there is one of that name, else the names of all models."""
        rows = self.registry.projection.rows
        held = [
            *(f"{name}@{row['alias']}" for row in rows("SELECT alias FROM aliases WHERE name = ?", (name,))),
            *(
                f"{name}:{row['version']}"
                for row in rows("SELECT version FROM versions WHERE name = ? ORDER BY version DESC", (name,))
            ),
        ]
        return tuple(
            held or (row["name"] for row in rows("SELECT DISTINCT name FROM versions ORDER BY name"))
        )


@contextmanager
def translated() -> Iterator[None]:
    """What the core raises, in this package's words."""
    from recsys_core import errors as core

    try:
        yield
    except core.NotComparable as error:
        raise NotComparable(str(error)) from error
    except core.RegistryNewer as error:
        raise StateNewer(str(error)) from error
    except (core.UnknownVersion, core.UnknownSurface, core.UnknownUser, core.UnknownItem) as error:
        raise NotFound(str(error)) from error
    except (
        core.RegistryUnavailable,
        core.OutputBusy,
        core.LibraryMissing,
        core.ArtifactVersion,
        core.DataMissing,
    ) as error:
        raise Unavailable(str(error)) from error
    except (core.ArtifactDamaged, core.InvalidScores) as error:
        raise StateDamaged(str(error)) from error
    except core.RecsysError as error:
        raise InvalidArguments(str(error)) from error
