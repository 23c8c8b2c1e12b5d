"""`cuebook playbooks`, and driving one from a terminal without a server."""

from pathlib import Path

import pytest

from tests.server.cli.conftest import Cuebook

PLAY = """\
name: fresh
title: Read the sources again
description: Reads the sources again, twice.
steps:
  - id: first
    action: refresh_index
  - id: second
    action: refresh_index
"""
POLICY = """\
version: 1
rules:
  - {name: the rest, verdict: allow}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home"
    (path / "playbooks").mkdir(parents=True)
    (path / "playbooks" / "fresh.yaml").write_text(PLAY)
    (path / "playbooks" / "bad.yaml").write_text("name: bad\nsteps: []\n")
    return path


def test_playbooks_are_listed_with_those_that_were_left_out(cuebook: Cuebook, home: Path) -> None:
    shown = cuebook("playbooks", "list")
    assert shown.code == 0
    assert [line.split()[0] for line in shown.out.splitlines()] == ["fresh", "migrate", "train_to_promotion"]
    assert "left out" in shown.err
    assert "bad.yaml: title: Field required" in shown.err


def test_a_playbook_is_shown_with_inputs_steps_and_budget(cuebook: Cuebook, home: Path) -> None:
    shown = cuebook("playbooks", "show", "train_to_promotion")
    assert "  owner          Owning group or user, such as group:default/ranking. (required)" in shown.out
    assert "  promote        promote_model (writes)" in shown.out
    assert "Budget: 0.5 CPU-hours, 0 GPU-hours" in shown.out
    assert cuebook("playbooks", "show", "nothing").code == 7


def test_a_file_is_checked_with_every_problem(cuebook: Cuebook, home: Path, tmp_path: Path) -> None:
    right = cuebook("playbooks", "check", str(home / "playbooks" / "fresh.yaml"))
    assert (right.code, "fresh is right, 2 steps" in right.out) == (0, True)
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(PLAY.replace("refresh_index", "refresh_idnex"))
    told = cuebook("playbooks", "check", str(wrong))
    assert told.code == 2
    assert "- step first: action: there is no action 'refresh_idnex'" in told.err
    assert "- step second: action: there is no action 'refresh_idnex'" in told.err


def test_a_playbook_is_driven_from_a_terminal_to_its_end(cuebook: Cuebook, home: Path, tree: Path) -> None:
    (home / "policy.yaml").write_text(POLICY)
    assert cuebook("ingest", str(tree)).code == 0
    planned = cuebook("plan", "run_playbook", "--json", '{"playbook": "fresh"}')
    assert planned.code == 0, planned.err
    digest = planned.json["digest"]
    applied = cuebook("apply", digest)
    assert applied.json["status"] == "running"
    assert "a server of this home goes on with it; without one, add --wait" in applied.err
    waited = cuebook("apply", digest, "--wait")
    assert (waited.code, waited.json["status"]) == (0, "done"), waited.err
    shown = cuebook("plans", "show", digest)
    assert "  so far      done     first  " in shown.out
    assert "done     second" in shown.out


def test_an_approver_sees_every_step_of_a_playbook(cuebook: Cuebook, home: Path, tree: Path) -> None:
    assert cuebook("ingest", str(tree)).code == 0
    planned = cuebook("plan", "run_playbook", "--json", '{"playbook": "fresh"}')
    assert planned.code == 3
    assert "1. first: refresh_index (writes)" in planned.err
    assert "2. second: refresh_index (writes)" in planned.err
    assert "[allow by the rule 'reversible files of our own']" in planned.err
