"""What was saved comes back whole, or nothing changes."""

import io
import json
import shutil
import sqlite3
import stat
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from recsys_core.registry import Registry
from recsys_core.registry.health import examine
from recsys_core.registry.lock import sole_writer
from tests.tools.policy.conftest import ORGANISATION, rulebook
from tools import Actions, Principal
from tools.approver import Approver, Means
from tools.audit import Audit
from tools.backup import backup, restore
from tools.call import Caller
from tools.contexts import Contexts
from tools.errors import (
    BackupDamaged,
    BackupRefused,
    PlanAlreadyApplied,
    StateError,
    StateNewer,
    TargetMoved,
)
from tools.fakes import FakePorts
from tools.policy.grants import Granted, Grants, GrantTerms
from tools.policy.meter import Meter
from tools.ports import Turn
from tools.restoring import MARK
from tools.state import State

ADA = "user:default/ada"


@pytest.fixture
def home(state: State, audit: Audit) -> Path:
    """A home in use: a conversation, audit rows, an index, settings with a key."""
    Contexts(state).remember("", Turn("q", "a"), principal=ADA)
    audit.append({"who": "ada"})
    home = state.path.parent
    generation = home / "index" / "generations" / "g1"
    generation.mkdir(parents=True)
    (generation / "sections.jsonl").write_text("{}")
    (home / "index" / "CURRENT").write_text("g1\n")
    (home / "settings.toml").write_text('api_key = "hunter2"')
    return home


@pytest.fixture
def archive(home: Path, tmp_path: Path) -> Path:
    path = tmp_path / "saved.tar.gz"
    backup(home, path)
    return path


def _conversations(home: Path) -> int:
    state = State.open(home / "state.db")
    with state.read() as connection:
        found = connection.execute(text("SELECT count(*) FROM contexts")).scalar()
    state.close()
    return int(found or 0)


def test_a_backup_comes_back_in_an_empty_home(home: Path, archive: Path, tmp_path: Path) -> None:
    report = restore(archive, tmp_path / "new")
    assert (report.members, report.moved_aside) == (("audit.db", "state.db"), "")
    assert _conversations(tmp_path / "new") == 1
    audit = Audit.open(tmp_path / "new" / "audit.db")
    assert audit.verify().number == 1
    audit.close()
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["audit.db", "state.db"]


def test_the_report_has_an_anchor_for_the_audit(home: Path, audit: Audit, tmp_path: Path) -> None:
    report = backup(home, tmp_path / "saved.tar.gz")
    assert report.audit_head == audit.head()
    assert report.generation == "g1"
    assert report.bytes == (tmp_path / "saved.tar.gz").stat().st_size
    assert (tmp_path / "saved.tar.gz").stat().st_mode & 0o077 == 0


def test_the_index_comes_along_on_request(home: Path, tmp_path: Path) -> None:
    backup(home, tmp_path / "saved.tar.gz", with_index=True)
    restore(tmp_path / "saved.tar.gz", tmp_path / "new")
    assert (tmp_path / "new/index/CURRENT").read_text() == "g1\n"
    assert (tmp_path / "new/index/generations/g1/sections.jsonl").read_text() == "{}"


def test_settings_are_named_and_never_copied(archive: Path) -> None:
    with tarfile.open(archive) as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        assert json.load(manifest)["settings"][0]["name"] == "settings.toml"
        assert "settings.toml" not in tar.getnames()


def test_an_audit_that_is_broken_is_saved_as_evidence(home: Path, audit: Audit, tmp_path: Path) -> None:
    import sqlite3

    connection = sqlite3.connect(audit.path)
    connection.executescript("DROP TRIGGER entries_stay; UPDATE entries SET body = '{}';")
    connection.close()
    assert backup(home, tmp_path / "saved.tar.gz").audit_fault.startswith("row 1")
    assert restore(tmp_path / "saved.tar.gz", tmp_path / "new").audit_fault.startswith("row 1")


def test_nothing_to_save_and_nothing_overwritten(home: Path, archive: Path, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="there is no state under"):
        backup(tmp_path / "empty", tmp_path / "x.tar.gz")
    before = archive.read_bytes()
    with pytest.raises(BackupRefused, match="choose another name"):
        backup(home, archive)
    assert archive.read_bytes() == before


def test_an_archive_that_cannot_be_written_is_named(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StateError, match=r"x\.tar\.gz was not written: (File exists|Not a directory)"):
        backup(home, tmp_path / "file" / "x.tar.gz")


def test_state_that_stands_is_replaced_only_by_force_and_kept(
    home: Path, archive: Path, state: State, audit: Audit
) -> None:
    Contexts(state).remember("", Turn("later", ""), principal=ADA)
    state.close()
    audit.close()
    with pytest.raises(BackupRefused, match=r"holds audit\.db, state\.db already.*--force"):
        restore(archive, home)
    assert _conversations(home) == 2
    report = restore(archive, home, force=True)
    assert _conversations(home) == 1
    assert _conversations(Path(report.moved_aside)) == 2


def _rewritten(archive: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """The archive with its members changed; what is named `link` becomes a symbolic link."""
    with tarfile.open(archive) as tar:
        contents = {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]  # regular files
    change(contents)
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            if content == b"link":
                entry.type, entry.linkname, entry.size = tarfile.SYMTYPE, "/etc/passwd", 0
            tar.addfile(entry, io.BytesIO(content))


def _listing(contents: dict[str, bytes], name: str, content: bytes) -> None:
    import hashlib

    manifest = json.loads(contents["manifest.json"])
    manifest["members"].append(
        {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    )
    contents["manifest.json"] = json.dumps(manifest).encode()
    contents[name] = content


def _unlisted(contents: dict[str, bytes], name: str) -> None:
    manifest = json.loads(contents["manifest.json"])
    manifest["members"] = [member for member in manifest["members"] if member["name"] != name]
    contents["manifest.json"] = json.dumps(manifest).encode()
    del contents[name]


def _edited(contents: dict[str, bytes], statement: str) -> None:
    """The audit changed by somebody who can also make the manifest fit the new file."""
    import sqlite3

    connection = sqlite3.connect(":memory:")
    connection.deserialize(contents["audit.db"])
    connection.executescript(f"DROP TRIGGER entries_stay; DROP TRIGGER entries_remain; {statement};")
    changed = connection.serialize()
    connection.close()
    _unlisted(contents, "audit.db")
    _listing(contents, "audit.db", changed)


def test_what_does_not_fit_on_the_disk_is_not_unpacked(archive: Path, tmp_path: Path) -> None:
    def claim(contents: dict[str, bytes]) -> None:
        manifest = json.loads(contents["manifest.json"])
        manifest["members"][0]["size"] = 2**60
        contents["manifest.json"] = json.dumps(manifest).encode()

    _rewritten(archive, claim)
    with pytest.raises(BackupRefused, match=r"1,152,921,504,6.* are free; make room"):
        restore(archive, tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize(
    "kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_SPARSE]
)
def test_a_header_that_claims_to_be_long_is_not_read(kind: bytes, tmp_path: Path) -> None:
    """tarfile would take it into memory, and a few kilobytes of gzip are gigabytes of it."""
    with tarfile.open(tmp_path / "bomb.tar.gz", "w:gz") as tar:
        entry = tarfile.TarInfo("manifest.json")
        entry.type, entry.size = kind, 200_000
        tar.addfile(entry, io.BytesIO(bytes(entry.size)))
    with pytest.raises(BackupDamaged, match="is no file and 200,000 bytes long"):
        restore(tmp_path / "bomb.tar.gz", tmp_path / "new")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c.update({"state.db": b"x" * len(c["state.db"])}), "was altered"),
        (lambda c: c.update({"state.db": c["state.db"][:-1]}), "not what the manifest lists"),
        (lambda c: c.pop("audit.db"), "audit.db is missing"),
        (lambda c: c.update({"extra": b"x"}), "not what the manifest lists"),
        (lambda c: c.update({"state.db": b"link"}), "not what the manifest lists"),
        (lambda c: _listing(c, "../evil", b"x"), "no file that a backup of cuebook holds"),
        (lambda c: _listing(c, "/tmp/evil", b"x"), "no file that a backup of cuebook holds"),
        (lambda c: _listing(c, "index/generations/../../evil", b"x"), "no file that a backup"),
        (lambda c: _listing(c, "settings.toml", b"x"), "no file that a backup of cuebook holds"),
        (lambda c: _edited(c, "DELETE FROM entries WHERE number = 1"), "cut or edited since"),
        (lambda c: _edited(c, "UPDATE entries SET body = '{}' WHERE number = 1"), "cut or edited since"),
        (lambda c: _edited(c, "DROP TABLE entries"), "is no audit"),
        (lambda c: _unlisted(c, "audit.db"), "cut or edited since"),
        (lambda c: c.update({"manifest.json": b"{}"}), "manifest cannot be understood"),
        (lambda c: c.update({"manifest.json": b'{"format": 99}'}), "newer than 4; upgrade"),
        (lambda c: c.update({"manifest.json": b"nonsense"}), "cannot be read as a backup"),
        (lambda c: c.pop("manifest.json"), "does not begin with manifest.json"),
    ],
)
def test_an_altered_archive_changes_nothing(
    archive: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None], told: str
) -> None:
    _rewritten(archive, change)
    with pytest.raises(BackupDamaged, match=told):
        restore(archive, tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    "spoil", [lambda whole: whole[: len(whole) // 2], lambda _: b"x" * 1000, lambda _: b""]
)
def test_a_cut_archive_changes_nothing(
    archive: Path, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    archive.write_bytes(spoil(archive.read_bytes()))
    with pytest.raises(BackupDamaged, match=r"saved\.tar\.gz"):
        restore(archive, tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_missing_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(BackupDamaged, match="there is no file"):
        restore(tmp_path / "nowhere.tar.gz", tmp_path / "new")


def test_a_backup_of_a_newer_version_is_refused(home: Path, state: State, tmp_path: Path) -> None:
    with state.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    backup(home, tmp_path / "newer.tar.gz")
    with pytest.raises(StateNewer, match="upgrade cuebook"):
        restore(tmp_path / "newer.tar.gz", tmp_path / "new")


@pytest.mark.parametrize("moves", range(4))
def test_a_restore_that_breaks_off_between_moves_is_undone(
    *, home: Path, archive: Path, state: State, audit: Audit, moves: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    Contexts(state).remember("", Turn("later", ""), principal=ADA)
    state.close()
    audit.close()
    left = [moves]
    replace = Path.replace

    def failing(self: Path, target: Path) -> Path:
        if left[0] == 0:
            left[0] = 99
            raise OSError("disk failed")
        left[0] -= 1
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", failing)
        with pytest.raises(OSError, match="disk failed"):
            restore(archive, home, force=True)
    assert _conversations(home) == 2
    assert not list(home.glob("replaced-*"))


def test_after_a_kill_nothing_opens_until_a_restore_puts_it_right(
    *, home: Path, archive: Path, state: State, audit: Audit
) -> None:
    state.close()
    audit.close()
    aside = home / "replaced-1"
    aside.mkdir()
    (home / "state.db").replace(aside / "state.db")
    (home / MARK).write_text(
        json.dumps(
            {"aside": "replaced-1", "tops": ["audit.db", "state.db"], "standing": ["state.db", "audit.db"]}
        )
    )
    for opening in (State.open, Audit.open):
        with pytest.raises(StateError, match="run `cuebook restore` again"):
            opening(home / "state.db")
    with pytest.raises(BackupRefused):
        restore(archive, home)
    assert _conversations(home) == 1
    assert not aside.exists()


@pytest.fixture
def with_models(home: Path, registered: Path) -> Path:
    shutil.copytree(registered, home, dirs_exist_ok=True)
    return home


def test_the_model_registry_comes_back_with_every_artifact(with_models: Path, tmp_path: Path) -> None:
    before = Registry.open(with_models, settle=False)
    report = backup(with_models, tmp_path / "models.tar.gz")
    restore(tmp_path / "models.tar.gz", tmp_path / "new")
    after = Registry.open(tmp_path / "new", settle=False)
    assert after.query().rows == before.query().rows
    assert after.compare("knn:1", "knn:2") == before.compare("knn:1", "knn:2")
    assert after.folder("knn", 1).is_relative_to(tmp_path / "new")
    health = examine(tmp_path / "new")
    assert health is not None
    assert (health.versions, health.evaluations, health.fault) == (4, 4, "")
    assert report.registry_fault == ""
    assert not [name for name in report.members if "lock" in name or "wal" in name]
    with sqlite3.connect(tmp_path / "new" / "mlflow.db") as db:
        assert db.execute("SELECT count(*) FROM model_versions").fetchone() == (4,)


def test_an_older_registry_makes_room_for_the_one_that_was_saved(with_models: Path, tmp_path: Path) -> None:
    backup(with_models, tmp_path / "models.tar.gz")
    Registry.open(tmp_path / "other")
    report = restore(tmp_path / "models.tar.gz", tmp_path / "other", force=True)
    assert Registry.open(tmp_path / "other", settle=False).query().total == 4
    assert (Path(report.moved_aside) / "registry.sqlite").exists()


def test_an_artifact_that_was_gone_when_saved_is_told_and_not_held_against_the_archive(
    with_models: Path, tmp_path: Path
) -> None:
    shutil.rmtree(Registry.open(with_models, settle=False).folder("als", 1))
    report = backup(with_models, tmp_path / "models.tar.gz")
    assert report.registry_fault.startswith("the artifact of als:1 is gone (artifacts/")
    restored = restore(tmp_path / "models.tar.gz", tmp_path / "new")
    assert restored.registry_fault == report.registry_fault


def test_an_archive_that_lost_an_artifact_is_refused(with_models: Path, tmp_path: Path) -> None:
    backup(with_models, tmp_path / "models.tar.gz")
    digest = Registry.open(with_models, settle=False).describe("als", 1).version.digest

    def without(content: dict[str, bytes]) -> None:
        manifest = json.loads(content["manifest.json"])
        for name in [name for name in content if digest in name]:
            del content[name]
        manifest["members"] = [each for each in manifest["members"] if each["name"] in content]
        content["manifest.json"] = json.dumps(manifest).encode()

    _rewritten(tmp_path / "models.tar.gz", without)
    with pytest.raises(BackupDamaged, match="the artifact of als:1 is gone"):
        restore(tmp_path / "models.tar.gz", tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())


def test_a_backup_waits_for_whoever_writes_the_registry(
    with_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.backup.save._PATIENCE", 0.0)
    with sole_writer(with_models, patience=0), pytest.raises(BackupRefused, match="is writing the registry"):
        backup(with_models, tmp_path / "models.tar.gz")
    assert not (tmp_path / "models.tar.gz").exists()


def test_a_registry_of_a_newer_version_is_saved_and_told_when_restored(
    with_models: Path, tmp_path: Path
) -> None:
    Registry.open(with_models, settle=False).projection.rows("PRAGMA user_version = 99")
    report = backup(with_models, tmp_path / "models.tar.gz")
    assert "registry.sqlite has version 99" in report.registry_fault
    with pytest.raises(StateNewer, match=r"registry\.sqlite has version 99, this code reads 1"):
        restore(tmp_path / "models.tar.gz", tmp_path / "new")


@pytest.fixture
def written(home: Path) -> Path:
    """A home with a policy, approvers, an action and a playbook of its own."""
    (home / "policy.yaml").write_text("version: 1\n")
    (home / "approvers.json").write_text('{"version": 1, "approvers": {}}')
    (home / "approvers.json").chmod(0o600)
    for folder, name in (("actions.d", "drain.yaml"), ("playbooks", "swap.yml")):
        (home / folder).mkdir()
        (home / folder / name).write_text(f"name: {name}\n")
    (home / "actions.d" / ".hidden.yaml").write_text("no")
    (home / "actions.d" / "notes.txt").write_text("no")
    return home


def test_what_people_wrote_comes_back_for_its_owner_alone(written: Path, tmp_path: Path) -> None:
    backup(written, tmp_path / "own.tar.gz")
    report = restore(tmp_path / "own.tar.gz", tmp_path / "new")
    own = ("actions.d/drain.yaml", "approvers.json", "playbooks/swap.yml", "policy.yaml")
    assert tuple(name for name in report.members if not name.endswith(".db")) == own
    assert {(tmp_path / "new" / name).read_text() for name in own} == {
        (written / name).read_text() for name in own
    }
    assert {stat.S_IMODE((tmp_path / "new" / name).stat().st_mode) for name in own} == {0o600}


def test_a_home_keeps_its_own_policy_and_approvers(written: Path, tmp_path: Path) -> None:
    backup(written, tmp_path / "own.tar.gz")
    (written / "approvers.json").write_text("changed since")
    (written / "policy.yaml").unlink()
    report = restore(tmp_path / "own.tar.gz", written, force=True)
    assert report.kept == ("actions.d", "approvers.json", "playbooks")
    assert (written / "approvers.json").read_text() == "changed since"
    assert (written / "policy.yaml").read_text() == "version: 1\n"


def test_approvers_that_others_may_write_are_not_saved(written: Path, tmp_path: Path) -> None:
    (written / "approvers.json").chmod(0o666)
    with pytest.raises(BackupRefused, match="may be written by others"):
        backup(written, tmp_path / "own.tar.gz")
    assert not (tmp_path / "own.tar.gz").exists()


async def test_what_was_approved_or_granted_then_is_not_used_again_after_a_restore(
    *,
    actions: Actions,
    ports: FakePorts,
    state: State,
    audit: Audit,
    tmp_path: Path,
) -> None:
    """An archive holds approvals that were used up since, and grants that were revoked since."""
    nightly = Principal(ref="service:default/nightly", scopes=frozenset({"index:write"}), door="rest")
    text = "version: 1\nrules: [{name: r, verdict: ask, approval: {approvers: users}}]"
    approver = Approver(Principal(ref=ADA), Means.TERMINAL)

    def caller_over(opened: State, rows: Audit) -> Caller:
        grants = Grants(opened, clock=time.time)
        policy = Granted(rulebook(text), grants, ORGANISATION, clock=time.time)
        return Caller(actions, ports, opened, rows, policy=policy, meter=Meter(grants=grants))

    caller = caller_over(state, audit)
    digest = (await caller.call("refresh_index", {}, nightly))["digest"]
    assert (await caller.approve(digest, approver))["status"] == "approved"
    terms = {"who": nightly.ref, "action": "refresh_index", "count": 9, "expires_at": time.time() + 900}
    grant = Grants(state, clock=time.time).add(GrantTerms.model_validate(terms), approvers=(ADA,))
    backup(state.path.parent, tmp_path / "saved.tar.gz")
    assert (await caller.apply(digest, nightly))["status"] == "done"

    report = restore(tmp_path / "saved.tar.gz", tmp_path / "new")
    assert (report.ended_plans, report.ended_grants) == (1, 1)
    again, rows = State.open(tmp_path / "new/state.db"), Audit.open(tmp_path / "new/audit.db")
    restored = caller_over(again, rows)
    with pytest.raises(TargetMoved, match="was restored from a backup"):
        await restored.apply(digest, nightly)
    with pytest.raises(PlanAlreadyApplied, match="nothing left to decide"):
        await restored.approve(digest, approver)
    assert (await restored.call("refresh_index", {}, nightly))["status"] == "waiting"
    assert Grants(again, clock=time.time).get(grant.id).state(time.time()) == "revoked"
    assert ports.indexer.refreshed == 1
    again.close()
    rows.close()
