from dataclasses import replace

import numpy as np
import pytest

from recsys_core import Oracle, Vertical, World, WorldConfig, generate
from recsys_core.config import parse
from recsys_core.data import Histories
from recsys_core.errors import InvalidConfig, UnknownUser
from recsys_core.judge import Split, intervals, judge, load_protocol
from recsys_core.world.report import report

SMALL = WorldConfig(users=60, tracks=40, episodes=20, audiobooks=10, playlists=9)


def test_the_same_seed_gives_the_same_world() -> None:
    assert generate(SMALL).data.hash == generate(SMALL).data.hash


def test_another_seed_gives_another_world() -> None:
    assert generate(SMALL).data.hash != generate(SMALL.model_copy(update={"seed": 1})).data.hash


def test_three_verticals_stand_on_the_shelf_with_titles_and_creators() -> None:
    items = generate(SMALL).data.items
    counts = [sum(item.vertical is vertical for item in items) for vertical in Vertical]
    assert counts == [40, 20, 10, 0]
    assert all(item.title and item.creator and item.attributes and item.published for item in items)


def test_playlists_have_titles_and_hold_tracks_of_their_theme() -> None:
    data = generate(SMALL).data
    assert len(data.playlists) == 9
    assert all(
        data.items[item].vertical is Vertical.TRACK for playlist in data.playlists for item in playlist.items
    )
    assert all(playlist.title for playlist in data.playlists)


def test_nobody_takes_an_item_twice_and_everybody_ends_on_the_last_day(world: World) -> None:
    data = world.data
    assert data.histories.matrix.nnz == data.interactions
    assert data.times is not None
    last_days = data.times[data.histories.indptr[1:] - 1] // 86_400
    assert len(set(last_days.tolist())) == 1


def test_the_law_follows_the_dense_indices(world: World) -> None:
    """A user's own choices score higher under the law than the average item does."""
    data = world.data
    rows = np.arange(100)
    logits = world.law.logits(rows, np.full(100, -1), 0)
    chosen = np.mean([logits[row, data.histories.row(row)].mean() for row in range(100)])
    assert chosen > logits.mean() + 1


def test_every_learned_model_lies_between_popularity_and_the_oracle(world: World, parts: Split) -> None:
    found = report(world, models=("item_knn", "als", "pipeline"))
    spans = {name: result.intervals["masked"]["ndcg@10"] for name, result in found.items()}
    floor, ceiling = spans.pop("popularity"), spans.pop("oracle")
    assert floor.high < ceiling.low
    for name, span in spans.items():
        assert floor.mean < span.mean < ceiling.mean, name


def test_the_oracle_beats_the_law_with_a_term_taken_away(world: World, parts: Split) -> None:
    protocol = load_protocol("loo-refit")
    blind = replace(world, law=replace(world.law, taste=0.0))
    whole, less = (judge(Oracle(it), parts, protocol)["masked"].values["ndcg@10"] for it in (world, blind))
    assert intervals({"d": whole - less})["d"].low > 0


def test_the_oracle_knows_no_guests(world: World) -> None:
    with pytest.raises(UnknownUser, match="guest"):
        Oracle(world).score(Histories.of([[0]], item_count=len(world.data.items)))


def test_an_unknown_key_of_a_world_is_named() -> None:
    with pytest.raises(InvalidConfig, match=r"user = 5: no such key.*Known keys: seed, users"):
        parse(WorldConfig, {"user": 5}, where="world.json")
