"""The generated world as a format: a JSON file with a `WorldConfig` instead of interactions."""

from pathlib import Path

from recsys_core.config import parse, read_object
from recsys_core.data.dataset import Dataset
from recsys_core.world import WorldConfig, generate


def read(path: Path) -> Dataset:
    """Raises DataMissing, InvalidConfig."""
    return generate(parse(WorldConfig, read_object(path), where=path.name)).data
