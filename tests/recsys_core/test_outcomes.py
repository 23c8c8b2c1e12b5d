"""What lists do for users of the generated world, as the judge reads it."""

from pathlib import Path

import numpy as np
import pytest

from recsys_core import Oracle, World
from recsys_core.candidates.popularity import Popularity
from recsys_core.judge import Split, judge, load_protocol
from recsys_core.world import outcomes as module
from recsys_core.world.goals import GOALS, goals
from recsys_core.world.outcomes import Outcomes, outcomes_of


def test_the_goals_of_a_list_are_the_means_of_what_its_items_do(
    world: World, parts: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROWS", 3)
    past = parts.histories.slice(0, 8)
    lists = np.array([[0, 1, 2], [3, -1, -1], [-1, -1, -1], *[[5, 6, 7]] * 5])
    found = Outcomes.of(world, past).values(past, lists)
    chances = goals(world, past)
    assert found.keys() == set(GOALS)
    for goal, values in found.items():
        assert values[0] == pytest.approx(chances[goal][0, [0, 1, 2]].mean())
        assert values[1] == pytest.approx(chances[goal][1, 3])
        assert values[2] == 0
        assert values[7] == pytest.approx(chances[goal][7, [5, 6, 7]].mean())


def test_who_knows_the_taste_satisfies_more_than_popularity(world: World, parts: Split) -> None:
    protocol, outcomes = load_protocol("loo-refit"), Outcomes.of(world, parts.histories)
    best, floor = (
        judge(model, parts, protocol, outcomes=outcomes)["masked"].values["satisfaction@10"].mean()
        for model in (Oracle(world), Popularity.fit(parts.train))
    )
    assert best > 1.5 * floor


def test_data_of_the_past_knows_no_outcomes(parts: Split, tmp_path: Path) -> None:
    assert outcomes_of(tmp_path / "sequences.txt", "s3rec", parts.histories) is None
