"""Undoing is planned, refuses what has changed since, and happens once."""

from pathlib import Path
from typing import Any

import pytest

from tests.tools.conftest import Clock
from tools import Actions, Principal
from tools.audit import Audit
from tools.call import Caller
from tools.errors import InvalidArguments, NotAllowed, PlanMissing
from tools.fakes import FakePorts
from tools.jobs import FakeJobs
from tools.jobs.desk import JobDesk
from tools.jobs.recipes import FakeRecipes
from tools.state import State

SCAFFOLD = {"name": "home-knn", "owner": "group:default/ranking"}
SCOPES = frozenset({"scaffold:write", "jobs:launch", "jobs:read", "index:write", "plans:undo", "docs:read"})


@pytest.fixture
def ada() -> Principal:
    return Principal(ref="user:default/ada", scopes=SCOPES, door="cli")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "scaffold" / "home-knn"


@pytest.fixture
def caller(
    *, actions: Actions, ports: FakePorts, state: State, audit: Audit, clock: Clock, tmp_path: Path
) -> Caller:
    desk = JobDesk(FakeJobs(), state.jobs, FakeRecipes(), home=tmp_path / "home", clock=clock)
    return Caller(actions, ports, state, audit, clock=clock, jobs=desk)


async def _done(caller: Caller, who: Principal, action: str, arguments: dict[str, Any]) -> str:
    digest = str((await caller.call(action, arguments, who))["digest"])
    assert (await caller.apply(digest, who))["status"] in {"done", "running"}
    return digest


async def _undo(caller: Caller, who: Principal, digest: str) -> dict[str, Any]:
    return await caller.call("undo_plan", {"digest": digest}, who)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def test_exactly_the_files_that_were_written_are_removed(
    caller: Caller, ada: Principal, folder: Path, audit: Audit
) -> None:
    digest = await _done(caller, ada, "scaffold_training_job", SCAFFOLD)
    written = _files(folder)
    planned = await _undo(caller, ada, digest)
    assert len(planned["plan"]["steps"]) == len(written) > 0
    assert _files(folder) == written
    answer = await caller.apply(planned["digest"], ada)
    assert sorted(answer["result"]["undone"]) == sorted(p.relative_to(folder).as_posix() for p in written)
    assert list(_files(folder.parent)) == []
    kinds = [entry.body["kind"] for entry in audit.entries() if entry.body.get("action") == "undo_plan"]
    assert kinds == ["call", "intent", "apply"]
    with pytest.raises(InvalidArguments, match="was undone already"):
        await _undo(caller, ada, digest)


async def test_the_receipt_says_how_to_undo_it(caller: Caller, ada: Principal) -> None:
    planned = await caller.call("scaffold_training_job", SCAFFOLD, ada)
    receipt = (await caller.apply(planned["digest"], ada))["receipt"]
    assert receipt["undo"] == f"undo_plan {planned['digest']}"
    undone = await caller.apply((await _undo(caller, ada, planned["digest"]))["digest"], ada)
    assert undone["receipt"]["undo"] == "irreversible"


async def test_a_changed_file_is_named_and_nothing_is_removed(
    caller: Caller, ada: Principal, folder: Path
) -> None:
    digest = await _done(caller, ada, "scaffold_training_job", SCAFFOLD)
    (folder / "train.toml").write_text("seed = 1\n")
    with pytest.raises(InvalidArguments, match=r"train\.toml was changed since it was written"):
        await _undo(caller, ada, digest)
    assert (folder / "README.md").exists()


async def test_a_file_that_changes_between_plan_and_apply_is_named_as_well(
    caller: Caller, ada: Principal, folder: Path
) -> None:
    planned = await _undo(caller, ada, await _done(caller, ada, "scaffold_training_job", SCAFFOLD))
    (folder / "README.md").write_text("mine\n")
    with pytest.raises(InvalidArguments, match=r"README\.md was changed"):
        await caller.apply(planned["digest"], ada)
    assert (folder / "train.toml").exists()


async def test_what_others_put_there_stays(caller: Caller, ada: Principal, folder: Path) -> None:
    digest = await _done(caller, ada, "scaffold_training_job", SCAFFOLD)
    (folder / "docs" / "notes.md").write_text("mine\n")
    planned = await _undo(caller, ada, digest)
    assert "remove home-knn/docs/notes.md, which was put there since" in planned["plan"]["will_not"]
    await caller.apply(planned["digest"], ada)
    assert _files(folder) == [folder / "docs" / "notes.md"]


@pytest.mark.parametrize("linked", ["train.toml", "docs"])
async def test_a_link_in_the_place_of_a_file_or_folder_is_not_followed(
    *, caller: Caller, ada: Principal, folder: Path, tmp_path: Path, linked: str
) -> None:
    digest = await _done(caller, ada, "scaffold_training_job", SCAFFOLD)
    moved = tmp_path / "elsewhere"
    (folder / linked).rename(moved)
    (folder / linked).symlink_to(moved)
    with pytest.raises(InvalidArguments, match="is a link by now"):
        await _undo(caller, ada, digest)
    assert moved.exists()


async def test_an_index_can_be_put_back_until_another_one_answers(
    caller: Caller, ada: Principal, ports: FakePorts
) -> None:
    first = await _done(caller, ada, "refresh_index", {})
    planned = await _undo(caller, ada, first)
    answer = await caller.apply(planned["digest"], ada)
    assert answer["result"]["undone"] == ["g0 answers again"]
    assert ports.indexer.current == 0
    with pytest.raises(InvalidArguments, match="was undone already"):
        await _undo(caller, ada, first)


async def test_what_was_undone_is_not_undone_again_though_it_was_made_anew(
    caller: Caller, ada: Principal, folder: Path
) -> None:
    first = await _done(caller, ada, "scaffold_training_job", SCAFFOLD)
    other = await _undo(caller, ada, first)
    waits = await caller.call("undo_plan", {"digest": first}, ada)
    assert waits["digest"] == other["digest"]  # asked for twice, it is one plan
    await caller.apply(other["digest"], ada)
    second = await _done(caller, ada, "scaffold_training_job", SCAFFOLD)
    with pytest.raises(InvalidArguments, match=f"undone already, by the plan {other['digest'][:12]}"):
        await _undo(caller, ada, first)
    assert _files(folder)
    await caller.apply((await _undo(caller, ada, second))["digest"], ada)
    assert not _files(folder.parent)


async def test_what_was_not_done_or_has_no_way_back_is_told(caller: Caller, ada: Principal) -> None:
    planned = await caller.call("scaffold_training_job", SCAFFOLD, ada)
    with pytest.raises(InvalidArguments, match="is planned, so there is nothing to undo"):
        await _undo(caller, ada, planned["digest"])
    with pytest.raises(PlanMissing):
        await _undo(caller, ada, "0" * 64)
    undone = await _undo(caller, ada, await _done(caller, ada, "refresh_index", {}))
    await caller.apply(undone["digest"], ada)
    with pytest.raises(InvalidArguments, match="undo_plan is irreversible"):
        await _undo(caller, ada, undone["digest"])


async def test_nobody_undoes_what_another_did_or_what_they_could_not_do(
    caller: Caller, ada: Principal
) -> None:
    digest = await _done(caller, ada, "scaffold_training_job", SCAFFOLD)
    with pytest.raises(PlanMissing):
        await _undo(caller, ada.model_copy(update={"ref": "user:default/eve"}), digest)
    with pytest.raises(NotAllowed, match="needs the scope 'scaffold:write'"):
        await _undo(caller, ada.model_copy(update={"scopes": frozenset({"plans:undo"})}), digest)
