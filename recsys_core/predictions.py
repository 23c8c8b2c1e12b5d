"""Ranked lists of a model that was not trained here: read from a file, and what in them was doubtful.

JSONL, a line a user:  {"user": "u1", "items": ["i9", "i2"], "scores": [0.9, 0.4]}      scores may be left out
Parquet, a row a user: columns `user`, `items` (a list), and if there is one `scores` (a list); needs pyarrow.

Every doubt counts against the model: an unknown or repeated item keeps its place in the list, a user without a list is
missed, and of equal scores the held-out item comes last.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.dataset import Dataset
from recsys_core.data.histories import Histories
from recsys_core.data.lines import numbered_lines
from recsys_core.errors import BrokenLine, DataMissing, InvalidData
from recsys_core.libraries import library

LONGEST = 10_000  # items of a list
_EXAMPLES = 3
FILLER = -1


@dataclass(frozen=True, slots=True)
class Found:
    """How often something doubtful was met, and the first few."""

    count: int = 0
    examples: tuple[str, ...] = ()

    def __add__(self, what: str) -> "Found":
        return Found(self.count + 1, (*self.examples, what)[:_EXAMPLES])


@dataclass(frozen=True, eq=False)
class RankedList:
    """items: (length,) dense indices, `FILLER` for a place that nothing of the catalogue holds. levels: (length,) from
    0, equal where scores are."""

    items: NDArray[np.int64]
    levels: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Lists by dense user index, of tested users only, and what was met by name of the doubt."""

    lists: Mapping[int, RankedList]
    met: Mapping[str, Found]
    sha256: str
    read: int
    longest: int


def read_predictions(path: Path, data: Dataset, tested: NDArray[np.int64], *, depth: int) -> Predictions:
    """The lists in `path`; `tested` are dense indices of the users with something held out, `depth` the largest cutoff.

    Raises DataMissing, BrokenLine for a line that is no list, LibraryMissing for Parquet without pyarrow, InvalidData
    when no tested user has a list.
    """
    users, items = _positions(data.user_ids), _positions(data.item_ids)
    wanted = set(tested.tolist())
    lists: dict[int, RankedList] = {}
    seen: set[str] = set()
    met = dict.fromkeys(DOUBTS, Found())
    read = 0
    for place, value in _rows(path):
        user, ids, scores = _list_of(value, path, place)
        read += 1
        doubt = _about_user(user, seen, users, wanted)
        seen.add(user)
        if doubt:
            met[doubt] += user
            continue
        dense = _dense(ids, items, met, user)
        levels = _levels(ids, scores)
        if len(np.unique(levels)) < len(levels):
            met["lists_with_ties"] += user
        if len(ids) < depth:
            met["short_lists"] += user
        lists[users[user]] = RankedList(dense, levels)
    if not lists:
        raise InvalidData(_nobody(path, read, met, data))
    for index in sorted(wanted - lists.keys()):
        met["users_without_a_list"] += data.user_ids[index]
    longest = max(len(found.items) for found in lists.values())
    return Predictions(lists, met, _sha256(path), read, longest)


DOUBTS = {
    "unknown_users": "users that the data does not hold; left out",
    "untested_users": "users of whom nothing is held out; left out",
    "repeated_users": "further lists of a user; the first one counts",
    "users_without_a_list": "tested users without a list; counted as missed",
    "unknown_items": "entries that the catalogue does not hold; they keep their places",
    "repeated_items": "entries that the list had before; they keep their places",
    "short_lists": "lists shorter than the largest cutoff; what is not listed is missed",
    "lists_with_ties": "lists with equal scores; ties count against the model",
}
"""Each doubt that is counted, and what is done about it."""


def scores_of(histories: Histories, predictions: Predictions) -> NDArray[np.float32]:
    """(rows, items + fillers) scores that rank as the lists do: the fillers' columns stand for places that nothing of
    the catalogue holds, and what is not listed is -inf."""
    rows = len(histories)
    scores = np.full((rows, histories.item_count + predictions.longest), -np.inf, dtype=np.float32)
    for row, user in enumerate(histories.users.tolist()):
        found = predictions.lists.get(user)
        if found is None:
            continue
        fillers = found.items == FILLER
        columns = np.where(fillers, histories.item_count + np.cumsum(fillers) - 1, found.items)
        scores[row, columns] = -found.levels
    return scores


def _rows(path: Path) -> Iterator[tuple[int, Any]]:
    if path.suffix.lower() in {".parquet", ".pq"}:
        yield from _parquet_rows(path)
        return
    for number, text in numbered_lines(path):
        try:
            yield number, json.loads(text, object_pairs_hook=_once)
        except (ValueError, RecursionError):
            raise BrokenLine(
                path, number, text, 'JSON such as {"user": "u1", "items": ["i9", "i2"]}'
            ) from None


def _parquet_rows(path: Path) -> Iterator[tuple[int, Any]]:
    parquet = library("pyarrow", module="pyarrow.parquet", needed_for=f"reading {path.name!r}")
    if not path.is_file():
        raise DataMissing(f"no file {path.name!r} at {str(path)!r}; give the path of the predictions")
    try:
        file = parquet.ParquetFile(path)
    except Exception as error:  # pyarrow's errors are its own, and only it has them
        raise InvalidData(f"{path.name} is no Parquet file: {error}") from error
    with file:
        columns = [name for name in ("user", "items", "scores") if name in file.schema_arrow.names]
        if columns[:2] != ["user", "items"]:
            raise InvalidData(
                f"{path.name} has the columns {', '.join(file.schema_arrow.names)}; `user` and `items` are needed"
            )
        number = 0
        batches = file.iter_batches(columns=columns, batch_size=10_000)
        while (rows := _rows_of(batches, path, number)) is not None:
            for value in rows:
                number += 1
                yield number, {name: each for name, each in value.items() if each is not None}


def _rows_of(batches: Iterator[Any], path: Path, read: int) -> list[dict[str, Any]] | None:
    """The next batch's rows, None after the last. Raises InvalidData for one that is damaged."""
    try:
        batch = next(batches, None)
        return None if batch is None else batch.to_pylist()
    except Exception as error:  # as above; a file can begin well
        raise InvalidData(f"{path.name} is damaged after row {read}: {error}; write it anew") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of two values by one name nobody could tell which is meant."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("an object names something twice")
    return made


def _list_of(value: Any, path: Path, place: int) -> tuple[str, list[str], list[float] | None]:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    if not isinstance(value, dict) or not {"user", "items"} <= value.keys() <= {"user", "items", "scores"}:
        raise BrokenLine(path, place, shown, "an object with `user`, `items` and perhaps `scores`")
    user, ids, scores = value["user"], value["items"], value.get("scores")
    if not _is_id(user):
        raise BrokenLine(path, place, shown, "a list with a `user` that is a text or a whole number")
    if not isinstance(ids, list) or not all(map(_is_id, ids)) or len(ids) > LONGEST:
        raise BrokenLine(
            path, place, shown, f"a list with `items`, at most {LONGEST:,} texts or whole numbers"
        )
    if scores is not None:
        numbers = isinstance(scores, list) and all(
            isinstance(each, int | float) and not isinstance(each, bool) and math.isfinite(each)
            for each in scores
        )
        if not numbers or len(scores) != len(ids):
            raise BrokenLine(path, place, shown, "a list with one finite number in `scores` for each item")
        if any(later > earlier for earlier, later in pairwise(scores)):
            raise BrokenLine(path, place, shown, "a list whose `scores` go down, best item first")
    return str(user), [str(each) for each in ids], scores


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _about_user(user: str, seen: set[str], users: Mapping[str, int], wanted: set[int]) -> str:
    if user in seen:
        return "repeated_users"
    if user not in users:
        return "unknown_users"
    return "" if users[user] in wanted else "untested_users"


def _dense(ids: list[str], items: Mapping[str, int], met: dict[str, Found], user: str) -> NDArray[np.int64]:
    dense = np.full(len(ids), FILLER, dtype=np.int64)
    before: set[str] = set()
    for place, id in enumerate(ids):
        if id in before:
            met["repeated_items"] += f"{id} of {user}"
        elif id not in items:
            met["unknown_items"] += f"{id} of {user}"
        else:
            dense[place] = items[id]
        before.add(id)
    return dense


def _levels(ids: list[str], scores: list[float] | None) -> NDArray[np.int64]:
    if scores is None or not ids:
        return np.arange(len(ids), dtype=np.int64)
    return np.append(0, (np.diff(np.asarray(scores, dtype=np.float64)) < 0).cumsum()).astype(np.int64)


def _nobody(path: Path, read: int, met: Mapping[str, Found], data: Dataset) -> str:
    told = "; ".join(
        f"{found.count:,} {name.replace('_', ' ')}, such as {', '.join(found.examples)}"
        for name, found in met.items()
        if found.count
    )
    return (
        f"{path.name} has {read:,} lists and none of a tested user of {data.name} ({told or 'it is empty'}); its users are "
        f"called like {data.user_ids[0]!r}"
    )


def _positions(ids: tuple[str, ...]) -> Mapping[str, int]:
    return {id: position for position, id in enumerate(ids)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
