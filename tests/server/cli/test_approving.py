"""Plan, approve, apply, reject on the command line: exit codes, what is shown, and where a passphrase comes from."""

import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.account import this_account
from server.approving.terminal import open_terminal as _open_terminal
from server.effect import described, plain
from tests.server.cli.conftest import Cuebook, Person, Ran
from tools.plan import Outcome, Plan, Target

SECRET = "correct horse battery"
POLICY = """\
version: 1
rules:
  - {name: folders, effects: writes, verdict: allow}
  - {name: jobs wait, verdict: ask, because: a person looks at each}
"""
TRAINING = '{"name": "tiny", "model": "popularity"}'


@pytest.fixture(autouse=True)
def nothing_is_small(cheap_hashes: None, tmp_path: Path) -> None:
    """Every job waits for approval, and none is really started."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "policy.yaml").write_text(POLICY)


@pytest.fixture
def ada(cuebook: Cuebook, person: Person) -> Callable[..., Ran]:
    """`cuebook`, with ada as its approver, whose passphrase is typed whenever one is asked for."""
    person.answers = [SECRET, SECRET]
    assert cuebook("approvers", "add", "ada").code == 0

    def run(*arguments: str, typing: str = SECRET) -> Ran:
        person.answers, person.seen = [typing], []
        return cuebook(*arguments)

    return run


def planned(cuebook: Callable[..., Ran]) -> str:
    ran = cuebook("plan", "launch_training", "--json", TRAINING)
    assert ran.code == 3, ran.err
    assert ran.json["status"] == "waiting"
    return str(ran.json["digest"])


def test_a_plan_shows_the_whole_effect_and_a_digest(cuebook: Cuebook) -> None:
    ran = cuebook("plan", "launch_training", "--json", TRAINING)
    assert ran.code == 3
    shown = ran.err
    assert ran.json["digest"] in shown
    for part in ("waiting for 1 more approval", "IRREVERSIBLE", "will not", "cpu_seconds", "fit popularity"):
        assert part in shown


def test_a_plan_that_needs_nobody_has_the_code_of_done(cuebook: Cuebook) -> None:
    ran = cuebook("plan", "scaffold_training_job", "--json", '{"name": "tiny", "owner": "group:default/x"}')
    assert (ran.code, ran.json["status"]) == (0, "planned")
    applied = cuebook("apply", ran.json["digest"])
    assert (applied.code, applied.json["status"]) == (0, "done")
    assert cuebook("plans", "show", ran.json["digest"]).out.count("receipt") == 1


def test_a_read_is_not_planned(cuebook: Cuebook) -> None:
    ran = cuebook("plan", "list_jobs")
    assert ran.code == 2
    assert "cuebook actions call list_jobs" in ran.err


def test_applying_before_the_approval_needs_approval(ada: Cuebook) -> None:
    digest = planned(ada)
    ran = ada("apply", digest)
    assert (ran.code, ran.json["status"], ran.json["job"]) == (3, "waiting", None)


def test_a_person_approves_what_was_shown_to_them(ada: Cuebook, person: Person) -> None:
    digest = planned(ada)
    ran = ada("approve", digest)
    assert ran.code == 0, ran.err
    assert any(digest in seen and "cpu_seconds" in seen for seen in person.seen)
    assert ada("plans", "show", digest, "--json").json["status"] == "approved"
    assert SECRET not in ran.out + ran.err


def test_a_wrong_passphrase_is_denied_slowed_and_recorded(ada: Cuebook, tmp_path: Path) -> None:
    digest = planned(ada)
    for _ in range(3):
        ran = ada("approve", digest, typing="a wrong passphrase")
        assert ran.code == 4
        assert "belong to no approver" in ran.err
    locked = ada("approve", digest)
    assert locked.code == 4
    assert re.search(r"looked at in (?:30|2\d) s", locked.err)
    assert ada("plans", "show", digest, "--json").json["status"] == "waiting"
    from tools.audit import Audit

    audit = Audit.open(tmp_path / "home" / "audit.db")
    outcomes = [row.body["outcome"] for row in audit.entries() if row.body["kind"] == "login"]
    audit.close()
    assert outcomes == ["proof_refused"] * 3 + ["locked_out"]


def test_without_a_terminal_nobody_approves(
    cuebook: Cuebook, ada: Cuebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = planned(ada)
    monkeypatch.setattr("server.approving.terminal.open_terminal", _open_terminal)
    opened = os.open

    def without(path: Any, *arguments: Any, **options: Any) -> int:
        if path == "/dev/tty":
            raise OSError(6, "No such device or address")
        return opened(path, *arguments, **options)

    monkeypatch.setattr(os, "open", without)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\n"))
    for command in (("approve", digest), ("approve", digest, "--as", "ada"), ("approvers", "add", "eve")):
        ran = cuebook(*command)
        assert ran.code == 4
        assert ran.err.strip() == "error: this is asked of a person at a terminal, and there is none here"
    assert cuebook("plans", "show", digest, "--json").json["status"] == "waiting"


def test_an_expired_plan_and_an_unknown_one_have_their_codes(ada: Cuebook) -> None:
    assert ada("approve", "0" * 64).code == 7
    assert ada("plans", "show", "0" * 64).code == 7


def test_a_rejected_plan_is_denied(ada: Cuebook) -> None:
    digest = planned(ada)
    ran = ada("plans", "reject", digest, "--reason", "not today")
    assert ran.code == 0
    assert "not today" in ran.out
    assert ada("apply", digest).code == 4
    assert ada("approve", digest).code == 4


def test_plans_are_listed_with_how_they_stand(ada: Cuebook) -> None:
    digest = planned(ada)
    assert digest in ada("plans", "list", "--status", "waiting").out
    assert ada("plans", "list", "--status", "done", "--json").json == []


def test_a_further_approver_is_let_in_by_one_that_is_there(
    cuebook: Cuebook, ada: Cuebook, person: Person, tmp_path: Path
) -> None:
    person.answers = ["a wrong passphrase"]
    assert cuebook("approvers", "add", "eve").code == 4
    person.answers = [SECRET, "another fine secret", "another fine secret"]
    assert cuebook("approvers", "add", "eve").code == 0
    listed = cuebook("approvers", "list", "--json")
    assert [(each["name"], each["added_by"]) for each in listed.json] == [
        ("ada", "first of all"),
        ("eve", "ada"),
    ]
    path = tmp_path / "home" / "approvers.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert "secret" not in path.read_text()
    person.answers = [SECRET]
    assert cuebook("approvers", "remove", "eve", "--by", "ada").code == 0
    assert [each["name"] for each in cuebook("approvers", "list", "--json").json] == ["ada"]


@pytest.mark.parametrize("name", ["Ada", "аda", "a/b", "", "local", "-x", "a" * 64])
def test_a_name_that_could_be_mistaken_is_no_approvers(cuebook: Cuebook, person: Person, name: str) -> None:
    ran = cuebook("approvers", "add", "--", name)
    assert ran.code == 2
    assert person.seen == []


@pytest.mark.parametrize("answers", [["short"] * 3, ["aaaaaaaaaaaaaaa"] * 3, [SECRET, "other"] * 3])
def test_a_passphrase_of_no_use_adds_nobody(cuebook: Cuebook, person: Person, answers: list[str]) -> None:
    person.answers = answers
    assert cuebook("approvers", "add", "ada").code == 2
    assert cuebook("approvers", "list", "--json").json == []


def test_a_file_that_others_may_write_proves_nothing(ada: Cuebook, tmp_path: Path) -> None:
    digest = planned(ada)
    (tmp_path / "home" / "approvers.json").chmod(0o666)
    ran = ada("approve", digest)
    assert ran.code == 1
    assert "may be written by others" in ran.err


def test_a_damaged_file_is_named(ada: Cuebook, tmp_path: Path) -> None:
    digest = planned(ada)
    (tmp_path / "home" / "approvers.json").write_text(json.dumps({"version": 2, "approvers": {}}))
    ran = ada("approve", digest)
    assert ran.code == 1
    assert "approvers.json is damaged (version" in ran.err


def test_the_key_of_a_ci_system_is_shown_once_and_not_kept(
    ada: Cuebook, person: Person, tmp_path: Path
) -> None:
    assert ada("approvers", "key", "release").code == 0
    shown = next(seen for seen in person.seen if "PRIVATE KEY" in seen)
    kept = (tmp_path / "home" / "approvers.json").read_text()
    assert "PRIVATE" not in kept
    assert "release" in kept
    assert "user:default/release" in shown


def test_nothing_in_a_plan_reaches_the_terminal_as_a_command() -> None:
    hostile = "safe\x1b]0;title\x07\x1b[2J\u202egnp.exe\r\u2028x"
    plan = Plan(
        summary=hostile,
        steps=(hostile,),
        targets=(Target(ref=hostile, revision=hostile),),
        details={hostile: [hostile, {"content": f"a\n{hostile}"}]},
    )
    answer = Outcome[Plan](status="planned", plan=plan, digest="0", expires_at="", arguments={"x": hostile})
    shown = described(answer.model_dump(mode="json"))
    assert plain(shown).replace("\\n", "\n") == shown
    assert "\\x1b[2J" in shown
    assert "\\u202e" in shown


def test_cancelling_a_job_that_takes_approval_says_so(
    cuebook: Cuebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tools.jobs.fake import FakeJobs

    backend = FakeJobs()
    monkeypatch.setattr("tools.jobs.local.LocalJobs", lambda *_arguments, **_options: backend)
    home = Path.cwd() / "home"
    (home / "policy.yaml").write_text(
        "version: 1\nrules:\n"
        "  - {name: start, effects: starts_job, verdict: allow}\n"
        "  - {name: ending takes a person, verdict: ask}\n"
    )
    planned = cuebook("plan", "launch_training", "--json", TRAINING).json
    job = cuebook("apply", planned["digest"]).json["job"]
    ran = cuebook("jobs", "cancel", job)
    assert ran.code == 3
    assert f"{job} was not cancelled: plan " in ran.err
    assert "waiting for 1 more approval" in ran.err


def test_a_change_among_the_approvers_names_the_account_that_typed_it(
    ada: Callable[..., Ran], cuebook: Cuebook, person: Person
) -> None:
    person.answers, person.seen = [SECRET, SECRET, SECRET], []
    assert cuebook("approvers", "add", "max", "--by", "ada").code == 0
    assert ada("approvers", "remove", "max", "--by", "ada").code == 0
    rows = cuebook("audit", "query", "--json").json["items"]
    changes = [row for row in rows if row["kind"] in {"approver_added", "approver_removed", "login"}]
    assert len(changes) == 5  # three changes, and ada's passphrase for two of them
    assert {row["on_behalf_of"] for row in changes} == {this_account()}


def test_arguments_that_name_something_twice_are_not_planned(cuebook: Cuebook) -> None:
    twice = '{"name": "tiny", "model": "popularity", "name": "huge"}'
    for command in (("plan", "launch_training"), ("actions", "call", "launch_training")):
        ran = cuebook(*command, "--json", twice)
        assert ran.code == 2
        assert "names 'name' twice" in " ".join(ran.err.replace("│", " ").split())
    assert cuebook("plans", "list", "--json").json == []
