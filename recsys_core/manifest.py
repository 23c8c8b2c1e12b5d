"""`manifest.json`: what an artifact folder holds, where it came from and how good it is.

An artifact is known by its digest, a hash over the canonical manifest without times, so the same training on the
same data with the same code has the same digest. This module imports nothing heavy: who reads a manifest needs no
numpy.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from recsys_core.config import Config, parse, read_object
from recsys_core.errors import ArtifactDamaged, ArtifactVersion, DataMissing, InvalidConfig
from recsys_core.folders import sha256_of

VERSION = 1
FILE = "manifest.json"

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Measured(Config):
    """A mean over users, and its bootstrap interval where there is one."""

    mean: float
    low: float | None = None
    high: float | None = None


class ProtocolMetrics(Config):
    """What one protocol measured. views: "masked" and "unmasked", then by metric; headline: the view that is quoted."""

    protocol: str
    hash: Digest
    headline: str
    views: dict[str, dict[str, Measured]]

    def quoted(self) -> dict[str, Measured]:
        """The metrics of the headline view."""
        return self.views[self.headline]


class DataUsed(Config):
    """hash: of the data set as it was read; source: of the files it was read from, at `path`."""

    name: str
    hash: Digest
    format: str
    path: str
    source: Digest


class Code(Config):
    """version: of the package, None in a plain checkout. revision: git commit, "+changed" when files differ from it."""

    version: str | None
    revision: str | None


class Environment(Config):
    """Where it ran; libraries: versions of those that decide figures; threads: cores the process might use."""

    python: str
    platform: str
    libraries: dict[str, str]
    threads: int


class StoredFile(Config):
    """A file of the artifact."""

    sha256: Digest
    bytes: int


class Manifest(Config):
    """parents: digests of artifacts this one was made from. requires: distributions that reading it needs.

    inputs: hashes of everything the recipe read, by role. facts: plain numbers and words that belong to the kind.
    seconds: CPU seconds by stage.
    """

    version: Literal[1] = 1
    kind: Literal["model", "evaluation", "embedding"]
    recipe: str
    name: Name
    config: dict[str, Any]
    data: DataUsed
    inputs: dict[str, str]
    code: Code
    parents: tuple[Digest, ...] = ()
    requires: tuple[str, ...]
    facts: dict[str, Any]
    metrics: tuple[ProtocolMetrics, ...] = ()
    environment: Environment
    files: dict[str, StoredFile]
    seconds: dict[str, float]
    created_at: datetime

    @cached_property
    def digest(self) -> str:
        """sha256 over the canonical JSON without times and without `data.path`, the place the data lay at."""
        content = self.model_dump(
            mode="json", exclude={"created_at": True, "seconds": True, "data": {"path"}}
        )
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def to_json(self) -> str:
        """What is written: the fields and the digest. Raises ValueError for NaN in facts."""
        content = self.model_dump(mode="json") | {"digest": self.digest}
        return json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n"


def read_manifest(folder: Path, *, verify: bool = True) -> Manifest:
    """The manifest of an artifact; `verify` also hashes its files.

    Raises DataMissing, ArtifactVersion, and ArtifactDamaged for a file that is missing, changed or not listed.
    """
    manifest = _parsed(_values(folder), folder)
    if verify:
        check_files(manifest, folder)
    return manifest


def read_head(folder: Path, name: str, *, version: int, what: str, recipe: str) -> dict[str, Any]:
    """The file of a verified artifact that says how to read it as `what`, which `recipe` makes.

    Raises what `read_manifest` does, DataMissing for an artifact of something else, and ArtifactVersion.
    """
    read_manifest(folder)
    if not (folder / name).is_file():
        raise DataMissing(
            f"{str(folder)!r} holds no {what}: it has no {name}; make it with the recipe `{recipe}`"
        )
    head = read_object(folder / name)
    if head.get("version") != version:
        raise ArtifactVersion(
            f"{folder.name} has version {head.get('version')!r} of {what}, this code reads {version}; make it again"
        )
    return head


def check_files(manifest: Manifest, folder: Path) -> None:
    """Raises ArtifactDamaged naming the file that is missing, changed or not listed."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if not path.is_dir()}
    found.pop(FILE, None)
    for name in sorted(found.keys() ^ manifest.files.keys()):
        fault = (
            "lacks the file {!r} that its manifest lists"
            if name in manifest.files
            else "holds {!r}, not listed"
        )
        raise ArtifactDamaged(f"{folder.name} {fault.format(name)}; make the artifact again")
    for name, stored in manifest.files.items():
        if sha256_of(found[name]) != stored.sha256:
            raise ArtifactDamaged(
                f"{folder.name}: {name!r} changed since it was written; make the artifact again"
            )


def files_of(folder: Path) -> dict[str, StoredFile]:
    """Hash and size of every file below `folder`, by relative path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): StoredFile(sha256=sha256_of(path), bytes=path.stat().st_size)
        for path in paths
    }


def _values(folder: Path) -> dict[str, Any]:
    try:
        return read_object(folder / FILE)
    except DataMissing:
        raise DataMissing(
            f"no artifact in {str(folder)!r}: it has no {FILE}; give a folder that a recipe wrote"
        ) from None
    except InvalidConfig as error:
        raise ArtifactDamaged(f"{folder.name}: {error}; make the artifact again") from error
    except NotADirectoryError as error:
        raise DataMissing(f"{str(folder)!r} is a file; give a folder that a recipe wrote") from error


def _parsed(values: Mapping[str, Any], folder: Path) -> Manifest:
    if values.get("version") != VERSION:
        raise ArtifactVersion(
            f"{folder.name} has manifest version {values.get('version')!r}, this code reads {VERSION}; "
            "make the artifact again, or read it with the version that wrote it"
        )
    try:
        manifest = parse(
            Manifest,
            {key: value for key, value in values.items() if key != "digest"},
            where=f"{folder.name}/{FILE}",
        )
    except InvalidConfig as error:
        raise ArtifactDamaged(f"{error}. Make the artifact again") from error
    if manifest.digest != values.get("digest"):
        raise ArtifactDamaged(f"{folder.name}: {FILE} changed since it was written; make the artifact again")
    return manifest
