"""Estimates from a log, and the simulated A/B test, against the truth that the generated world knows."""

import json
from pathlib import Path

import numpy as np
import pytest

from recsys_core import World, WorldConfig
from recsys_core.__main__ import main
from recsys_core.errors import InvalidData
from recsys_core.evaluation import configured, train
from recsys_core.judge import Split
from recsys_core.judge.off_policy import Log, estimate
from recsys_core.world.experiment import ExperimentConfig, experiment, policy
from recsys_core.world.goals import goals


def log(*events: tuple[int, float, float], users: int = 2) -> Log:
    owners, chances, rewards = zip(*events, strict=True)
    return Log(np.array(owners), np.array(chances), np.array(rewards, dtype=float), users)


def test_a_worked_example_of_both_estimators() -> None:
    found = estimate(log((0, 0.5, 1), (0, 0.5, 0), (1, 0.25, 1)), np.array([1.0, 0.5, 0.5]))
    assert found.ips.mean == pytest.approx((2 * 1 + 1 * 0 + 2 * 1) / 3)
    assert found.snips.mean == pytest.approx((2 + 2) / (2 + 1 + 2))
    assert found.effective == pytest.approx(25 / 9)


def test_the_logging_policy_is_worth_what_it_earned() -> None:
    chances = np.array([0.5, 0.1, 0.4])
    found = estimate(log((0, 0.5, 1), (0, 0.1, 0), (1, 0.4, 1)), chances)
    assert found.ips.mean == found.snips.mean == pytest.approx(2 / 3)
    assert found.effective == pytest.approx(3)


@pytest.mark.parametrize("chance", [0.0, -0.1, 1.5, float("nan")])
def test_an_event_that_could_not_have_been_shown_is_named(chance: float) -> None:
    with pytest.raises(InvalidData, match=f"event 1 of the log was shown with the chance {chance}"):
        log((0, 0.5, 1), (0, chance, 1))


def test_chances_of_another_length_are_refused() -> None:
    with pytest.raises(InvalidData, match=r"\(2,\) chances for 1 events"):
        estimate(log((0, 0.5, 1)), np.array([0.5, 0.5]))


def test_estimates_meet_the_truth_within_five_percent_and_the_test_finds_the_better_model(
    world: World, parts: Split
) -> None:
    old, new = (train(configured(name, {}), parts.train) for name in ("popularity", "item_knn"))
    found = experiment(world, parts.histories, old, new, ExperimentConfig(repeats=8, impressions=60))
    assert set(found) == {"engagement", "satisfaction", "discovery"}
    for goal in found.values():
        assert max(abs(bias) for bias in goal.bias.values()) <= 0.05
        assert goal.logged.ips.low < goal.treatment < goal.logged.ips.high
    assert found["satisfaction"].tested.low > 0
    assert found["satisfaction"].treatment > found["satisfaction"].control


def test_a_model_against_itself_makes_no_difference(world: World, parts: Split) -> None:
    model = train(configured("popularity", {}), parts.train)
    goal = experiment(world, parts.histories, model, model, ExperimentConfig(repeats=2, impressions=20))
    found = goal["engagement"]
    assert found.control == found.treatment
    assert found.tested.low < 0 < found.tested.high
    assert found.logged.effective == pytest.approx(20 * len(parts.histories))


def test_a_policy_shows_something_new_to_everybody_with_chances_that_sum_to_one(
    world: World, parts: Split
) -> None:
    model = train(configured("popularity", {}), parts.train)
    chances = policy(model, parts.histories, ExperimentConfig())
    assert chances.sum(axis=1) == pytest.approx(1)
    assert chances[parts.histories.matrix.nonzero()].max() == 0


def test_nothing_is_a_discovery_whose_creator_is_known(world: World, parts: Split) -> None:
    reached = goals(world, parts.histories)
    assert reached["discovery"][parts.histories.matrix.nonzero()].max() == 0
    assert (reached["satisfaction"] <= reached["engagement"]).all()


def test_a_trial_tells_truth_test_and_estimates(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    small = WorldConfig(users=60, tracks=40, episodes=20, audiobooks=10, playlists=9)
    file = tmp_path / "world.json"
    file.write_text(small.model_dump_json(), encoding="utf-8")
    arguments = ["trial", "--control", "popularity", "--treatment", "item_knn", "--config", str(file)]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "item_knn (treatment) against popularity (control)" in shown
    assert shown.count("A/B test    difference ") == 3
    assert main([*arguments, "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["goals"]) == {"engagement", "satisfaction", "discovery"}
    assert main(["trial", "--control", "popularity", "--treatment", "magic"]) == 2
    assert "no model 'magic'" in capsys.readouterr().err
