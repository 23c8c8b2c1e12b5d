"""Approving as a person does, on a real terminal, and as an agent with a shell would like to."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.tty import CUEBOOK, Typed, typed

pytestmark = pytest.mark.integration

SECRET = "correct horse battery"
POLICY = "version: 1\nrules:\n  - {name: a person looks, verdict: ask}\n"
WISH = ("plan", "scaffold_training_job", "--json", '{"name": "tiny", "owner": "group:default/x"}')


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    home = tmp_path / "home"
    home.mkdir()
    (home / "policy.yaml").write_text(POLICY)
    return {**os.environ, "CUEBOOK_HOME": str(home), "CUEBOOK_EMBEDDER__KIND": "hashing"}


def shell(
    environment: Mapping[str, str], *arguments: str, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Without a terminal, as an agent's shell runs it."""
    return subprocess.run(
        [*CUEBOOK, *arguments],
        env=dict(environment),
        input=given,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
        timeout=100,
    )


def person(environment: Mapping[str, str], *arguments: str, answers: tuple[tuple[str, str], ...]) -> Typed:
    return typed([*CUEBOOK, *arguments], answers, environment=environment)


@pytest.fixture
def digest(environment: Mapping[str, str]) -> str:
    """A plan that waits, in a home with the approver ada."""
    added = person(
        environment, "approvers", "add", "ada", answers=(("characters: ", SECRET), ("again: ", SECRET))
    )
    assert added.code == 0, added.screen
    assert SECRET not in added.screen
    planned = shell(environment, *WISH)
    assert planned.returncode == 3, planned.stderr
    return str(json.loads(planned.stdout)["digest"])


def test_a_passphrase_is_typed_unseen_and_approves_once(
    environment: Mapping[str, str], digest: str, tmp_path: Path
) -> None:
    approved = person(environment, "approve", digest, answers=(("passphrase: ", SECRET),))
    assert approved.code == 0, approved.screen
    assert SECRET not in approved.screen
    assert "write tiny/train.toml" in approved.screen
    first = shell(environment, "apply", digest)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["receipt"]["approved_by"] == ["user:default/ada"]
    assert (
        json.loads(shell(environment, "apply", digest).stdout)["result"] == json.loads(first.stdout)["result"]
    )
    assert person(environment, "approve", digest, answers=()).code == 0


def test_no_pipe_variable_or_option_stands_in_for_the_terminal(
    environment: Mapping[str, str], digest: str
) -> None:
    pretended = {**environment, "PASSPHRASE": SECRET, "SSH_ASKPASS": "/bin/true", "SUDO_ASKPASS": "/bin/true"}
    for arguments in (
        ("approve", digest),
        ("approve", digest, "--as", "ada"),
        ("approvers", "add", "mallory"),
        ("approvers", "remove", "ada"),
        ("approvers", "key", "mallory"),
        ("plans", "reject", digest, "--as", "ada"),
    ):
        ran = shell(pretended, *arguments, given=f"{SECRET}\n" * 4)
        assert ran.returncode == 4, (arguments, ran.stdout, ran.stderr)
    for option in ("--yes", "--force", "--passphrase", "--no-input", "-y"):
        assert shell(environment, "approve", digest, option, given=f"{SECRET}\n").returncode == 2
    assert json.loads(shell(environment, "apply", digest).stdout)["status"] == "waiting"


def test_an_agent_with_a_terminal_does_not_become_the_first_approver(environment: Mapping[str, str]) -> None:
    stopping = {**environment, "CUEBOOK_PORT": "0", "PYTHONUNBUFFERED": "1"}
    first = stopped_when_serving(stopping)
    code = next(line.split(": ")[1].strip() for line in first if "Set-up code" in line)
    assert not any(code in line for line in stopped_when_serving(stopping))
    tried = ("first served: ", "AAAA-AAAA-AAAA")
    mallory = person(environment, "approvers", "add", "mallory", answers=(tried,))
    assert mallory.code == 4
    assert "that is not the set-up code" in mallory.screen
    assert shell(environment, "approvers", "add", "mallory", given=f"{code}\n").returncode == 4
    secrets = (("first served: ", code.lower()), ("characters: ", SECRET), ("again: ", SECRET))
    ada = person(environment, "approvers", "add", "ada", answers=secrets)
    assert ada.code == 0, ada.screen
    assert code.lower() not in ada.screen


def stopped_when_serving(environment: Mapping[str, str]) -> list[str]:
    """What `cuebook serve` writes without a terminal until it serves."""
    command = [*CUEBOOK, "serve"]
    with subprocess.Popen(
        command, env=dict(environment), stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as server:
        assert server.stderr is not None
        lines = []
        for line in server.stderr:
            lines.append(line)
            if "serves on" in line:
                break
        server.terminate()
        server.stderr.read()
    return lines


def test_a_terminal_alone_is_not_enough(environment: Mapping[str, str], digest: str) -> None:
    for number in range(4):
        tried = person(environment, "approve", digest, answers=(("passphrase: ", f"a wrong guess {number}"),))
        assert tried.code == 4
    assert "is looked at in" in tried.screen
    mallory = person(
        environment,
        "approvers",
        "add",
        "mallory",
        answers=(("passphrase: ", SECRET), ("characters: ", SECRET), ("again: ", SECRET)),
    )
    assert mallory.code == 4
    assert "mallory" not in shell(environment, "approvers", "list").stdout
