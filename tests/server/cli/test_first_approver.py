"""Who becomes the first approver: whoever saw the server start for the first time, and nobody else."""

import re
from pathlib import Path

import pytest

from server.approving.approvers import Approvers
from tests.server.cli.conftest import Cuebook, Person

SECRET = "correct horse battery"
CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}\b")

pytestmark = pytest.mark.usefixtures("cheap_hashes", "nothing_is_served")


@pytest.fixture
def nothing_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """`cuebook serve` ends where it would begin to listen."""
    monkeypatch.setattr("server.cli.serve.run_server", lambda *_arguments, **_options: None)


@pytest.fixture
def code(cuebook: Cuebook) -> str:
    """What the first start shows."""
    found = CODE.search(cuebook("serve", "--port", "0").err)
    assert found is not None
    return found.group()


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch, person: Person) -> Person:
    monkeypatch.setattr("server.cli.first_approver._at_a_terminal", lambda: True)
    return person


def names(cuebook: Cuebook) -> list[str]:
    return [each["name"] for each in cuebook("approvers", "list", "--json").json]


def test_the_code_is_shown_once_and_kept_nowhere(cuebook: Cuebook, code: str, tmp_path: Path) -> None:
    for command in (("serve", "--port", "0"), ("doctor",), ("approvers", "list"), ("settings",)):
        ran = cuebook(*command)
        assert not CODE.search(ran.out + ran.err), command
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            assert not any(each.encode() in path.read_bytes() for each in (code, code.replace("-", "")))
    assert (tmp_path / "home" / "approvers.json").stat().st_mode & 0o777 == 0o600


def test_the_first_approver_of_a_served_home_types_the_code(
    cuebook: Cuebook, code: str, person: Person
) -> None:
    person.answers = [code.lower().replace("-", " "), SECRET, SECRET]
    ran = cuebook("approvers", "add", "ada")
    assert ran.code == 0, ran.err
    assert names(cuebook) == ["ada"]


def test_wrong_codes_add_nobody_and_are_slowed_and_recorded(
    cuebook: Cuebook, code: str, person: Person
) -> None:
    for _ in range(3):
        person.answers = ["AAAA-AAAA-AAAA", SECRET, SECRET]
        ran = cuebook("approvers", "add", "mallory")
        assert (ran.code, ran.err) == (4, "error: that is not the set-up code of this home\n")
    person.answers = [code, SECRET, SECRET]
    locked = cuebook("approvers", "add", "mallory")
    assert locked.code == 4
    assert "looked at in 30 s" in locked.err
    assert names(cuebook) == []
    assert cuebook("audit", "query", "--json").out.count('"proof_refused"') == 3


def test_the_code_is_of_no_use_once_somebody_approves(cuebook: Cuebook, code: str, person: Person) -> None:
    person.answers = [code, SECRET, SECRET]
    assert cuebook("approvers", "add", "ada").code == 0
    person.answers = [code, SECRET, SECRET]
    assert cuebook("approvers", "add", "mallory").code == 4
    assert names(cuebook) == ["ada"]


def test_the_last_who_can_let_others_in_stays(cuebook: Cuebook, code: str, person: Person) -> None:
    person.answers = [code, SECRET, SECRET]
    cuebook("approvers", "add", "ada")
    person.answers = [SECRET]
    ran = cuebook("approvers", "remove", "ada")
    assert ran.code == 4
    assert "add another approver before" in ran.err
    assert names(cuebook) == ["ada"]


def test_a_home_that_was_never_served_has_no_code(cuebook: Cuebook, person: Person) -> None:
    person.answers = [SECRET, SECRET]
    assert cuebook("approvers", "add", "ada").code == 0
    assert not CODE.search(cuebook("serve", "--port", "0").err)


def test_whoever_waits_at_the_question_while_the_code_is_made_is_not_let_in(
    cuebook: Cuebook, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person.answers = [SECRET, SECRET]

    def ask(_prompt: str) -> str:
        Approvers(tmp_path / "home").make_setup_code()
        return SECRET

    monkeypatch.setattr(person, "ask_hidden", ask)
    ran = cuebook("approvers", "add", "mallory")
    assert ran.code == 4
    assert "has changed meanwhile" in ran.err
    assert names(cuebook) == []


def test_a_person_at_the_first_start_needs_no_code(cuebook: Cuebook, at_a_terminal: Person) -> None:
    at_a_terminal.answers = ["ada", SECRET, SECRET]
    assert cuebook("serve", "--port", "0").code == 0
    assert names(cuebook) == ["ada"]


def test_whoever_declines_is_not_asked_again_and_has_the_code(
    cuebook: Cuebook, at_a_terminal: Person
) -> None:
    at_a_terminal.answers = [""]
    found = CODE.search(cuebook("serve", "--port", "0").err)
    assert found is not None
    assert cuebook("serve", "--port", "0").code == 0
    at_a_terminal.answers = [found.group(), SECRET, SECRET]
    assert cuebook("approvers", "add", "ada").code == 0
