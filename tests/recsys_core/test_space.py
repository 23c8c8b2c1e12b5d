"""A vector space: written by a recipe, checked when it is read, and searched by the stage `ann`."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from recsys_core import evaluate_model
from recsys_core.candidates.ann import Ann, AnnConfig
from recsys_core.candidates.co_listening import CoListening, CoListeningConfig
from recsys_core.candidates.content import Content
from recsys_core.candidates.item2vec import _Sentences
from recsys_core.data import Dataset, Histories, Interactions, Item
from recsys_core.data.readers import read
from recsys_core.errors import (
    ArtifactDamaged,
    DataMissing,
    HeldOutSeen,
    InvalidConfig,
    InvalidData,
    InvalidScores,
    RecsysError,
)
from recsys_core.judge import Split
from recsys_core.recipes import run_recipe
from recsys_core.space import Lineage, Placed, VectorSpace, load_space
from tests.registered_models import WORLD, trained


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model `als` and the space `space` of it, with users, creators and attributes in it."""
    folder = tmp_path_factory.mktemp("space")
    trained(folder, "als", 'kind = "als", factors = 4')
    (folder / "embed.toml").write_text(
        'model = "als"\nmeasure = "cosine"\nplaces = ["users", "creators", "attributes"]\n'
    )
    run_recipe("embed", folder / "embed.toml", folder / "space")
    return folder


def test_users_creators_and_attributes_stand_in_the_space_of_the_items(made: Path) -> None:
    space = load_space(made / "space")
    assert (space.norm, space.dimensions, space.lineage.made_by) == ("unit", 4, "als")
    assert space.lineage.learned == json.loads((made / "als/manifest.json").read_text())["facts"]["learned"]
    assert len(space.things["users"].ids) == WORLD["users"]
    for placed in space.things.values():
        np.testing.assert_allclose(np.linalg.norm(placed.vectors, axis=1), 1, rtol=1e-5)
    vectors = load_file(made / "space" / "vectors.safetensors")
    assert set(vectors) == {"vectors", "users", "creators", "attributes"}
    data = read(made / "world.json", "world")
    assert set(space.things["creators"].ids) <= {item.creator for item in data.items}
    assert set(space.things["attributes"].ids) <= {name for item in data.items for name in item.attributes}


def test_a_space_that_was_changed_or_is_none_is_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="als' holds no vector space"):
        load_space(made / "als")
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in (made / "space").iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    (copy / "users.json").write_text("[]")
    with pytest.raises(ArtifactDamaged, match=r"copy: 'users.json' changed"):
        load_space(copy)


def test_a_space_that_learned_from_other_interactions_may_have_seen_what_is_held_out(made: Path) -> None:
    config = {"space": str(made / "space")}
    found = evaluate_model(made / "world.json", "world", "ann", config=config)
    assert found.metrics["masked"]["recall@10"] > 0
    with pytest.raises(HeldOutSeen, match=r"learned from the interactions .* Give its model"):
        evaluate_model(made / "world.json", "world", "ann", config=config, protocol="loo-refit")


def test_a_space_of_another_catalogue_is_refused(made: Path) -> None:
    data = Dataset.build("shop", Interactions(["a", "a"], ["x", "y"]), ordered=True)
    space = load_space(made / "space")
    assert (space.items.rows_of(data.item_ids) < 0).all()
    lineage = Lineage(made_by="own", data="0")
    with pytest.raises(InvalidData, match="no item has a vector from own"):
        VectorSpace.of({"items": Placed.of(("x",), np.zeros((1, 3), "f4"))}, measure="dot", lineage=lineage)


@pytest.mark.parametrize(
    ("ids", "vectors", "error", "told"),
    [
        (("a", "a"), [[1, 0], [0, 1]], InvalidData, "'a' stands twice"),
        (("a", "b"), [[1, 0], [0, float("nan")]], InvalidScores, "the vector of 'b' holds NaN"),
        (("a",), [[1, 0], [0, 1]], InvalidData, r"1 ids have vectors of shape \(2, 2\)"),
    ],
)
def test_what_cannot_stand_in_a_space_is_named(
    ids: tuple[str, ...], vectors: list[list[float]], error: type[RecsysError], told: str
) -> None:
    with pytest.raises(error, match=told):
        Placed(ids, np.array(vectors, "f4"))


def test_ann_takes_one_of_model_and_space() -> None:
    assert AnnConfig().model is not None
    with pytest.raises(ValueError, match="give one of them"):
        AnnConfig(model={"kind": "als"}, space="somewhere")
    data = Dataset.build("x", Interactions(["a", "a"], ["1", "2"]), ordered=True)
    with pytest.raises(InvalidConfig, match=r"model\.kind = 'popularity' has no item vectors"):
        Ann.fit(data, config=AnnConfig(model={"kind": "popularity"}))


def test_an_item_without_a_vector_scores_below_all_that_have_one() -> None:
    items = [
        Item("a", attributes=("jazz",)),
        Item("b", attributes=("jazz", "piano")),
        Item("c"),
        Item("d", attributes=("rock",)),
    ]
    data = Dataset.build("x", Interactions(["u"] * 4, list("abcd")), items=items, ordered=True)
    model = Ann.fit(data, config=AnnConfig(model={"kind": "content"}))
    past = Histories.of([[data.item_index("a")]], item_count=4)
    scores = dict(zip(data.item_ids, model.score(past)[0].tolist(), strict=True))
    assert scores["c"] < scores["d"] < scores["b"] < scores["a"]
    assert model.score(Histories.of([[]], item_count=4))[0].max() == 0  # nothing is preferred


def test_content_vectors_need_attributes() -> None:
    data = Dataset.build("bare", Interactions(["u"], ["a"]), ordered=True)
    with pytest.raises(InvalidData, match="no item of bare has an attribute"):
        Content.fit(data)


def test_content_places_what_nobody_has_heard(parts: Split) -> None:
    """Items that are alike in genre stand closer than chance, whether anybody took them or not."""
    model = Content.fit(parts.train)
    items = parts.train.items
    own = [set(item.attributes) for item in items]
    similar = model.vectors @ model.vectors.T
    np.fill_diagonal(similar, -2)
    nearest = similar.argmax(axis=1)
    shared = np.mean([bool(own[row] & own[other]) for row, other in enumerate(nearest)])
    rng = np.random.default_rng(0)
    chance = np.mean([bool(own[row] & own[other]) for row, other in enumerate(rng.permutation(len(items)))])
    assert shared > 2 * chance


def test_a_walk_goes_where_listeners_went_next() -> None:
    rows = [("u", ["a", "b", "c"]), ("v", ["a", "b", "d"]), ("w", ["a", "b", "c"])]
    users, items = zip(*[(user, item) for user, row in rows for item in row], strict=True)
    data = Dataset.build("x", Interactions(users, items), ordered=True)
    model = CoListening.fit(data, config=CoListeningConfig(damping=0, backward=0, window=1))
    past = Histories.of([[data.item_index("a")], []], item_count=len(data.items))
    scores = model.score(past)
    named = dict(zip(data.item_ids, scores[0].tolist(), strict=True))
    assert named == pytest.approx({"a": 0, "b": 0.5, "c": 0.25 * 2 / 3, "d": 0.25 / 3})
    assert not scores[1].any()  # nobody walks from an empty history


@given(
    rows=st.lists(st.lists(st.integers(0, 7), max_size=6), min_size=1, max_size=6),
    steps=st.integers(1, 4),
    restart=st.floats(0.1, 0.9),
)
def test_a_walk_never_gains_chances_on_its_way(rows: list[list[int]], steps: int, restart: float) -> None:
    users = [f"u{row}" for row, taken in enumerate(rows) for _ in taken] + ["z"]
    items = [f"i{item}" for taken in rows for item in taken] + ["i0"]
    data = Dataset.build("x", Interactions(users, items), ordered=True)
    config = CoListeningConfig(steps=steps, restart=restart)
    scores = CoListening.fit(data, config=config).score(data.histories)
    assert (scores >= 0).all()
    assert (scores.sum(axis=1) <= sum((1 - restart) ** step for step in range(1, steps + 1)) + 1e-4).all()


def test_a_history_is_cut_where_nothing_happened_for_hours() -> None:
    hour = 3_600
    data = Dataset.build(
        "x", Interactions(["u"] * 4, list("abcd"), [0, hour, 9 * hour, 10 * hour]), ordered=True
    )
    lengths = [len(sentence) for sentence in _Sentences(data, 0, 4.0)]
    assert lengths == [2, 2]
    assert [len(sentence) for sentence in _Sentences(data, 0)] == [4]
