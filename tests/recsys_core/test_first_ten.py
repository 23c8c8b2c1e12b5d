"""What lists show beyond hits: coverage, evenness, novelty, diversity."""

import numpy as np
import pytest

from recsys_core.data import Dataset, Interactions, Item
from recsys_core.judge import judge, load_protocol, split
from recsys_core.judge.first_ten import FirstTen, gini
from tests.recsys_core.test_judge import Fixed, shop

LOO = load_protocol("loo-refit")


def shelf() -> Dataset:
    """Three users know item a, one knows b; c is known to nobody. a and b share their only attribute."""
    items = [
        Item("a", attributes=("jazz",)),
        Item("b", attributes=("jazz",)),
        Item("c", attributes=("folk",)),
    ]
    pairs = [("1", "a"), ("2", "a"), ("3", "a"), ("3", "b")]
    return Dataset.build("shelf", Interactions(*zip(*pairs, strict=True)), items=items, ordered=True)


def listed(data: Dataset, *lists: str) -> FirstTen:
    ten = FirstTen(len(lists), len(data.items))
    for each in lists:
        scores = np.full(len(data.items), -np.inf)
        for place, item in enumerate(each):
            scores[data.item_index(item)] = -place
        ten.add(scores)
    return ten


def test_an_item_is_the_newer_the_fewer_know_it() -> None:
    data = shelf()
    a, b, c, both = listed(data, "a", "b", "c", "ab").shown(data).values["novelty@10"]
    assert (a, b, c) == pytest.approx((0, 1, 2))  # -log2 of 4/4, 2/4, 1/4
    assert both == pytest.approx((a + b) / 2)


def test_a_list_is_diverse_when_its_items_share_no_attribute() -> None:
    data = shelf()
    values = listed(data, "ab", "ac", "abc", "a", "").shown(data).values["diversity@10"]
    assert values == pytest.approx([0, 1, 2 / 3, 0, 0])


def test_without_attributes_there_is_no_diversity_to_tell() -> None:
    data = shop()
    views = judge(Fixed(np.arange(len(data.items), dtype=float)), split(data, LOO), LOO)
    assert "diversity@10" not in views["masked"].values
    assert views["masked"].values["novelty@10"].shape == views["masked"].values["mrr"].shape


def test_one_list_for_everybody_covers_ten_items_and_is_as_uneven_as_ten_items_can_be() -> None:
    data = shop()
    found = judge(Fixed(np.arange(len(data.items), dtype=float)), split(data, LOO), LOO)["unmasked"].overall
    assert found == pytest.approx({"coverage@10": 10 / 60, "gini@10": 50 / 60})


@pytest.mark.parametrize(
    ("counts", "expected"), [([1, 1, 1, 1], 0), ([0, 0, 0, 4], 0.75), ([1, 3], 0.25), ([0, 0], 0)]
)
def test_gini_of_a_worked_example(counts: list[int], expected: float) -> None:
    assert gini(np.array(counts)) == pytest.approx(expected)
