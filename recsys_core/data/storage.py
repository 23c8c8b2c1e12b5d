"""A data set on disk, as a part of other artifacts: arrays in safetensors, names and metadata in JSON."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from recsys_core.config import read_object
from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.data.items import Item, Playlist, Vertical
from recsys_core.errors import ArtifactDamaged

NAMES, ARRAYS = "data.json", "data.safetensors"


def save(data: Dataset, folder: Path) -> None:
    """Write `data` into an existing folder."""
    from safetensors.numpy import save_file

    arrays = {"indptr": data.histories.indptr, "items": data.histories.items}
    arrays |= {name: array for name in ("times", "weights") if (array := getattr(data, name)) is not None}
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / ARRAYS)
    markets = [None if item.markets is None else sorted(item.markets) for item in data.items]
    names = {
        "name": data.name,
        "ordered": data.ordered,
        "user_ids": data.user_ids,
        "items": [
            {**asdict(item), "markets": places} for item, places in zip(data.items, markets, strict=True)
        ],
        "playlists": [[playlist.title, playlist.items] for playlist in data.playlists],
        "hash": data.hash,
    }
    (folder / NAMES).write_text(json.dumps(names), encoding="utf-8")


def load(folder: Path) -> Dataset:
    """The data set in `folder`. Raises DataMissing, and ArtifactDamaged when its content hash is another one."""
    from safetensors.numpy import load_file

    names = read_object(folder / NAMES)
    arrays = load_file(folder / ARRAYS)
    data = Dataset(
        name=names["name"],
        user_ids=tuple(names["user_ids"]),
        items=tuple(_item(fields) for fields in names["items"]),
        histories=Histories(
            users=np.arange(len(names["user_ids"]), dtype=np.int64),
            indptr=arrays["indptr"],
            items=arrays["items"],
            item_count=len(names["items"]),
        ),
        times=arrays.get("times"),
        weights=arrays.get("weights"),
        ordered=names["ordered"],
        playlists=tuple(Playlist(title, tuple(items)) for title, items in names["playlists"]),
    )
    if data.hash != names["hash"]:
        raise ArtifactDamaged(f"the data in {folder.name} changed since it was written; train again")
    return data


def _item(fields: dict[str, Any]) -> Item:
    markets = fields["markets"]
    typed = {
        "vertical": Vertical(fields["vertical"]),
        "attributes": tuple(fields["attributes"]),
        "markets": None if markets is None else frozenset(markets),
    }
    return Item(**(fields | typed))
