"""What recipes read: data sets by path and format, and other artifacts."""

import hashlib
from pathlib import Path

from pydantic import Field

from recsys_core.config import Config
from recsys_core.data import Dataset
from recsys_core.data.readers import read
from recsys_core.errors import ArtifactDamaged, DataMissing
from recsys_core.folders import sha256_of
from recsys_core.manifest import DataUsed, Manifest, read_manifest


class DataConfig(Config):
    """path: a file or folder as the format has it, relative to the configuration file."""

    path: str = Field(min_length=1)
    format: str

    def place(self, base: Path) -> Path:
        """Where the data is."""
        return (base / self.path).resolve()


def source_hash(place: Path) -> str:
    """sha256 over the bytes a reader may look at: the files of a folder, or a file and its attributes."""
    if not place.exists():
        raise DataMissing(f"no data at {str(place)!r}; correct data.path in the configuration")
    near = (
        place.iterdir() if place.is_dir() else (place, place.with_name(f"{place.stem}_item2attributes.json"))
    )
    digest = hashlib.sha256()
    for path in sorted(path for path in near if path.is_file()):
        digest.update(f"{path.name} {sha256_of(path)}\n".encode())
    return digest.hexdigest()


def read_data(place: Path, format: str) -> tuple[Dataset, DataUsed]:
    """The data set and what the manifest says of it. Raises what the readers raise."""
    source = source_hash(place)
    data = read(place, format)
    return data, DataUsed(name=data.name, hash=data.hash, format=format, path=str(place), source=source)


def parent(base: Path, path: str, *, kind: str) -> tuple[Manifest, Path]:
    """The verified artifact at `path`. Raises DataMissing, ArtifactVersion, ArtifactDamaged."""
    folder = (base / path).resolve()
    manifest = read_manifest(folder)
    if manifest.kind != kind:
        raise ArtifactDamaged(
            f"{path!r} is an artifact of kind {manifest.kind!r}; this recipe needs a {kind}"
        )
    return manifest, folder
