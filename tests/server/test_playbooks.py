"""Train to promotion for one human decision, with real jobs and a real registry; migrate over real checkouts."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.app import make_app
from server.approving.passphrases import Passphrase
from server.approving.sessions import CSRF_HEADER
from server.composition import Cuebook
from tests.server.conftest import HERE
from tests.server.memory import small_cuebook
from tools.audit import Audit
from tools.repositories import Repository
from tools.settings import ActionsSettings

SECRET = "correct horse battery"
PLANS = "/api/v1/plans"


def _git(path: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=path, check=True)


async def _approved(client: httpx.AsyncClient, digest: str) -> None:
    """The human's part, in a session that only a passphrase gives."""
    signed = await client.post("/api/v1/approver/session", json={"name": "eve", "passphrase": SECRET})
    headers = {CSRF_HEADER: signed.json()["csrf"]}
    answer = await client.post(f"{PLANS}/{digest}/approve", headers=headers, json={})
    assert answer.status_code == 200, answer.text


async def _planned(client: httpx.AsyncClient, playbook: str, **inputs: Any) -> dict[str, Any]:
    arguments = {"playbook": playbook, "inputs": inputs}
    answer = await client.post(PLANS, json={"action": "run_playbook", "arguments": arguments})
    assert answer.status_code == 200, answer.text
    planned: dict[str, Any] = answer.json()
    return planned


async def _ended(client: httpx.AsyncClient, digest: str) -> dict[str, Any]:
    for _ in range(600):
        answer = (await client.get(f"{PLANS}/{digest}")).json()
        if answer["status"] != "running":
            return dict(answer)
        await asyncio.sleep(0.2)
    raise AssertionError(f"it still runs: {answer['result']}")


@pytest.fixture
def checkouts(tmp_path: Path) -> dict[str, Repository]:
    """Two git checkouts of the ranking team's."""
    made = {}
    for name, entity in (("home-ranker", "home-ranker"), ("store", "feature-store")):
        path = tmp_path / "src" / name
        path.mkdir(parents=True)
        (path / "pyproject.toml").write_text(
            '[project]\ndependencies = [\n  "numpy>=1.26,<3",\n  "scipy==1.14",\n]\n'
        )
        for command in (["init", "-q"], ["add", "."]):
            _git(path, *command)
        made[name] = Repository(path=path, entity=f"component:default/{entity}")
    return made


@pytest.fixture
async def client(
    tmp_path: Path, checkouts: dict[str, Repository], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A server that carries playbooks out, with an approver."""
    monkeypatch.setattr(Cuebook, "warm_in_background", lambda _self: None)
    home = tmp_path / "home"
    with small_cuebook(home, actions=ActionsSettings(repositories=checkouts)) as cuebook:
        cuebook.proofs.approvers.add("eve", passphrase=Passphrase.of(SECRET), by="")
        app = make_app(cuebook.settings, cuebook=cuebook)
        transport = httpx.ASGITransport(app=app)
        async with (
            cuebook.caller.playing(),
            httpx.AsyncClient(transport=transport, base_url=HERE) as made,
        ):
            yield made


@pytest.mark.integration
async def test_train_to_promotion_costs_exactly_one_human_decision(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    planned = await _planned(client, "train_to_promotion", name="fresh-knn", owner="group:default/ranking")
    assert planned["status"] == "waiting"
    assert planned["approval"]["missing"] == 1
    digest = planned["digest"]
    await _approved(client, digest)
    applied = (await client.post(f"{PLANS}/{digest}/apply")).json()
    assert applied["status"] == "running"
    ended = await _ended(client, digest)
    assert ended["status"] == "done", ended["reason"]
    states = {step["id"]: step["state"] for step in ended["result"]["steps"]}
    assert states.pop("compare") == "skipped"
    assert set(states.values()) == {"done"}
    shown = await client.post("/api/v1/actions/describe_model", json={"model": "fresh-knn@production"})
    assert shown.json()["model"]["ref"] == "fresh-knn:1"
    rows = _audited(tmp_path)
    assert [row["kind"] for row in rows if row["kind"] in {"approve", "reject"}] == ["approve"]
    steps = [
        (row["action"], row["step"])
        for row in rows
        if row.get("playbook") == digest and row["kind"] == "intent"
    ]
    assert steps == [
        ("scaffold_training_job", "scaffold"),
        ("launch_training", "train"),
        ("launch_eval", "evaluate"),
        ("promote_model", "promote"),
    ]


@pytest.mark.integration
async def test_migrate_writes_a_patch_for_each_repository_and_changes_none(
    client: httpx.AsyncClient, checkouts: dict[str, Repository], tmp_path: Path
) -> None:
    inputs = {"owner": "ranking", "dependency": "NumPy", "version": "2.1.0", "folder": "numpy-2"}
    planned = await _planned(client, "migrate", repositories=list(checkouts), **inputs)
    diffs = [step["plan"]["details"]["diff"] for step in planned["plan"]["details"]["steps"]]
    assert ['+  "numpy>=2.1.0,<3",' in diff for diff in diffs] == [True, True]
    await _approved(client, planned["digest"])
    await client.post(f"{PLANS}/{planned['digest']}/apply")
    ended = await _ended(client, planned["digest"])
    assert ended["status"] == "done", ended["reason"]
    for name, repository in checkouts.items():
        patch = tmp_path / "home" / "patches" / "numpy-2" / f"{name}.patch"
        assert 'numpy>=1.26,<3",' in (repository.path / "pyproject.toml").read_text()
        _git(repository.path, "apply", str(patch))
        assert 'numpy>=2.1.0,<3",' in (repository.path / "pyproject.toml").read_text()
    assert [row["kind"] for row in _audited(tmp_path) if row["kind"] == "approve"] == ["approve"]


async def test_a_repository_of_others_is_refused_with_its_owner(client: httpx.AsyncClient) -> None:
    arguments = {
        "repository": "store",
        "owner": "component:feature-store",
        "dependency": "numpy",
        "version": "2.1.0",
        "folder": "x",
    }
    answer = await client.post(PLANS, json={"action": "propose_patch", "arguments": arguments})
    assert answer.status_code == 403
    assert "which group:default/ranking owns and not component:feature-store" in answer.text


def _audited(tmp_path: Path) -> list[dict[str, Any]]:
    audit = Audit.open(tmp_path / "home" / "audit.db")
    try:
        return [dict(entry.body) for entry in audit.entries()]
    finally:
        audit.close()
