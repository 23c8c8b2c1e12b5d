"""The golden path: shown whole, written whole, never over anything, and what it writes can train."""

import hashlib
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import Principal
from tools.call import Caller
from tools.errors import InvalidArguments, NotFound, Unavailable
from tools.jobs import FakeJobs
from tools.jobs.recipes import CoreRecipes
from tools.scaffolding import ScaffoldFile, write_folder

ASKED = {"name": "als-demo", "model": "als", "owner": "group:default/ranking"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path.resolve() / "home" / "scaffold"


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


async def _scaffolded(caller: Caller, principal: Principal, **arguments: Any) -> dict[str, Any]:
    plan = await caller.call("scaffold_training_job", ASKED | arguments, principal)
    return await caller.apply(plan["digest"], principal)


async def test_the_plan_shows_every_file_and_writes_none(caller: Caller, ada: Principal, root: Path) -> None:
    planned = await caller.call("scaffold_training_job", ASKED, ada)
    files = {file["path"]: file for file in planned["plan"]["details"]["files"]}
    assert set(files) == {
        "README.md",
        "catalog-info.yaml",
        "docs/index.md",
        "evaluate.toml",
        "mkdocs.yml",
        "tests/test_config.py",
        "train.toml",
        "world.json",
    }
    for file in files.values():
        assert file["sha256"] == hashlib.sha256(file["content"].encode()).hexdigest()
    assert _names(root) == []


async def test_applying_writes_what_was_shown(caller: Caller, ada: Principal, root: Path) -> None:
    planned = await caller.call("scaffold_training_job", ASKED, ada)
    await caller.apply(planned["digest"], ada)
    written = {
        path.relative_to(root / "als-demo").as_posix(): path.read_text()
        for path in (root / "als-demo").rglob("*")
        if path.is_file()
    }
    assert written == {file["path"]: file["content"] for file in planned["plan"]["details"]["files"]}
    assert _names(root) == ["als-demo"]


@pytest.mark.parametrize("name", ["als-demo", "null", "123"])
async def test_what_is_written_is_an_entity_and_a_configuration(
    caller: Caller, ada: Principal, root: Path, name: str
) -> None:
    await _scaffolded(caller, ada, name=name)
    entity = yaml.safe_load((root / name / "catalog-info.yaml").read_text())
    config = tomllib.loads((root / name / "train.toml").read_text())
    assert (entity["metadata"]["name"], entity["spec"]["owner"]) == (name, "group:default/ranking")
    assert (config["name"], config["model"], config["data"]["path"]) == (name, {"kind": "als"}, "world.json")


async def test_what_is_written_is_what_the_recipes_take(caller: Caller, ada: Principal, root: Path) -> None:
    await _scaffolded(caller, ada)
    config = tomllib.loads((root / "als-demo" / "train.toml").read_text())
    config["data"]["path"] = str(root / "als-demo" / "world.json")
    resolved = CoreRecipes().resolve("train", config)
    assert resolved.config["model"]["kind"] == "als"
    with pytest.raises(InvalidArguments, match="factorz"):
        CoreRecipes().resolve("train", {**config, "model": {"kind": "als", "factorz": 8}})
    with pytest.raises(NotFound, match="no data at"):
        CoreRecipes().resolve("train", {**config, "data": {"path": str(root / "gone"), "format": "world"}})


async def test_a_folder_that_is_there_is_never_touched(caller: Caller, ada: Principal, root: Path) -> None:
    planned = await caller.call("scaffold_training_job", ASKED, ada)
    (root / "als-demo").mkdir(parents=True)
    (root / "als-demo" / "mine.txt").write_text("mine")
    with pytest.raises(InvalidArguments, match="nothing is overwritten"):
        await caller.apply(planned["digest"], ada)
    with pytest.raises(InvalidArguments, match="choose another name"):
        await caller.call("scaffold_training_job", ASKED, ada)
    assert _names(root / "als-demo") == ["mine.txt"]


async def test_a_link_to_nowhere_counts_as_taken(caller: Caller, ada: Principal, root: Path) -> None:
    (root / "als-demo").parent.mkdir()
    (root / "als-demo").symlink_to("/nowhere")
    with pytest.raises(InvalidArguments, match="already"):
        await caller.call("scaffold_training_job", ASKED, ada)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"name": "../escape"}, "name"),
        ({"name": "/tmp/x"}, "name"),
        ({"name": "{{ 7 * 7 }}"}, "name"),
        ({"owner": "x\nevil: true"}, "owner"),
        ({"owner": "$(id)"}, "owner"),
        ({"model": "als'; import os"}, "model"),
        ({"data": "../data"}, "data"),
        ({"template": "other"}, "template"),
    ],
)
async def test_a_parameter_that_is_a_path_or_a_command_is_refused(
    caller: Caller, ada: Principal, arguments: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidArguments, match=named):
        await caller.call("scaffold_training_job", ASKED | arguments, ada)


class Killed(BaseException):
    """Stands for a process that ends right there."""


def test_killed_while_writing_nothing_is_visible(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_paths: object) -> None:
        raise Killed

    files = [ScaffoldFile.of("a.txt", "a"), ScaffoldFile.of("b/c.txt", "c")]
    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", die)
        with pytest.raises(Killed):
            write_folder(root / "als-demo", files)
    assert not (root / "als-demo").exists()
    write_folder(root / "als-demo", files)
    assert (root / "als-demo" / "b" / "c.txt").read_text() == "c"


def test_a_root_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be written"):
        write_folder(tmp_path / "file" / "als-demo", [ScaffoldFile.of("a.txt", "a")])


async def test_a_scaffold_is_trained_by_its_name(
    caller: Caller, backend: FakeJobs, ada: Principal, root: Path
) -> None:
    await _scaffolded(caller, ada)
    plan = await caller.call("launch_training", {"scaffold": "als-demo"}, ada)
    job = (await caller.apply(plan["digest"], ada))["job"]
    config = backend.submitted[job].config
    assert (config["name"], config["model"]) == ("als-demo", {"kind": "als"})
    assert config["data"]["path"] == str(root / "als-demo" / "world.json")


async def test_training_takes_a_name_or_a_scaffold(caller: Caller, ada: Principal, root: Path) -> None:
    planned = await caller.call("launch_training", {"model": "als"}, ada)
    assert planned["plan"]["summary"].startswith("Train the model als-world (als)")
    with pytest.raises(InvalidArguments, match="seed: a scaffold says that itself"):
        await caller.call("launch_training", {"scaffold": "als-demo", "seed": 3}, ada)
    with pytest.raises(NotFound, match="make one with scaffold_training_job"):
        await caller.call("launch_training", {"scaffold": "als-demo"}, ada)
    await _scaffolded(caller, ada)
    (root / "als-demo" / "train.toml").write_text("name = 'x'")
    with pytest.raises(InvalidArguments, match=r"train\.toml cannot be used"):
        await caller.call("launch_training", {"scaffold": "als-demo"}, ada)
