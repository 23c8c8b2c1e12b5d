from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsys_core.data import Item, Vertical
from recsys_core.errors import InvalidConfig
from recsys_core.rules import Candidate, Ruling, Situation, Slate
from recsys_core.stages import configure, kinds, stage

DAY = 86_400
CONFIGS: dict[str, dict[str, Any]] = {
    "market": {},
    "explicit": {},
    "seen": {},
    "creator_cap": {"most": 1},
    "vertical_mix": {"least": {"track": 0.4, "episode": 0.4}},
    "freshness": {"days": 7, "least": 2},
    "promotion": {"campaign": "spring", "slots": [2, 4], "creators": ["x"]},
    "attribute_cap": {"most": 1},
}


def apply(kind: str, slate: Slate, situation: Situation, **values: Any) -> Ruling:
    config = configure("rules", {"kind": kind, **values}, where="test")
    ruling: Ruling = stage("rules", kind).make(slate, situation, config)
    return ruling


def slate_of(*items: Item) -> Slate:
    return tuple(Candidate(item, float(-place)) for place, item in enumerate(items))


def ids(slate: Slate) -> list[str]:
    return [candidate.item.id for candidate in slate]


def test_every_rule_is_under_test() -> None:
    assert set(CONFIGS) == set(kinds("rules"))


def test_market_keeps_what_is_licensed_here_or_everywhere() -> None:
    slate = slate_of(Item("a", markets=frozenset({"SE"})), Item("b", markets=frozenset({"US"})), Item("c"))
    ruling = apply("market", slate, Situation(market="SE"))
    assert ids(ruling.slate) == ["a", "c"]
    assert [(change.item, change.action, change.reason) for change in ruling.changes] == [
        ("b", "removed", "not available in SE")
    ]


def test_an_unknown_market_gets_what_is_available_everywhere() -> None:
    slate = slate_of(Item("a", markets=frozenset({"SE"})), Item("c"))
    assert ids(apply("market", slate, Situation()).slate) == ["c"]


def test_explicit_items_go_only_when_switched_off() -> None:
    slate = slate_of(Item("a", explicit=True), Item("b"))
    assert ids(apply("explicit", slate, Situation()).slate) == ["a", "b"]
    assert ids(apply("explicit", slate, Situation(explicit_allowed=False)).slate) == ["b"]


def test_seen_songs_may_come_back_where_the_config_says_so() -> None:
    slate = slate_of(Item("song", Vertical.TRACK), Item("book", Vertical.AUDIOBOOK))
    ruling = apply("seen", slate, Situation(seen=frozenset({"song", "book"})), verticals=["audiobook"])
    assert ids(ruling.slate) == ["song"]


def test_a_creator_has_at_most_so_many() -> None:
    slate = slate_of(*(Item(name, creator="x") for name in "abc"), Item("d"), Item("e"), Item("f"))
    ruling = apply("creator_cap", slate, Situation(), most=2)
    assert ids(ruling.slate) == ["a", "b", "d", "e", "f"]
    assert ruling.changes[0].reason == "x already has 2"


def test_a_vertical_comes_forward_until_it_has_its_share() -> None:
    slate = slate_of(
        *(Item(f"t{n}", Vertical.TRACK) for n in range(6)),
        *(Item(f"b{n}", Vertical.AUDIOBOOK) for n in range(3)),
    )
    ruling = apply("vertical_mix", slate, Situation(size=4), least={"audiobook": 0.5})
    assert ids(ruling.slate[:4]) == ["t0", "t1", "b0", "b1"]
    assert [(change.item, change.before, change.after) for change in ruling.changes] == [
        ("b0", 7, 3),
        ("b1", 8, 4),
    ]


def test_new_items_get_the_last_places_shown() -> None:
    slate = slate_of(
        Item("a"), Item("b"), Item("c"), Item("new", published=99 * DAY), Item("old", published=DAY)
    )
    ruling = apply("freshness", slate, Situation(size=2, now=100 * DAY), days=7, least=1)
    assert ids(ruling.slate) == ["a", "new", "b", "c", "old"]


def test_an_item_of_the_future_is_not_new() -> None:
    slate = slate_of(Item("a"), Item("b", published=200 * DAY))
    assert not apply("freshness", slate, Situation(size=1, now=100 * DAY), days=7, least=1).changes


def test_promoted_items_take_the_slots_in_the_order_of_their_score() -> None:
    slate = slate_of(Item("a"), Item("b"), Item("c"), Item("p", creator="x"), Item("d"), Item("q"), Item("r"))
    values = {"campaign": "spring", "slots": [4, 2], "items": ["q", "not proposed"], "creators": ["x"]}
    ruling = apply("promotion", slate, Situation(size=5), **values)
    assert ids(ruling.slate) == ["a", "p", "b", "q", "c", "d", "r"]
    assert [(change.item, change.before, change.after, change.reason) for change in ruling.changes] == [
        ("p", 4, 2, "promoted by spring"),
        ("q", 6, 4, "promoted by spring"),
    ]


def test_a_campaign_promotes_only_while_it_runs_and_what_stands_better_stays() -> None:
    slate = slate_of(Item("p"), Item("a"), Item("b"))
    values: dict[str, Any] = {"campaign": "spring", "slots": [2], "items": ["p"], "since": 10, "until": 20}
    assert not apply("promotion", slate, Situation(now=15), **values).changes
    behind = slate_of(Item("a"), Item("b"), Item("p"))
    moved = {
        now: ids(apply("promotion", behind, Situation(now=now), **values).slate) for now in (None, 9, 10, 20)
    }
    assert moved == {None: ["a", "b", "p"], 9: ["a", "b", "p"], 10: ["a", "p", "b"], 20: ["a", "b", "p"]}


def test_an_attribute_has_at_most_so_many_of_the_places_shown() -> None:
    slate = slate_of(*(Item(name, attributes=("rock",)) for name in "abc"), Item("d"), Item("e"))
    ruling = apply("attribute_cap", slate, Situation(size=3), most=1)
    assert ids(ruling.slate) == ["a", "d", "e", "b", "c"]
    assert ruling.changes[0].reason == "others already have 1 of an attribute"
    assert ids(apply("attribute_cap", slate, Situation(size=5), most=1).slate) == ids(slate)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"slots": [0], "items": ["a"]}, "different places, counted from 1"),
        ({"slots": [2, 2], "items": ["a"]}, "different places"),
        ({"slots": [1]}, "name items or creators to promote"),
        ({"slots": [1], "items": ["a"], "since": 9, "until": 9}, "since = 9 is not before until = 9"),
        ({"slots": [1], "item": ["a"]}, "nearest key is 'items'"),
    ],
)
def test_an_impossible_campaign_is_refused(values: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidConfig, match=told):
        configure("rules", {"kind": "promotion", "campaign": "spring", **values}, where="test")


@pytest.mark.parametrize("least", [{"track": 0.7, "episode": 0.7}, {"track": -0.1}, {"film": 0.5}])
def test_an_impossible_mix_is_refused(least: dict[str, float]) -> None:
    with pytest.raises(InvalidConfig, match="vertical_mix"):
        configure("rules", {"kind": "vertical_mix", "least": least}, where="test")


ITEMS = st.builds(
    Item,
    st.uuids().map(str),
    vertical=st.sampled_from(Vertical),
    creator=st.sampled_from(["", "x", "y"]),
    attributes=st.sampled_from([(), ("a",), ("a", "b")]),
    markets=st.sampled_from([None, frozenset({"SE"}), frozenset({"US"})]),
    explicit=st.booleans(),
    published=st.sampled_from([None, 95 * DAY, 3 * DAY]),
)


@pytest.mark.parametrize("kind", CONFIGS)
@settings(
    max_examples=30, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is no fault of a rule
@given(items=st.lists(ITEMS, max_size=15, unique_by=lambda item: item.id), size=st.integers(1, 12))
def test_a_rule_adds_nothing_and_accounts_for_all_it_takes(kind: str, items: list[Item], size: int) -> None:
    slate = slate_of(*items)
    seen = frozenset(item.id for item in items[::3])
    situation = Situation(size=size, market="SE", explicit_allowed=False, seen=seen, now=100 * DAY)
    ruling = apply(kind, slate, situation, **CONFIGS[kind])
    removed = [change.item for change in ruling.changes if change.action == "removed"]
    assert sorted([*ids(ruling.slate), *removed]) == sorted(ids(slate))
    for change in ruling.changes:
        assert slate[change.before - 1].item.id == change.item
        assert change.after is None or ruling.slate[change.after - 1].item.id == change.item
    assert apply(kind, ruling.slate, situation, **CONFIGS[kind]).slate == ruling.slate
