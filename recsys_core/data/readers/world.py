"""The generated world as a format: a JSON file with a `WorldConfig` instead of interactions."""

from functools import lru_cache
from pathlib import Path

from recsys_core.config import parse, read_object
from recsys_core.data.dataset import Dataset
from recsys_core.world import WorldConfig, generate


def read(path: Path) -> Dataset:
    """Raises DataMissing, InvalidConfig."""
    return _data(parse(WorldConfig, read_object(path), where=path.name))


@lru_cache(maxsize=1)
def _data(config: WorldConfig) -> Dataset:
    """Kept, because training and judging ask for the same world one after the other; it cannot change."""
    return generate(config).data
