"""The generated world as a format: a JSON file with a `WorldConfig` instead of interactions."""

from functools import lru_cache
from pathlib import Path

from recsys_core.config import parse, read_object
from recsys_core.data.dataset import Dataset
from recsys_core.world import World, WorldConfig, generate


def read(path: Path) -> Dataset:
    """Raises DataMissing, InvalidConfig."""
    return read_world(path).data


def read_world(path: Path) -> World:
    """The world itself, whose law tells what anybody would play. Raises DataMissing, InvalidConfig."""
    return _world(parse(WorldConfig, read_object(path), where=path.name))


@lru_cache(maxsize=1)
def _world(config: WorldConfig) -> World:
    """Kept, because training and judging ask for the same world one after the other; it cannot change."""
    return generate(config)
