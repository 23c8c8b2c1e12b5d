"""Semantic IDs: learned by a recipe, checked when they are read, extended without moving anything, explained."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.data import Item
from recsys_core.errors import (
    ArtifactDamaged,
    ArtifactVersion,
    DataMissing,
    InvalidConfig,
    InvalidData,
    InvalidScores,
    UnknownItem,
)
from recsys_core.recipes import run_recipe
from recsys_core.semantic_ids import SemanticIds, load_semantic_ids
from recsys_core.semantic_ids.clusters import fitted
from recsys_core.semantic_ids.distinct import shared
from recsys_core.semantic_ids.identifiers import parsed, written
from recsys_core.semantic_ids.learning import Learning, learn
from recsys_core.semantic_ids.meaning import described
from recsys_core.space import Placed, load_space
from tests.registered_models import trained

SMALL = Learning(codes=4, iterations=5)


def groups(count: int, of: int, *, width: int = 8, seed: int = 0) -> Placed:
    """`count` tight groups of `of` items each, `g-n` the n-th of group g."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(count, width)).repeat(of, axis=0)
    vectors = (centres + 0.05 * rng.normal(size=centres.shape)).astype(np.float32)
    return Placed(tuple(f"{group}-{n}" for group in range(count) for n in range(of)), vectors)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the spaces `als-space` and `content-space` of one world, and `ids` learned from both."""
    folder = tmp_path_factory.mktemp("ids")
    for name, model in (
        ("als", 'kind = "als", factors = 8'),
        ("content", 'kind = "content", dimensions = 8'),
    ):
        trained(folder, name, model)
        (folder / f"{name}.embed.toml").write_text(f'model = "{name}"\nmeasure = "cosine"\n')
        run_recipe("embed", folder / f"{name}.embed.toml", folder / f"{name}-space")
    (folder / "ids.toml").write_text(
        'codes = 8\niterations = 5\nspaces = [{path = "als-space"}, {path = "content-space", weight = 0.5}]\n'
    )
    run_recipe("learn_semantic_ids", folder / "ids.toml", folder / "ids")
    return folder


def test_each_item_has_an_id_of_its_own_and_the_report_says_how_it_came_to_it(made: Path) -> None:
    ids = load_semantic_ids(made / "ids")
    assert ids.codes.shape == (len(ids.items), 3)
    assert not shared(ids.codes).any()
    report = json.loads((made / "ids/report.json").read_text())
    assert report["stable"] == 1.0
    assert report["colliding"] >= report["colliding_spread"] >= report["colliding_repaired"] == 0
    assert [level["used"] for level in report["levels"]] == [1.0] * 3
    assert all(purity["purity"] > purity["by_chance"] for purity in report["purity"])
    assert (made / "ids/report.svg").read_text().startswith("<svg")
    manifest = json.loads((made / "ids/manifest.json").read_text())
    assert manifest["parents"] == list(ids.spaces)
    assert manifest["facts"]["colliding"]["repaired"] == 0


def test_whoever_is_alike_begins_alike() -> None:
    placed = groups(4, 6)
    learned = learn(placed.ids, [placed], SMALL)
    first = {id.split("-")[0]: set() for id in placed.ids}  # type: ignore[var-annotated]
    for id, codes in zip(placed.ids, learned.codes.tolist(), strict=True):
        first[id.split("-")[0]].add(codes[0])
    assert all(len(codes) == 1 for codes in first.values())
    assert len(set.union(*first.values())) == 4


@given(st.permutations(range(24)))
@settings(max_examples=10, deadline=None)
def test_the_order_of_the_items_decides_nothing(order: list[int]) -> None:
    placed = groups(4, 6)
    ids = [placed.ids[at] for at in order]
    assert (learn(ids, [placed], SMALL).codes == learn(placed.ids, [placed], SMALL).codes[order]).all()


def test_items_without_any_difference_are_told_apart_by_what_is_nearly_as_good_and_then_by_what_is_free() -> (
    None
):
    alike = Placed(tuple(f"i{n:03}" for n in range(256)), np.ones((256, 4), np.float32))
    learned = learn(alike.ids, [alike], Learning(levels=4, codes=4, iterations=5))
    came, apart, repaired = (float(shared(codes).mean()) for codes in learned.steps)
    assert (came, repaired) == (1.0, 0.0)
    assert 0 < apart < 1  # the widest beam has 64 of the 256 IDs
    assert len(np.unique(learned.codes, axis=0)) == 256 == 4**4


def test_residuals_are_coded_by_direction_and_groups_by_place() -> None:
    rng = np.random.default_rng(0)
    everywhere = rng.normal(size=(4_000, 64)).astype(np.float32)
    assert fitted(everywhere, 64, iterations=5, rng=rng).shape == "directions"
    assert fitted(groups(16, 50).vectors, 16, iterations=5, rng=rng).shape == "points"


def _placed_ids(placed: Placed) -> SemanticIds:
    learned = learn(placed.ids, [placed], SMALL)
    items = tuple(Item(id=id, attributes=(id.split("-")[0],)) for id in placed.ids)
    return SemanticIds(items, learned.codes, learned.books, learned.mixing, ("d",))


def test_a_new_item_comes_beside_what_it_is_like_and_moves_nobody() -> None:
    placed = groups(4, 3)
    ids = _placed_ids(placed)
    near = Placed(("new", "newer"), placed.vectors[[0, 0]])
    grown = ids.placed([Item(id="new"), Item(id="newer")], [near], digests=("d",))
    assert (grown.codes[: len(ids.items)] == ids.codes).all()
    assert grown.of("new")[0] == ids.of("0-0")[0] == grown.of("newer")[0]
    assert not shared(grown.codes).any()


def test_what_cannot_be_placed_says_why() -> None:
    placed = groups(4, 3)
    ids = _placed_ids(placed)
    with pytest.raises(InvalidData, match="learned from the spaces d, and e were given"):
        ids.placed([Item(id="new")], [placed], digests=("e",))
    with pytest.raises(InvalidData, match=r"'0-0' has the ID .* already"):
        ids.placed([Item(id="0-0")], [placed], digests=("d",))
    with pytest.raises(InvalidData, match="'new' has a vector in none of the spaces"):
        ids.placed([Item(id="new")], [placed], digests=("d",))
    with pytest.raises(InvalidData, match=r"vectors of \(2,\) dimensions were given"):
        ids.placed([Item(id="new")], [Placed(("new",), np.ones((1, 2), np.float32))], digests=("d",))
    many = [Item(id=f"n{n}") for n in range(60)]
    with pytest.raises(InvalidData, match="60 more items do not fit into 4 codes at 3 levels"):
        ids.placed(many, [placed], digests=("d",))
    with pytest.raises(UnknownItem):
        ids.of("vanished")


def test_a_space_that_does_not_hold_an_item_is_made_up_for_by_the_other() -> None:
    taste, content = groups(4, 3), groups(4, 4, seed=1)
    learned = learn(content.ids, [taste, content], Learning(weights=(1, 1), codes=4, iterations=5))
    assert not shared(learned.codes).any()
    assert np.allclose(np.linalg.norm(learned.vectors, axis=1), 1, atol=1e-5)


def test_too_few_too_many_and_broken_vectors_are_refused() -> None:
    with pytest.raises(InvalidData, match="codes = 256, and 12 items have a vector"):
        learn(groups(4, 3).ids, [groups(4, 3)], Learning())
    with pytest.raises(InvalidConfig, match="65 items do not fit into 4 codes at 3 levels"):
        learn(groups(13, 5).ids, [groups(13, 5)], SMALL)
    with pytest.raises(InvalidScores, match="'b' holds NaN"):
        Placed(("a", "b"), np.array([[1], [np.nan]], np.float32))
    zero = Placed(("a", "b", "c", "d"), np.zeros((4, 2), np.float32))
    with pytest.raises(InvalidData, match="'a' has a vector in none"):
        learn(zero.ids, [Placed.of(zero.ids, zero.vectors)], SMALL)


def test_a_prefix_is_told_by_what_its_items_have_in_common() -> None:
    ids = _placed_ids(groups(4, 6))
    prefix = ids.of("2-0")[:1]
    found = described(ids, prefix)
    assert (found.name, len(found.rows)) == ("2", 6)
    assert (found.traits[0].share, found.traits[0].at_large) == (1.0, 0.25)
    assert sum(each.items for each in found.deeper) == 6
    whole = described(ids, ())
    assert (whole.name, len(whole.rows), len(whole.deeper)) == ("mixed", 24, 4)
    empty = next((a, b) for a in range(4) for b in range(4) if not len(ids.under((a, b))))
    assert described(ids, empty).rows == ()
    with pytest.raises(InvalidConfig, match="'7' begins no ID of these: they have 3 codes from 0 to 3"):
        described(ids, (7,))


@pytest.mark.parametrize("text", ["a", "1--2", "-1", "1-", "²", "9999999"])
def test_what_is_no_prefix_is_refused(text: str) -> None:
    with pytest.raises(InvalidConfig, match="is no prefix of an ID"):
        parsed(text)


def test_a_prefix_is_read_as_it_is_written() -> None:
    assert parsed(written((12, 0, 7))) == (12, 0, 7)
    assert parsed(" ") == ()


def test_ids_of_another_version_changed_or_absent_are_refused(made: Path, tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="holds no semantic IDs"):
        load_semantic_ids(made / "als-space")
    broken = _copied(made / "ids", tmp_path / "broken")
    (broken / "codes.safetensors").write_bytes((made / "ids/codes.safetensors").read_bytes()[:-1])
    with pytest.raises(ArtifactDamaged, match="changed since it was written"):
        load_semantic_ids(broken)


def test_another_version_is_refused(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recsys_core.semantic_ids.identifiers.VERSION", 2)
    with pytest.raises(ArtifactVersion, match="version 1 of semantic IDs, this code reads 2"):
        load_semantic_ids(made / "ids")


@pytest.mark.integration  # importing torch takes seconds
def test_an_rq_vae_stands_behind_the_same_seam(made: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (made / "vae.toml").write_text(
        'name = "vae"\nquantizer = "rq_vae"\ncodes = 8\nlatent = 4\nepochs = 30\n'
        'spaces = [{path = "als-space"}, {path = "content-space"}]\n'
    )
    run_recipe("learn_semantic_ids", made / "vae.toml", tmp_path / "vae")
    ids = load_semantic_ids(tmp_path / "vae")
    assert not shared(ids.codes).any()
    assert ids.books.levels[0].centres.shape == (8, 4)
    report = json.loads((tmp_path / "vae/report.json").read_text())
    assert report["stable"] == 1.0
    assert report["purity"][0]["purity"] > report["purity"][0]["by_chance"]
    facts = json.loads((tmp_path / "vae/manifest.json").read_text())["facts"]
    assert 0 < facts["undecoded"] < 1
    # What was stored codes a vector as training did: most items still come to their own first code.
    spaces = [load_space(made / name).items for name in ("als-space", "content-space")]
    vectors = ids.mixing.mixed([item.id for item in ids.items], spaces)
    assert (ids.books.encoded(vectors)[:, 0] == ids.codes[:, 0]).mean() > 0.5


def _copied(folder: Path, to: Path) -> Path:
    import shutil

    return Path(shutil.copytree(folder, to))
