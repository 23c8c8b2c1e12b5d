"""The actions explain the IDs of a registered set by the items under them, and find items by them."""

import shutil
from pathlib import Path

import pytest

from recsys_core.recipes import run_recipe
from recsys_core.semantic_ids import SemanticIds, load_semantic_ids
from tests.once_a_run import once_a_run
from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.errors import InvalidArguments, NotFound
from tools.fakes import FakePorts
from tools.models import ModelBook
from tools.state import State

NAME, SIMILAR = "describe_semantic_id", "find_similar_items"


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory, artifacts: Path) -> Path:
    def make(folder: Path) -> None:
        (folder / "ids.toml").write_text(
            f'codes = 8\niterations = 5\nspaces = [{{path = "{artifacts / "vectors"}"}}]\n'
        )
        run_recipe("learn_semantic_ids", folder / "ids.toml", folder / "ids")

    return once_a_run(tmp_path_factory, "semantic-ids", make) / "ids"


@pytest.fixture
def ids(learned: Path) -> SemanticIds:
    return load_semantic_ids(learned)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, served: Path, learned: Path) -> Path:
    def make(folder: Path) -> None:
        shutil.copytree(served, folder, symlinks=True, dirs_exist_ok=True)
        ModelBook(folder).register(learned, name="semantic-ids", owner="group:default/discovery")

    return once_a_run(tmp_path_factory, "with-semantic-ids", make)


@pytest.fixture
def with_ids(*, actions: Actions, ports: FakePorts, state: State, audit: Audit, home: Path) -> Caller:
    """Only read through it: the home is shared."""
    return Caller(actions, ports, state, audit, models=ModelBook(home))


async def test_a_prefix_is_told_by_its_items(with_ids: Caller, ada: Principal, ids: SemanticIds) -> None:
    prefix = ids.codes[0].tolist()[:1]
    found = await with_ids.call(NAME, {"prefix": str(prefix[0])}, ada)
    under = ids.under(tuple(prefix))
    assert (found["model"], found["prefix"]) == ("semantic-ids:1", str(prefix[0]))
    assert found["items_total"] == len(under)
    assert {each["item"] for each in found["items"]} <= {ids.items[row].id for row in under}
    assert sum(each["items"] for each in found["deeper"]) == len(under)
    assert f"{len(under)} of {len(ids.items)} items" in found["text"]
    assert all(each["id"].startswith(f"{prefix[0]}-") for each in found["items"])


async def test_an_item_is_told_with_its_own_id_and_what_shares_it(
    with_ids: Caller, ada: Principal, ids: SemanticIds
) -> None:
    item = ids.items[3].id
    found = await with_ids.call(NAME, {"item": item, "model": "semantic-ids"}, ada)
    whole = "-".join(map(str, ids.of(item)))
    assert f"The ID of {item} is {whole}." in found["text"]
    assert found["prefix"] == whole.rpartition("-")[0]


async def test_a_prefix_that_no_item_has_is_said_to_be_empty(
    with_ids: Caller, ada: Principal, ids: SemanticIds
) -> None:
    empty = next(
        (a, b, c) for a in range(8) for b in range(8) for c in range(8) if not len(ids.under((a, b, c)))
    )
    found = await with_ids.call(NAME, {"prefix": "-".join(map(str, empty))}, ada)
    assert (found["items_total"], found["items"], found["deeper_total"]) == (0, [], 0)
    assert "No item has an ID that begins with" in found["text"]


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({"prefix": "9"}, InvalidArguments, "'9' begins no ID of these: they have 3 codes from 0 to 7"),
        ({"prefix": "1--2"}, InvalidArguments, "'1--2' is no prefix of an ID"),
        ({"prefix": "1", "item": "x"}, InvalidArguments, "prefix, item: give one of them"),
        ({"item": "vanished"}, NotFound, "vanished"),
        (
            {"model": "mixed"},
            InvalidArguments,
            "mixed:1 is no set of semantic IDs but model of kind 'pipeline'",
        ),
    ],
)
async def test_what_cannot_be_described_says_why(
    asked: dict[str, str], error: type[Exception], told: str, with_ids: Caller, ada: Principal
) -> None:
    with pytest.raises(error, match=told):
        await with_ids.call(NAME, asked, ada)


async def test_without_any_it_is_said_how_to_make_them(caller: Caller, ada: Principal) -> None:
    with pytest.raises(NotFound, match="learn them with the recipe learn_semantic_ids"):
        await caller.call(NAME, {}, ada)


@pytest.fixture(scope="session")
def with_space(tmp_path_factory: pytest.TempPathFactory, home: Path, artifacts: Path) -> Path:
    """The home with the space that the IDs were learned from."""

    def make(folder: Path) -> None:
        shutil.copytree(home, folder, symlinks=True, dirs_exist_ok=True)
        ModelBook(folder).register(artifacts / "vectors", name="vectors", owner="group:default/discovery")

    return once_a_run(tmp_path_factory, "with-ids-and-space", make)


@pytest.fixture
def with_vectors(
    *, actions: Actions, ports: FakePorts, state: State, audit: Audit, with_space: Path
) -> Caller:
    """Only read through it: the home is shared."""
    return Caller(actions, ports, state, audit, models=ModelBook(with_space))


async def test_items_like_one_come_by_prefix_and_by_vector_and_are_compared(
    with_vectors: Caller, ada: Principal, ids: SemanticIds
) -> None:
    item = ids.items[3].id
    found = await with_vectors.call(SIMILAR, {"item": item, "k": 5}, ada)
    own = ids.of(item)
    assert (found["model"], found["spaces"]) == ("semantic-ids:1", ["vectors:1"])
    assert [each["codes"] for each in found["by_prefix"]] == sorted(
        (each["codes"] for each in found["by_prefix"]), reverse=True
    )
    assert all(ids.of(each["item"])[: each["codes"]] == own[: each["codes"]] for each in found["by_prefix"])
    cosines = [each["cosine"] for each in found["by_vector"]]
    assert len(cosines) == 5
    assert cosines == sorted(cosines, reverse=True)
    assert cosines[0] >= max(each["cosine"] for each in found["by_prefix"])
    listed = [{each["item"] for each in found[part]} for part in ("by_prefix", "by_vector")]
    assert item not in listed[0] | listed[1]
    assert found["in_both"] == len(listed[0] & listed[1])
    assert f"{found['in_both']} of the 5 items with the nearest vectors" in found["text"]


async def test_without_the_space_the_list_by_vector_is_empty_and_says_why(
    with_ids: Caller, ada: Principal, ids: SemanticIds
) -> None:
    found = await with_ids.call(SIMILAR, {"item": ids.items[3].id}, ada)
    assert found["by_vector"] == []
    assert {each["cosine"] for each in found["by_prefix"]} == {None}
    assert f"not all of {ids.spaces[0][:12]} are registered" in found["text"]


async def test_nothing_is_like_an_item_without_an_id(with_ids: Caller, ada: Principal) -> None:
    with pytest.raises(NotFound, match="item 'vanished' has no semantic ID here"):
        await with_ids.call(SIMILAR, {"item": "vanished"}, ada)
