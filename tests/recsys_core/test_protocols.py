import pytest

from recsys_core.config import parse
from recsys_core.data import Dataset, Interactions
from recsys_core.errors import InvalidConfig, InvalidData, UnknownProtocol
from recsys_core.judge import EvaluationProtocol, load_protocol, protocols, split

# A changed hash means that figures measured before cannot be compared any more: add a protocol instead.
FROZEN = {
    "global-time": "033966f6d3f581865ed64a37debb279bb1a42334ac45c9b3fa409e9ccd9e00ec",
    "holdout-random": "9a933c7d6e1e664e4ae9bc6b155c5df37d303f15a937ff7eaca2af226a735b89",
    "loo-refit": "86db35657ea0bac76bb4bd9ce37c98a4b614a841915e90396d513faaab251ce5",
    "loo-full": "96caef8196a3c95bea35fef38dc7a149d76c40eee38ab758aa39fd2a172ce06c",
    "loo-validation": "e3c4899aec542c4b193562aebf711a9f5a15519c32ce4528b6604400f945e88d",
    "s3rec-table": "dda93854ab410e5e12deabf3aa5779a1375cc03ee67345c394c6a577401b6a63",
}


@pytest.mark.parametrize("name", protocols())
def test_a_shipped_protocol_is_frozen(name: str) -> None:
    assert load_protocol(name).hash == FROZEN[name]
    assert load_protocol(name).name == name


def test_the_hash_is_of_the_content_and_not_of_the_prose() -> None:
    protocol = load_protocol("loo-refit")
    assert protocol.model_copy(update={"about": "other words"}).hash == protocol.hash
    assert protocol.model_copy(update={"resamples": 999}).hash != protocol.hash


def test_sampled_candidates_cannot_be_asked_for() -> None:
    values = load_protocol("loo-refit").model_dump() | {"candidates": "99-sampled"}
    with pytest.raises(InvalidConfig, match=r"candidates = '99-sampled'.*'all'"):
        parse(EvaluationProtocol, values, where="own.json")


def test_an_unknown_protocol_names_those_that_exist() -> None:
    with pytest.raises(
        UnknownProtocol, match=r"'../loo'; known are global-time, holdout-random, loo-full, loo-refit"
    ):
        load_protocol("../loo")


def test_a_protocol_that_was_renamed_is_told_by_its_name_of_today() -> None:
    with pytest.raises(
        UnknownProtocol, match="no protocol 'loo-strict'; 'loo-full' is what it is called today"
    ):
        load_protocol("loo-strict")


def test_validation_items_are_never_a_training_target_under_loo_full() -> None:
    data = Dataset.build("x", Interactions(["u"] * 4, ["1", "2", "3", "4"]), ordered=True)
    full, refit = (split(data, load_protocol(name)) for name in ("loo-full", "loo-refit"))
    names = data.item_ids
    assert [names[item] for item in refit.train.histories.row(0)] == ["1", "2", "3"]
    assert [names[item] for item in full.train.histories.row(0)] == ["1", "2"]
    assert [names[item] for item in full.histories.row(0)] == ["1", "2", "3"]


def test_choosing_models_never_looks_at_the_last_item() -> None:
    data = Dataset.build("x", Interactions(["u"] * 4, ["1", "2", "3", "4"]), ordered=True)
    parts = split(data, load_protocol("loo-validation"))
    assert [data.item_ids[item] for item in parts.targets.items] == ["3"]
    assert data.item_index("4") not in {
        *parts.histories.items.tolist(),
        *parts.train.histories.items.tolist(),
    }


def test_only_the_published_protocol_counts_held_out_items(world: object) -> None:
    data = Dataset.build("x", Interactions(["u"] * 4, ["1", "2", "3", "4"]), ordered=True)
    assert split(data, load_protocol("s3rec-table")).counted.interactions == 4
    assert split(data, load_protocol("loo-refit")).counted.interactions == 3


def test_a_user_with_one_item_is_trained_on_and_not_tested() -> None:
    data = Dataset.build("x", Interactions(["a", "b", "b"], ["1", "2", "1"]), ordered=True)
    parts = split(data, load_protocol("loo-refit"))
    assert parts.histories.users.tolist() == [1]
    assert parts.train.histories.lengths.tolist() == [1, 1]


def test_nothing_to_test_is_said() -> None:
    data = Dataset.build("lonely", Interactions(["a", "b"], ["1", "2"]), ordered=True)
    with pytest.raises(InvalidData, match="nobody in lonely"):
        split(data, load_protocol("loo-refit"))


def test_data_without_order_has_no_last_item() -> None:
    data = Dataset.build("plays", Interactions(["a", "a"], ["1", "2"]), ordered=False)
    with pytest.raises(InvalidData, match=r"plays has no order.*holdout-random"):
        split(data, load_protocol("loo-refit"))


def test_random_holdout_follows_its_seed_and_leaves_a_history() -> None:
    users = [f"u{number // 10}" for number in range(500)]
    data = Dataset.build("x", Interactions(users, [str(n % 37) for n in range(500)]), ordered=False)
    first, again, other = (split(data, load_protocol("holdout-random"), seed=seed) for seed in (1, 1, 2))
    assert first.targets.items.tolist() == again.targets.items.tolist() != other.targets.items.tolist()
    assert set(first.targets.lengths) == {2}
    assert first.train.interactions == 400


def test_the_share_that_file_order_decided_is_told() -> None:
    data = Dataset.build("x", Interactions(["a"] * 2 + ["b"] * 2, ["1", "2"] * 2, [5, 5, 5, 6]), ordered=True)
    assert split(data, load_protocol("loo-refit")).undecided == 0.5


def test_a_moment_parts_what_is_known_from_what_is_to_come_for_everybody() -> None:
    users, items, times = zip(
        *[
            ("early", "1", 10),
            ("early", "2", 11),
            ("both", "1", 12),
            ("both", "2", 90),
            ("both", "3", 90),
            ("new", "1", 99),
        ],
        strict=True,
    )
    data = Dataset.build("x", Interactions(users, items, times), ordered=True)
    half = load_protocol("global-time").model_copy(update={"share": 0.5})
    parts = split(data, half)
    assert [data.user_ids[user] for user in parts.histories.users] == [
        "both"
    ]  # one has no future, one no past
    assert [data.item_ids[item] for item in parts.histories.items] == ["1"]
    assert sorted(data.item_ids[item] for item in parts.targets.items) == ["2", "3"]
    assert parts.train.times is not None
    assert parts.train.times.max() == 12


def test_events_of_one_moment_stay_together() -> None:
    data = Dataset.build("x", Interactions(["a"] * 4, list("1234"), [1, 5, 5, 5]), ordered=True)
    assert len(split(data, load_protocol("global-time")).targets.items) == 3


def test_data_without_times_cannot_be_cut_at_a_moment() -> None:
    data = Dataset.build("sequences", Interactions(["a"] * 3, list("123")), ordered=True)
    with pytest.raises(InvalidData, match=r"sequences has no times.*use loo-full"):
        split(data, load_protocol("global-time"))
