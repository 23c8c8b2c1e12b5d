"""What a job is expected to cost, from the size of its data: rough, and rather too much than too little.

The rates are about twice the worst CPU seconds by interaction in `benchmarks/RESULTS.md`; a data set's size is told
from its bytes, or for a generated world from its configuration. Whether a job keeps to it is watched while it runs.
"""

import json
from pathlib import Path

from tools.plan import Estimate
from tools.settings import DataSet

_START = 4.0  # CPU seconds to import what a recipe needs; it took 1.6
_FILES = {"hetrec": "user_artists.dat", "ml-100k": "u.data"}  # where a folder holds its interactions
_BYTES = {"s3rec": 6, "ml-100k": 20, "hetrec": 14}  # a line or entry of these formats
_TRAINING = {
    "popularity": 2,
    "item_knn": 20,
    "als": 110,
    "item2vec": 1_300,
    "sequential": 5_000,
    "pipeline": 480,
}  # microseconds
_JUDGING = {"pipeline": 500}
_OTHER_TRAINING, _OTHER_JUDGING = 1_300, 80


def estimated(recipe: str, *, kind: str, data: DataSet) -> Estimate:
    """`kind` is the model's; nothing here takes a GPU."""
    each = _TRAINING.get(kind, _OTHER_TRAINING) if recipe == "train" else _JUDGING.get(kind, _OTHER_JUDGING)
    seconds = _START + _interactions(data) * each / 1e6
    return Estimate(seconds=round(seconds, 1), cpu_hours=round(seconds / 3600, 5))


def _interactions(data: DataSet) -> float:
    if data.format == "world":
        return _world(data.path)
    return _size(data.path, name=_FILES.get(data.format, "*")) / _BYTES.get(data.format, 10)


def _world(path: Path) -> float:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        users, days = int(config.get("users", 800)), int(config.get("days", 30))
    except (OSError, ValueError, AttributeError, TypeError):
        return 0.0  # the recipe says what is wrong with it
    return users * days / 2  # the default one has 0.41 a user and day


def _size(path: Path, *, name: str) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.glob(name) if file.is_file())
    return path.stat().st_size if path.exists() else 0
