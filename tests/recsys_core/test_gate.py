"""Which figures speak against a version."""

import pytest

from recsys_core.manifest import Measured
from recsys_core.registry import Comparison, Difference, ModelVersion, SliceDifference
from recsys_core.registry.gate import Gate, objections


def _version(number: int) -> ModelVersion:
    return ModelVersion(
        name="knn", version=number, kind="model", model="item_knn", digest="d", owner="o", aliases=(), metrics=(),
        parents=(), data_name="world", data_hash="h", run_id="r", created_at="t",
    )  # fmt: skip


def _compared(
    difference: Measured, *slices: tuple[str, int, Measured], sliced: bool = True, metric: str = "ndcg@10"
) -> Comparison:
    incumbent = 0.1
    one = Difference(
        view="masked",
        metric=metric,
        a=Measured(mean=incumbent + difference.mean),
        b=Measured(mean=incumbent),
        difference=difference,
    )
    parts = tuple(
        SliceDifference(
            slice=name, metric="ndcg@10", users=users, a=incumbent + span.mean, b=incumbent, difference=span
        )
        for name, users, span in slices
    )
    return Comparison(
        a=_version(2), b=_version(1), protocol="loo-full", protocol_hash="f" * 64, paired=difference.low is not None,
        headline="masked", metrics=(one,), slices=parts if sliced else None, differs={},
    )  # fmt: skip


def _span(mean: float, low: float, high: float) -> Measured:
    return Measured(mean=mean, low=low, high=high)


UNDECIDED = _span(0.0, -0.01, 0.01)


@pytest.mark.parametrize(
    ("difference", "told"),
    [
        (_span(0.01, 0.001, 0.02), None),
        (UNDECIDED, None),
        (_span(-0.004, -0.02, 0.01), None),
        (_span(-0.002, -0.003, -0.001), "lower, with the whole interval"),
        (_span(-0.006, -0.02, 0.01), "lower by more than 5%"),
        (Measured(mean=0.01), "cannot be paired"),
    ],
)
def test_the_whole_must_not_be_worse(difference: Measured, told: str | None) -> None:
    found = objections(_compared(difference))
    assert [told in each for each in found] == [True] if told else found == ()


@pytest.mark.parametrize(
    ("users", "difference", "refused"),
    [
        (400, _span(-0.009, -0.02, 0.01), False),
        (400, _span(-0.011, -0.02, 0.01), True),
        (400, _span(-0.002, -0.003, -0.001), True),
        (29, _span(-0.05, -0.2, 0.1), False),
        (29, _span(-0.05, -0.2, -0.01), True),
    ],
)
def test_no_vertical_may_pay_for_it(users: int, difference: Measured, refused: bool) -> None:
    found = objections(_compared(_span(0.02, 0.01, 0.03), ("episode", users, difference)))
    assert bool(found) == refused
    assert all(f"in the slice episode ({users} users)" in each for each in found)


def test_a_slice_or_metric_that_was_not_measured_is_an_objection() -> None:
    assert "judge knn:2 and knn:1 again" in objections(_compared(UNDECIDED, sliced=False))[0]
    assert objections(_compared(UNDECIDED, metric="mrr")) == (
        "loo-full does not measure ndcg@10 in its view 'masked'",
    )


@pytest.mark.parametrize(
    ("difference", "refused"),
    [
        (_span(-0.011, -0.02, -0.001), True),
        (_span(-0.011, -0.03, 0.001), False),  # unsure
        (_span(-0.009, -0.012, -0.006), False),  # a trade that people may want
        (_span(0.02, 0.01, 0.03), False),
    ],
)
def test_a_goal_must_not_be_lost_beyond_doubt(difference: Measured, refused: bool) -> None:
    found = _compared(_span(0.02, 0.01, 0.03))
    goal = _compared(difference, metric="discovery@10").metrics[0]
    told = objections(found.model_copy(update={"metrics": (*found.metrics, goal)}))
    assert ["discovery@10 of knn:2 is lower" in each for each in told] == [True] * refused


def test_an_incumbent_that_finds_nothing_is_no_bar() -> None:
    found = _compared(UNDECIDED)
    nothing = found.metrics[0].model_copy(update={"b": Measured(mean=0.0)})
    assert objections(found.model_copy(update={"metrics": (nothing,)}), Gate()) == ()
