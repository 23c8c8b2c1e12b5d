"""Slices: who is counted in which."""

import numpy as np
import pytest

from recsys_core.data import Dataset, Interactions, Item, Vertical
from recsys_core.judge import load_protocol, split
from recsys_core.judge.slices import by_slice

LOO = load_protocol("loo-refit")


def test_held_out_items_are_of_head_torso_or_tail_by_what_training_saw() -> None:
    """Training holds a six times, b and c twice each, x and n never."""
    rows = {"1": "aax", "2": "aaa", "3": "aab", "4": "bbc", "5": "ccn"}
    pairs = [(user, item) for user, items in rows.items() for item in items]
    data = Dataset.build("shelf", Interactions(*zip(*pairs, strict=True)), ordered=True)
    parts = split(data, LOO)
    found = by_slice(np.ones(len(parts.targets)), parts)
    counted = {name: np.flatnonzero(np.isfinite(values["mrr"])).tolist() for name, values in found.items()}
    assert counted == {"head": [1], "torso": [2, 3], "tail": [0, 4], "cold items": [0, 4]}


def test_a_slice_has_the_figures_of_its_own_held_out_items() -> None:
    items = [Item("song"), Item("episode", vertical=Vertical.EPISODE), Item("other")]
    pairs = [("1", "other"), ("1", "song"), ("2", "other"), ("2", "episode"), ("3", "other"), ("3", "song")]
    data = Dataset.build("shelf", Interactions(*zip(*pairs, strict=True)), items=items, ordered=True)
    found = by_slice(np.array([1.0, 4.0, 2.0]), split(data, LOO))
    assert np.nanmean(found["other"]["mrr"]) == pytest.approx(3 / 4)
    assert np.nanmean(found["episode"]["mrr"]) == pytest.approx(1 / 4)
    assert "cold users" not in found  # all of them: it would be the whole
