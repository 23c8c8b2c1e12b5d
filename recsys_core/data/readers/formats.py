"""Which formats there are: the files of this folder, by name."""

import importlib
from pathlib import Path

from recsys_core.data.dataset import Dataset
from recsys_core.errors import UnknownStage

NOT_FORMATS = {"__init__", Path(__file__).stem}


def formats() -> tuple[str, ...]:
    """Names of the formats, sorted."""
    files = Path(__file__).parent.glob("*.py")
    return tuple(sorted(file.stem.replace("_", "-") for file in files if file.stem not in NOT_FORMATS))


def read(path: Path, format: str) -> Dataset:
    """The data set at `path`. Raises UnknownStage, DataMissing, BrokenLine, InvalidData."""
    if format not in formats():
        raise UnknownStage(f"no format {format!r}; known are {', '.join(formats())}")
    dataset: Dataset = importlib.import_module(f"{__package__}.{format.replace('-', '_')}").read(path)
    return dataset
