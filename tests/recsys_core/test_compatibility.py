"""Served artifacts fit each other, or it is told which part was made from another one."""

import ast
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import recsys_core.compatibility as module
from recsys_core.compatibility import Artifact, Shelf, faults, made_from


def _made(name: str, version: int, *parents: Artifact, **more: object) -> Artifact:
    return Artifact(
        digest=f"{name}-{version}",
        name=name,
        version=version,
        parents=tuple(parent.digest for parent in parents),
        **more,  # type: ignore[arg-type]
    )


def _shelf(served: tuple[Artifact, ...], *others: Artifact, installed: frozenset[str] = frozenset()) -> Shelf:
    known = {each.digest: each for each in (*served, *others)}
    return Shelf(known, {each.name: each for each in served}, installed)


VECTORS, BUMPED = _made("item2vec", 1, dimensions=64), _made("item2vec", 2, dimensions=32)
INDEX = _made("podcast-index", 1, VECTORS, recipe="embed", dimensions=64)


def test_an_index_of_other_vectors_than_those_served_is_named_with_what_to_make_again() -> None:
    assert faults(_shelf((VECTORS, INDEX))) == ()
    (fault,) = faults(_shelf((BUMPED, INDEX), VECTORS))
    assert (fault.kind, fault.part.ref) == ("built-from-another", "podcast-index:1")
    assert fault.why == "podcast-index:1 was made from item2vec:1, and item2vec:2 is served"
    assert fault.remedy == "make podcast-index again from item2vec:2 (recipe embed)"


def test_what_lies_between_two_served_parts_need_not_be_served() -> None:
    between = _made("normalised", 1, VECTORS)
    index = _made("index", 1, between)
    assert made_from(index, _shelf((VECTORS, index), between)) == (VECTORS,)
    assert len(faults(_shelf((BUMPED, index), between, VECTORS))) == 1


def test_a_version_that_goes_on_from_an_earlier_one_of_its_own_is_no_fault() -> None:
    tuned = _made("item2vec", 3, VECTORS)
    assert faults(_shelf((tuned, _made("index", 1, tuned)), VECTORS)) == ()


def test_dimensions_items_and_missing_distributions_are_told() -> None:
    narrow = _made("index", 1, VECTORS, dimensions=32)
    assert [each.kind for each in faults(_shelf((VECTORS, narrow)))] == ["dimensions"]
    items = _made("vectors", 1, items="a" * 64)
    other = _made("index", 1, items, items="b" * 64)
    assert [each.kind for each in faults(_shelf((items, other)))] == ["items"]
    needs = _made("index", 1, requires=("numpy", "voyager"))
    (missing,) = faults(_shelf((needs,), installed=frozenset({"numpy"})))
    assert (missing.kind, missing.remedy) == ("library", "install what index:1 needs")
    assert "voyager" in missing.why


def test_a_parent_that_was_never_registered_says_nothing() -> None:
    assert faults(_shelf((_made("index", 1, _made("gone", 1)), VECTORS))) == ()


@st.composite
def _worlds(draw: st.DrawFn) -> tuple[list[Artifact], dict[str, Artifact]]:
    """Versions of up to four models, each made from some that came before; and which version of each is served."""
    made: list[Artifact] = []
    for number in range(draw(st.integers(1, 12))):
        parents = draw(st.lists(st.sampled_from(made), max_size=2, unique=True)) if made else []
        made.append(_made(draw(st.sampled_from("abcd")), number, *parents))
    names = sorted({each.name for each in made})
    chosen = draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    served = {name: draw(st.sampled_from([each for each in made if each.name == name])) for name in chosen}
    return made, served


@given(_worlds())
def test_a_tuple_holds_exactly_when_each_part_rests_on_the_served_versions(
    world: tuple[list[Artifact], dict[str, Artifact]],
) -> None:
    made, served = world
    shelf = Shelf({each.digest: each for each in made}, served)
    found = faults(shelf)
    wrong = {
        (part.name, parent.name)
        for part in served.values()
        for parent in made_from(part, shelf)
        if parent != served[parent.name]
    }
    assert {(fault.part.name, fault.from_.name) for fault in found if fault.from_} == wrong
    assert all(fault.from_ == served[fault.from_.name] for fault in found if fault.from_)
    for fault in found:  # what was made again from the served parts is no fault any more
        anew = _made(fault.part.name, 99, *(served[each.name] for each in made_from(fault.part, shelf)))
        mended = Shelf({**shelf.known, anew.digest: anew}, {**served, anew.name: anew})
        assert not any(each.part == anew for each in faults(mended))


@given(_worlds())
def test_a_part_that_is_served_alone_contradicts_nothing(
    world: tuple[list[Artifact], dict[str, Artifact]],
) -> None:
    made, served = world
    known = {each.digest: each for each in made}
    alone = dict(list(served.items())[:1])
    assert not [fault for fault in faults(Shelf(known, alone)) if fault.from_]


def test_deciding_imports_nothing_heavy() -> None:
    tree = ast.parse(Path(module.__file__).read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"collections.abc", "dataclasses", "typing"}
