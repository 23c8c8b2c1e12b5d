"""The traps of evaluating recommenders, one test each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recsys_core.data import Dataset, Histories, Interactions
from recsys_core.errors import InvalidScores
from recsys_core.judge import Interval, intervals, judge, load_protocol, paired_difference, split
from recsys_core.judge.metrics import metrics
from recsys_core.judge.ranks import _row, rank

LOO = load_protocol("loo-refit")


class Fixed:
    """Answers the same scores to everybody."""

    def __init__(self, scores: NDArray[np.floating]) -> None:
        self.scores = scores.astype(np.float32)

    def score(self, histories: Histories) -> NDArray[np.float32]:
        return np.tile(self.scores, (len(histories), 1))


def shop(users: int = 40, items: int = 60, length: int = 6) -> Dataset:
    rng = np.random.default_rng(0)
    rows = [rng.permutation(items)[:length] for _ in range(users)]
    pairs = [(str(user), str(item)) for user, row in enumerate(rows) for item in row]
    everything = [("collector", str(item)) for item in range(items)]
    return Dataset.build("shop", Interactions(*zip(*(pairs + everything), strict=True)), ordered=True)


def test_a_constant_model_finds_nothing() -> None:
    data = shop()
    views = judge(Fixed(np.zeros(len(data.items))), split(data, LOO), LOO)
    assert views["unmasked"].values["recall@50"].sum() == 0
    assert views["unmasked"].tied == 1.0


def test_a_tie_counts_against_the_model_and_is_told() -> None:
    past, wanted = Histories.of([[0]], item_count=4), Histories.of([[1]], item_count=4)
    found = rank(np.array([[0.0, 5.0, 5.0, 5.0]]), past, wanted)
    assert found.masked.tolist() == [3]
    assert found.ties_masked.tolist() == [2]


@pytest.mark.parametrize("fault", [np.nan, np.inf])
def test_a_score_that_is_no_number_is_refused_with_its_place(fault: float) -> None:
    data = shop()
    scores = np.zeros(len(data.items))
    scores[7] = fault
    with pytest.raises(InvalidScores, match=f"user index 0, item index 7 as {fault}"):
        judge(Fixed(scores), split(data, LOO), LOO)


def test_scores_of_another_shape_are_refused() -> None:
    with pytest.raises(InvalidScores, match=r"shape \(40, 3\)|shape \(41, 3\)"):
        judge(Fixed(np.zeros(3)), split(shop(), LOO), LOO)


def test_masking_works_on_negative_scores_too() -> None:
    past, wanted = Histories.of([[0, 1]], item_count=4), Histories.of([[2]], item_count=4)
    found = rank(np.array([[-1.0, -2.0, -3.0, -4.0]]), past, wanted)
    assert found.masked.tolist() == [1]
    assert found.unmasked.tolist() == [3]


def test_a_repeated_target_cannot_be_found_once_masked_and_is_told() -> None:
    data = Dataset.build("r", Interactions(["u"] * 3, ["1", "2", "1"]), ordered=True)
    views = judge(
        Fixed(np.array([9.0, 1.0])[[data.item_index("1"), data.item_index("2")]]), split(data, LOO), LOO
    )
    assert views["masked"].values["recall@50"].tolist() == [0]
    assert views["unmasked"].values["recall@50"].tolist() == [1]
    assert views["masked"].unwinnable == 1.0


def test_a_repeat_in_the_history_is_masked_once() -> None:
    past, wanted = Histories.of([[0, 0, 0]], item_count=3), Histories.of([[1]], item_count=3)
    assert rank(np.array([[3.0, 2.0, 1.0]]), past, wanted).masked.tolist() == [1]


def test_items_on_one_semantic_id_are_ranked_as_items() -> None:
    """A collapsed tokenizer gives ten items one score: a hit on their shared ID is no hit on the item."""
    past, wanted = Histories.of([[19]], item_count=20), Histories.of([[3]], item_count=20)
    scores = np.where(np.arange(20) < 10, 1.0, 0.0)[None]
    assert rank(scores, past, wanted).masked.tolist() == [10]


def test_an_item_scored_minus_infinity_is_never_found() -> None:
    past, wanted = Histories.of([[0]], item_count=3), Histories.of([[1]], item_count=3)
    assert rank(np.array([[0.0, -np.inf, -np.inf]]), past, wanted).masked.tolist() == [np.inf]


def test_targets_training_never_saw_stay_in_the_test() -> None:
    data = Dataset.build("c", Interactions(["a", "a", "b", "b"], ["1", "2", "1", "new"]), ordered=True)
    parts = split(data, LOO)
    assert len(parts.targets) == 2
    assert parts.train.counts[data.item_index("new")] == 0


def test_the_candidates_are_the_whole_catalogue() -> None:
    past, wanted = Histories.of([[0]], item_count=5_000), Histories.of([[1]], item_count=5_000)
    assert rank(-np.arange(5_000.0)[None][:, ::-1], past, wanted).unmasked.tolist() == [4_999]


def test_hit_rate_equals_recall_when_one_item_is_held_out() -> None:
    data = shop()
    views = judge(Fixed(np.random.default_rng(1).random(len(data.items))), split(data, LOO), LOO)
    assert views["masked"].values["hr@10"].tolist() == views["masked"].values["recall@10"].tolist()


def test_metrics_of_a_worked_example() -> None:
    """Two of three held-out items at ranks 1 and 4."""
    values = metrics(np.array([1, 4, np.inf]), np.zeros(3, np.int64), users=1, cutoffs=(2, 5))
    assert values["recall@2"][0] == pytest.approx(1 / 3)
    assert values["recall@5"][0] == pytest.approx(2 / 3)
    assert values["ndcg@5"][0] == pytest.approx((1 + 1 / np.log2(5)) / (1 + 1 / np.log2(3) + 1 / 2))
    assert values["mrr"][0] == 1


@given(st.integers(0, 2**32 - 1))
def test_counting_equals_sorting_with_every_tie_put_before_the_target(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, size=30).astype(np.float32)
    seen = rng.permutation(30)[: rng.integers(0, 12)]
    target = int(rng.integers(30))
    found = rank(
        scores[None], Histories.of([seen.tolist()], item_count=30), Histories.of([[target]], item_count=30)
    )
    order = sorted(range(30), key=lambda item: (-scores[item], item == target))
    assert found.unmasked[0] == order.index(target) + 1
    fresh = [item for item in order if item not in seen]
    assert found.masked[0] == (fresh.index(target) + 1 if target in fresh else np.inf)


@given(st.integers(0, 2**32 - 1))
def test_one_target_and_many_are_counted_alike(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 5, size=25).astype(np.float32)
    seen = np.sort(rng.permutation(25)[:6])
    target = np.array([int(rng.integers(25))])
    quick = rank(
        scores[None],
        Histories.of([seen.tolist()], item_count=25),
        Histories.of([target.tolist()], item_count=25),
    )
    unmasked, masked, ties, ties_masked = _row(scores, target, seen)
    assert (quick.unmasked, quick.masked) == (unmasked, masked)
    assert (quick.ties_unmasked, quick.ties_masked) == (ties, ties_masked)


@given(st.integers(0, 2**32 - 1))
def test_many_targets_take_different_ranks_behind_their_ties(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, size=20).astype(np.float32)
    targets = rng.permutation(20)[:5]
    found = rank(
        scores[None], Histories.of([[]], item_count=20), Histories.of([targets.tolist()], item_count=20)
    )
    order = sorted(range(20), key=lambda item: (-scores[item], item in targets))
    assert sorted(found.masked) == sorted(order.index(item) + 1 for item in targets)


def test_blocks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    data = shop()
    model = Fixed(np.random.default_rng(2).random(len(data.items)))
    whole = judge(model, split(data, LOO), LOO)
    monkeypatch.setattr("recsys_core.judge.evaluator.BLOCK", 130)
    pieces = judge(model, split(data, LOO), LOO)
    assert pieces["masked"].values["mrr"].tolist() == whole["masked"].values["mrr"].tolist()
    assert pieces["unmasked"].overall == whole["unmasked"].overall


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(100):
        interval = intervals({"x": rng.random(200)}, resamples=200)["x"]
        inside += interval.low <= 0.5 <= interval.high
    assert 88 <= inside <= 100


def test_the_same_seed_gives_the_same_interval() -> None:
    values = {"x": np.random.default_rng(4).random(50)}
    assert intervals(values, seed=1) == intervals(values, seed=1) != intervals(values, seed=2)


def test_pairing_sees_a_difference_that_separate_intervals_hide() -> None:
    rng = np.random.default_rng(5)
    theirs = rng.random(400)
    ours = theirs + 0.02 + 0.01 * rng.standard_normal(400)
    apart = intervals({"ours": ours, "theirs": theirs})
    assert apart["theirs"].high > apart["ours"].low
    assert paired_difference(ours, theirs).excludes_zero


def test_an_interval_that_touches_zero_excludes_nothing() -> None:
    assert not Interval(0.0, 0.1, 0.2).excludes_zero
    assert Interval(-0.3, -0.2, -0.1).excludes_zero
