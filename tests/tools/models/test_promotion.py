"""An alias moves only when figures and what is served beside it allow it, exactly as planned, and back again."""

import asyncio
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recsys_core.recipes import run_recipe
from recsys_core.registry import AliasChange, Registry
from tests.registered_models import OWNER, trained
from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.errors import GateRefused, InvalidArguments, NotAllowed, NotFound, TargetMoved
from tools.fakes import FakeCatalog, FakeEntity, FakeLibrary, FakePorts, FakeRef, FakeRelation
from tools.models import ModelBook
from tools.models.alias_history import before
from tools.state import State

USES, SURFACE, MODEL = (f"cuebook.dev/{name}" for name in ("uses-models", "surface", "model"))
PODCASTS, PLAYLISTS = "group:default/podcasts", "group:default/playlists"


def _ref(text: str) -> FakeRef:
    return FakeRef.parse(text)


def _entity(ref: str, owner: str = "", **annotations: str) -> FakeEntity:
    return FakeEntity(
        _ref(ref),
        title=ref.partition("/")[2],
        owner=_ref(owner) if owner else None,
        annotations={f"cuebook.dev/{name.replace('_', '-')}": value for name, value in annotations.items()},
    )


ENTITIES = (
    _entity("resource:default/als-model", OWNER, model="als"),
    _entity(
        "component:default/podcast-shelf",
        PODCASTS,
        uses_models="als@production, podcast-index@production",
        surface="podcasts, home",
    ),
    _entity("component:default/radio", PLAYLISTS, uses_models="als@production", surface="playlists"),
    _entity("component:default/app", "group:default/app"),
    _entity("component:default/odd", uses_models="als:1, als@production, ../etc, gone", surface="search"),
)
RELATIONS = (
    FakeRelation(
        _ref("component:default/radio"), "dependencyOf", _ref("component:default/app"), declared=False
    ),
)


@pytest.fixture(scope="session")
def tuples(registered: Path, artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """als:1 and podcast-index:1 made of it are in production; als:2 and podcast-index:2 of it are better, als:3 worse."""
    home, made = tmp_path_factory.mktemp("tuples") / "home", tmp_path_factory.mktemp("made")
    shutil.copytree(registered, home)
    better = trained(made, "ridge", 'kind = "als", factors = 4, regularization = 10.0')
    worse = trained(made, "als6", 'kind = "als", factors = 6')
    (made / "embed.toml").write_text('model = "ridge"\n')
    run_recipe("embed", made / "embed.toml", made / "ridge-vectors")
    registry = Registry.open(home)
    registry.register(artifacts / "vectors", name="podcast-index", owner=PODCASTS)
    for folder in (better, worse):
        registry.register(folder, name="als", owner=OWNER)
        registry.record(folder.with_name(f"{folder.name}-judged"), owner=OWNER)
    registry.register(made / "ridge-vectors", name="podcast-index", owner=PODCASTS)
    for name in ("als", "podcast-index"):
        registry.set_alias(name, "production", 1, expected=None, by=OWNER)
    return home


@pytest.fixture
def home(tmp_path: Path, tuples: Path) -> Path:
    shutil.copytree(tuples, tmp_path / "home", dirs_exist_ok=True)
    return tmp_path / "home"


@pytest.fixture
def book(home: Path) -> ModelBook:
    return ModelBook(home)


@pytest.fixture
def ports(ports: FakePorts) -> FakePorts:
    return replace(ports, library=FakeLibrary(FakeCatalog(ENTITIES, RELATIONS)))


@pytest.fixture
def ada() -> Principal:
    scopes = frozenset({"models:read", "models:promote", "catalog:read", "plans:undo"})
    return Principal(ref="user:default/ada", scopes=scopes, door="rest")


@pytest.fixture
def caller(*, actions: Actions, ports: FakePorts, state: State, audit: Audit, book: ModelBook) -> Caller:
    return Caller(actions, ports, state, audit, models=book)


async def _planned(caller: Caller, ada: Principal, action: str, **arguments: Any) -> dict[str, Any]:
    return await caller.call(action, arguments, ada)


async def test_a_vertical_part_made_from_the_old_version_stops_a_promotion(
    caller: Caller, ada: Principal, book: ModelBook
) -> None:
    with pytest.raises(GateRefused) as error:
        await _planned(caller, ada, "promote_model", model="als:2")
    told = str(error.value)
    assert "component:default/podcast-shelf (surface podcasts, home)" in told
    assert "podcast-index:1 was made from als:1, and als:2 is served" in told
    assert "podcast-index:2 is registered and fits: move podcast-index@production to podcast-index:2" in told
    assert told.endswith("What to do: move podcast-index@production to podcast-index:2 at once (`together`).")
    assert f"Talk to {OWNER} and {PODCASTS}" in told or f"Talk to {PODCASTS}." in told
    assert "radio" not in told
    assert error.value.details["reasons"]
    held = book.alias("als", "production")
    assert held is not None
    assert held.ref == "als:1"


async def test_everything_that_speaks_against_a_promotion_is_told_at_once(
    caller: Caller, ada: Principal
) -> None:
    with pytest.raises(GateRefused) as error:
        await _planned(caller, ada, "promote_model", model="als:3", together=["knn:1"], protocol="loo-refit")
    unfit, als, knn = error.value.reasons
    assert (
        "podcast-index:1 was made from als:1, and als:3 is served; make podcast-index again from als:3"
        in unfit
    )
    assert als.startswith("als:3 has not been judged under 'loo-refit'")
    assert knn.startswith("knn:1 has not been judged under 'loo-refit'")
    assert "register podcast-index made anew" in str(error.value)

    with pytest.raises(GateRefused) as error:
        await _planned(caller, ada, "promote_model", model="als:3")
    unfit, whole, tracks = error.value.reasons
    assert (unfit[:9], whole[:7], tracks[:7]) == ("component", "ndcg@10", "ndcg@10")


async def test_a_whole_tuple_is_promoted_at_once_as_planned_and_rolled_back(
    caller: Caller, ada: Principal, book: ModelBook
) -> None:
    planned = await _planned(caller, ada, "promote_model", model="als:2", together=["podcast-index:2"])
    plan = planned["plan"]
    assert plan["reversible"]
    assert {target["ref"]: target["revision"].split(" ")[0] for target in plan["targets"]} == {
        "model:als@production": "als:1",
        "model:podcast-index@production": "podcast-index:1",
        "model:als:2": "als:2",
        "model:podcast-index:2": "podcast-index:2",
    }
    assert [move["to"] for move in plan["details"]["moves"]] == ["als:2", "podcast-index:2"]
    [judged, unjudged] = plan["details"]["evaluation"]
    assert judged["protocol"].startswith("loo-full ")
    assert {each["slice"] for each in judged["guardrails"]} == {"track", "episode", "audiobook", "cold users"}
    assert plan["details"]["difference_low"] == judged["difference"]["low"]
    assert unjudged["judged"].startswith("no")
    assert {each["surface"] for each in plan["details"]["surfaces"]} == {
        "podcasts, home",
        "playlists",
    }
    applied = await caller.apply(planned["digest"], ada)
    assert applied["status"] == "done"
    assert applied["result"]["surfaces"] == ["home", "playlists", "podcasts"]
    assert _served(book) == {"als": 2, "podcast-index": 2}
    assert book.history("als")[-1] == AliasChange(
        name="als", alias="production", old=1, new=2, by=ada.ref, at=book.history("als")[-1].at
    )

    with pytest.raises(GateRefused, match="podcast-index:2 was made from als:2, and als:1 is served"):
        await _planned(caller, ada, "rollback_model", name="als")
    back = await _planned(caller, ada, "rollback_model", name="als", together="podcast-index")
    assert (await caller.apply(back["digest"], ada))["status"] == "done"
    assert _served(book) == {"als": 1, "podcast-index": 1}
    with pytest.raises(NotFound, match="names no version before als:1"):
        await _planned(caller, ada, "rollback_model", name="als")


def _served(book: ModelBook) -> dict[str, int]:
    held = {name: book.alias(name, "production") for name in ("als", "podcast-index")}
    return {name: version.version for name, version in held.items() if version}


async def test_what_moved_since_the_plan_is_not_overwritten(
    caller: Caller, ada: Principal, book: ModelBook
) -> None:
    planned = await _planned(caller, ada, "promote_model", model="knn:2", alias="staging")
    book.registry.set_alias("knn", "staging", 1, expected=None, by="user:default/eve")
    with pytest.raises(TargetMoved, match="model:knn@staging: was absent, is now knn:1"):
        await caller.apply(planned["digest"], ada)
    held = book.alias("knn", "staging")
    assert held is not None
    assert held.version == 1


async def test_what_moves_in_mlflow_between_plan_and_apply_stops_it_too(
    caller: Caller, ada: Principal, book: ModelBook
) -> None:
    planned = await _planned(caller, ada, "promote_model", model="als:2", together=["podcast-index:2"])
    book.registry.store.set_alias("podcast-index", "production", None)
    with pytest.raises(TargetMoved, match="nothing was moved: podcast-index@production points to nothing"):
        await caller.apply(planned["digest"], ada)
    assert _served(book)["als"] == 1


async def test_a_first_version_needs_figures_but_no_incumbent(caller: Caller, ada: Principal) -> None:
    planned = await _planned(caller, ada, "promote_model", model="knn:1", alias="staging")
    assert planned["plan"]["summary"] == "Point knn@staging to knn:1, its first version."
    assert planned["plan"]["details"]["compatibility"].startswith("no entity")
    with pytest.raises(
        GateRefused, match="has not been judged under 'loo-refit'; protocols that did: loo-full"
    ):
        await _planned(caller, ada, "promote_model", model="knn:1", alias="staging", protocol="loo-refit")


async def test_what_is_worse_is_refused_with_the_figures_and_who_would_pay(
    caller: Caller, ada: Principal, book: ModelBook
) -> None:
    book.registry.set_alias("als", "staging", 1, expected=None, by=OWNER)
    with pytest.raises(GateRefused) as error:
        await _planned(caller, ada, "promote_model", model="als:3", alias="staging")
    whole, tracks = error.value.reasons
    assert re.fullmatch(r"ndcg@10 of als:3 is lower by more than 5%, -0\.\d+ \[.*\], than als:1", whole)
    assert "in the slice track (34 users) is lower, with the whole interval" in tracks
    held = book.alias("als", "staging")
    assert held is not None
    assert held.version == 1


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        ({"model": "als:1"}, InvalidArguments, "als@production points to als:1 already"),
        ({"model": "als:2", "together": ["als:1"]}, InvalidArguments, "name a model twice"),
        ({"model": "als:9"}, NotFound, "no als:9 in the registry; als has :1, :2, :3"),
        ({"model": "als:2", "alias": "Prod uction"}, InvalidArguments, "alias"),
        ({"model": "als:2", "together": ["../../etc/passwd"]}, NotFound, "there is no model"),
    ],
)
async def test_arguments_that_mean_nothing_are_told(
    *, caller: Caller, ada: Principal, arguments: dict[str, Any], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        await caller.call("promote_model", arguments, ada)


async def test_moving_takes_its_scope(caller: Caller, ada: Principal) -> None:
    reader = Principal(ref=ada.ref, scopes=frozenset({"models:read"}), door="rest")
    for action, arguments in (("promote_model", {"model": "als:2"}), ("rollback_model", {"name": "als"})):
        with pytest.raises(NotAllowed, match="models:promote"):
            await caller.call(action, arguments, reader)


async def test_a_promotion_is_undone_unless_the_alias_went_on(
    caller: Caller, ada: Principal, book: ModelBook
) -> None:
    digests = []
    for version in (1, 2):
        planned = await _planned(caller, ada, "promote_model", model=f"knn:{version}", alias="staging")
        digests.append((await caller.apply(planned["digest"], ada))["digest"])
    with pytest.raises(
        InvalidArguments, match="knn@staging points to knn:2 now, and the plan left it at knn:1"
    ):
        await _planned(caller, ada, "undo_plan", digest=digests[0])
    for digest, step in zip(
        reversed(digests), ("point knn@staging back to knn:1", "take knn@staging away"), strict=True
    ):
        undo = await _planned(caller, ada, "undo_plan", digest=digest)
        assert undo["plan"]["steps"] == [step]
        assert (await caller.apply(undo["digest"], ada))["result"]["undone"] == [step]
    assert book.alias("knn", "staging") is None


async def test_two_at_once_move_it_once(caller: Caller, ada: Principal, book: ModelBook) -> None:
    planned = await _planned(caller, ada, "promote_model", model="knn:2", alias="staging")
    both = await asyncio.gather(*(caller.apply(planned["digest"], ada) for _ in range(2)))
    assert both[0]["result"] == both[1]["result"]
    assert len([each for each in book.history("knn") if each.alias == "staging"]) == 1


async def test_the_present_state_and_a_move_are_checked_as_a_question(
    caller: Caller, ada: Principal, book: ModelBook
) -> None:
    now = await caller.call("check_compatibility", {}, ada)
    assert (now["verdict"], now["total"], now["moved"]) == ("fits", 3, [])
    odd = next(each for each in now["tuples"] if each["entity"] == "component:default/odd")
    assert odd["not_checked"] == [
        "component:default/odd uses gone, which is not registered",
        "component:default/odd: 'als@production' is no model ref, or names a model again",
        "component:default/odd: '../etc' is no model ref, or names a model again",
    ]
    after = await caller.call("check_compatibility", {"model": "als:2"}, ada)
    assert (after["verdict"], after["surfaces"]) == ("broken", ["home", "podcasts"])
    [misfit] = after["tuples"][0]["misfits"]
    assert (misfit["part"], misfit["serves"], misfit["owner"]) == ("podcast-index:1", "als:2", PODCASTS)
    whole = {"model": "als:2", "together": ["podcast-index:2"], "surface": "Podcasts"}
    assert (await caller.call("check_compatibility", whole, ada))["verdict"] == "fits"
    book.registry.set_alias("als", "production", 2, expected=1, by="service:nightly")
    broken = await caller.call("check_compatibility", {}, ada)
    assert (broken["verdict"], broken["owners"]) == ("broken", [PODCASTS])
    remedies = {misfit["remedy"] for each in broken["tuples"] for misfit in each["misfits"]}
    assert remedies == {
        "podcast-index:2 is registered and fits: move podcast-index@production to podcast-index:2 too"
    }


async def test_a_tuple_that_the_caller_may_not_see_still_stops_a_move_unnamed(
    caller: Caller, ada: Principal, ports: FakePorts
) -> None:
    hidden = frozenset({"component:default/podcast-shelf"})
    caller._ports = replace(ports, library=replace(ports.library, hidden=hidden))
    with pytest.raises(GateRefused, match="an entity that you may not see") as error:
        await _planned(caller, ada, "promote_model", model="als:2")
    assert "podcast-shelf" not in str(error.value)
    assert "home" not in str(error.value)


async def test_what_rests_on_an_entity_comes_with_surfaces_owners_and_models(
    caller: Caller, ada: Principal
) -> None:
    found = await caller.call("entity_impact", {"entity": "als-model"}, ada)
    assert [(each["entity"], each["depth"], each["through"]) for each in found["items"]] == [
        ("component:default/odd", 1, "resource:default/als-model"),
        ("component:default/podcast-shelf", 1, "resource:default/als-model"),
        ("component:default/radio", 1, "resource:default/als-model"),
        ("component:default/app", 2, "component:default/radio"),
    ]
    assert (found["total"], found["direct"], found["models"]) == (4, 3, ["als"])
    assert found["surfaces"] == ["home", "playlists", "podcasts", "search"]
    assert found["owners"] == ["group:default/app", PLAYLISTS, PODCASTS]
    page = await caller.call("entity_impact", {"entity": "als-model", "limit": 3}, ada)
    rest = await caller.call("entity_impact", {"entity": "als-model", "offset": page["next_offset"]}, ada)
    assert [*page["items"], *rest["items"]] == found["items"]
    with pytest.raises(NotFound):
        await caller.call("entity_impact", {"entity": "als-modle"}, ada)


@pytest.mark.parametrize(
    ("moves", "current", "earlier"),
    [
        ([(None, 1), (1, 2)], 2, 1),
        ([(None, 1), (1, 2), (2, 1)], 1, None),
        ([(None, 1), (1, 2), (2, 3), (3, 2)], 2, 1),
        ([(1, 2)], 2, 1),
        ([(None, 1)], 7, 1),
        ([], 3, None),
        ([(None, 1), (1, None), (None, 2)], 2, 1),
    ],
)
def test_the_version_before_is_the_one_that_was_not_taken_back(
    moves: list[tuple[int | None, int | None]], current: int, earlier: int | None
) -> None:
    history = [
        AliasChange(name="als", alias="production", old=old, new=new, by="ann", at="t") for old, new in moves
    ]
    other = AliasChange(name="als", alias="staging", old=None, new=9, by="ann", at="t")
    assert before([*history, other], "production", current) == earlier
