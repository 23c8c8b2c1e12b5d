"""Beam search over the IDs that exist: every answer is an item that the request may have, and none comes twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from recsys_core.errors import InvalidConfig, InvalidScores
from recsys_core.semantic_ids.books import Codes
from recsys_core.semantic_ids.trie import Pruned, Trie, Wanted

Scores = NDArray[np.float32]


class Decoder(Protocol):
    """What says how likely each next code is."""

    def __call__(self, users: NDArray[np.int64], prefixes: Codes, /) -> Scores:
        """(rows, size) logits of the code that follows `prefixes` (rows, level) for `users` (rows,)."""
        ...


@dataclass(frozen=True, eq=False)
class Found:
    """For one request, best first. rows: of the catalogue. codes: (n, levels). scores: log-probabilities. why: of an empty answer."""

    rows: NDArray[np.int64]
    codes: Codes
    scores: Scores
    why: str = ""


def decode(
    trie: Trie,
    decoder: Decoder,
    requests: Sequence[Wanted],
    *,
    beam: int,
    normalised: Literal["before", "after"] = "before",
) -> tuple[Found, ...]:
    """At most `beam` items for each request, request i being that of user i.

    normalised: whether a step's probabilities are taken over all codes, or after those that lead nowhere are masked; the first
    lets scores of different prefixes be compared, the second is what a constrained `generate` does. Fewer items come back only
    where there are no more. Raises InvalidConfig for beam < 1, InvalidScores for NaN.
    """
    if beam < 1:
        raise InvalidConfig(f"beam = {beam}; it has to be at least 1")
    views = [Pruned.of(trie, wanted) for wanted in requests]
    users = np.arange(len(requests), dtype=np.int64)
    prefixes = np.zeros((len(requests), 0), dtype=np.int32)
    nodes = np.zeros(len(requests), dtype=np.int64)
    scores = np.zeros(len(requests), dtype=np.float32)
    for level in range(trie.levels):
        logits = np.asarray(decoder(users, prefixes), dtype=np.float32)
        _check(logits, (len(users), trie.size))
        mask = _masks(views, level, users, nodes)
        steps = scores[:, None] + _log_probabilities(logits, mask, normalised)
        rows, codes = _best(steps, mask, users, beam)
        users, scores = users[rows], steps[rows, codes]
        nodes = trie.follow(level, nodes[rows], codes)
        prefixes = np.concatenate([prefixes[rows], codes[:, None].astype(np.int32)], axis=1)
    found = []
    for user, view in enumerate(views):
        own = np.flatnonzero(users == user)
        found.append(Found(trie.rows[nodes[own]], prefixes[own], scores[own], "" if len(own) else view.why))
    return tuple(found)


def _masks(
    views: Sequence[Pruned], level: int, users: NDArray[np.int64], nodes: NDArray[np.int64]
) -> NDArray[np.bool_]:
    mask = np.zeros((len(users), views[0].trie.size if views else 0), dtype=np.bool_)
    for user in np.unique(users):
        own = np.flatnonzero(users == user)
        mask[own] = views[user].mask(level, nodes[own])
    return mask


def _log_probabilities(logits: Scores, mask: NDArray[np.bool_], normalised: str) -> Scores:
    counted = np.where(mask, logits, -np.inf) if normalised == "after" else logits
    highest = counted.max(axis=1, keepdims=True, initial=-np.inf)
    shifted = counted - np.where(np.isfinite(highest), highest, 0)
    with np.errstate(divide="ignore"):  # a row that leads nowhere has a sum of 0
        total = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.asarray(shifted - np.where(np.isfinite(total), total, 0), dtype=np.float32)


def _best(
    steps: Scores, mask: NDArray[np.bool_], users: NDArray[np.int64], beam: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and codes of each user's best, users in order, best first, of equal ones the earlier prefix and lower code."""
    chosen_rows, chosen_codes = [], []
    for user in np.unique(users):
        own = np.flatnonzero(users == user)
        places = np.flatnonzero(mask[own])
        values = steps[own].reshape(-1)[places]
        if len(values) > beam:
            worst = np.partition(values, len(values) - beam)[len(values) - beam]
            keep = np.flatnonzero(values >= worst)
            places, values = places[keep], values[keep]
        order = np.lexsort((places, -values))[:beam]
        row, code = np.divmod(places[order], mask.shape[1])
        chosen_rows.append(own[row])
        chosen_codes.append(code)
    none = np.zeros(0, dtype=np.int64)
    return np.concatenate([none, *chosen_rows]), np.concatenate([none, *chosen_codes])


def _check(logits: Scores, shape: tuple[int, int]) -> None:
    if logits.shape != shape:
        raise InvalidScores(f"the decoder gave logits of shape {logits.shape}, and {shape} were asked for")
    if np.isnan(logits).any():
        raise InvalidScores("the decoder gave NaN; train it again")
