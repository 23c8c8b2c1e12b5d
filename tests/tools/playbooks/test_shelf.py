"""Which files become playbooks, and what is told of those that do not."""

import os
from pathlib import Path
from textwrap import dedent

import pytest

from tests.tools.playbooks.conftest import Desk, Theatre, make_actions
from tools import Actions
from tools.errors import NotFound, PlaybookInvalid
from tools.playbooks import Shelf
from tools.playbooks.shelf import read_playbook

HEAD = "name: play\ntitle: Play\ndescription: Plays.\n"


def _refused(text: str, tmp_path: Path) -> str:
    path = tmp_path / "play.yaml"
    path.write_text(HEAD + dedent(text))
    with pytest.raises(PlaybookInvalid) as caught:
        read_playbook(path, make_actions(Desk()), folder=tmp_path)
    return str(caught.value)


def test_the_playbooks_that_ship_fit_the_actions_that_ship(actions: Actions) -> None:
    shelf = Shelf.discover(actions)
    assert shelf.skipped == ()
    assert [each.name for each in shelf] == ["migrate", "train_to_promotion"]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("{id: a, action: wipe_all}", "step a: action: there is no action 'wipe_all'"),
        (
            "{id: a, action: run_playbook}",
            "step a: action: run_playbook starts a playbook from within a playbook",
        ),
        (
            "{id: a, action: cancel_playbook, arguments: {digest: x}}",
            "step a: action: cancel_playbook destroys",
        ),
        ("{id: a, action: write_word}", "step a: arguments.word: is required by write_word and not given"),
        (
            "{id: a, action: write_word, arguments: {word: x, wrod: y}}",
            "step a: arguments.wrod: is no field of write_word; its fields are word, alias",
        ),
        (
            "{id: a, action: write_word, arguments: {word: {input: nix}}}",
            "step a: arguments.word: there is no input 'nix'; the inputs are: none",
        ),
        (
            "{id: a, action: write_word, arguments: {word: {result: a.word}}}",
            "step a: arguments.word: a.word: the step would wait for itself",
        ),
        (
            "{id: a, action: write_word, arguments: {word: {result: b.word}}}",
            "step a: arguments.word: b.word: 'b' comes later, so each would wait for the other",
        ),
        (
            "{id: a, action: write_word, arguments: {word: {result: z.word}}}",
            "step a: arguments.word: z.word: 'z' is no step",
        ),
        (
            "{id: a, action: write_word, arguments: {word: {item: words}}}",
            "step a: arguments.word: {item: words} needs `for_each: words`",
        ),
        ("{id: a, action: write_word, arguments: {word: x}, unless: y}", "step a: unless = 'y': is no key"),
        (
            "{id: a, action: write_word, arguments: {word: x}, when: {input: w}}",
            "step a: when: state at least one of",
        ),
        (
            "{id: a, action: write_word, for_each: words, arguments: {word: x}}",
            "step a: for_each 'words' is no input",
        ),
        (
            "{id: a, action: write_word, arguments: {word: x}, bounds: {word: {at_most: 1}}}",
            "step a: bounds.word: bounds an argument that no earlier result fills",
        ),
        (
            "{id: a, action: write_word, arguments: {word: x}, require: {field: size, one_of: [1]}}",
            "step a: require.field 'size': write_word answers no 'size'; there are: length, word",
        ),
        ("{id: '../a', action: write_word}", "step ../a: id = '../a'"),
    ],
)
def test_what_is_wrong_is_told_with_step_and_field(tmp_path: Path, step: str, told: str) -> None:
    last = "{id: b, action: write_word, arguments: {word: y}}"
    assert told in _refused(f"steps: [{step}, {last}]", tmp_path)


def test_a_field_that_the_earlier_step_does_not_answer_is_refused_with_those_it_does(tmp_path: Path) -> None:
    text = """
    steps:
      - {id: a, action: write_word, arguments: {word: x}}
      - {id: b, action: write_word, arguments: {word: {result: a.text}}}
    """
    told = "step b: arguments.word: write_word answers no 'text'; there are: length, word"
    assert told in _refused(text, tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("steps: []", "steps: "),
        (
            "steps: [{id: a, action: look_up, arguments: {word: x}}, {id: a, action: look_up}]",
            "'a' stands here twice",
        ),
        ("step: []", "step: is no key that is known here"),
        (
            "budget: {cpu_hours: -1}\nsteps: [{id: a, action: look_up, arguments: {word: x}}]",
            "budget.cpu_hours = -1",
        ),
        (
            "inputs: {api_token: {type: string, description: T.}}\n"
            "steps: [{id: a, action: look_up, arguments: {word: {input: api_token}}}]",
            "api_token sounds like a secret",
        ),
        (
            "inputs: {word: {type: string, description: W.}}\n"
            "steps: [{id: a, action: look_up, arguments: {word: x}}]",
            "word is used nowhere",
        ),
        ("steps: &a [*a]", "aliases are refused"),
        ("steps: [{id: a, action: look_up, arguments: !!python/name:os.system {}}]", "it is no YAML"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, text: str, told: str) -> None:
    assert told in _refused(text, tmp_path)


def test_bad_files_are_left_out_and_named_and_the_others_go_on(theatre: Theatre) -> None:
    theatre.write("steps: [{id: a, action: look_up, arguments: {word: x}}]", name="good")
    theatre.write("steps: [{id: a, action: nothing}]", name="bad")
    folder = theatre.folder / "playbooks"
    (folder / "other.yaml").write_text((folder / "good.yaml").read_text())
    (folder / "open.yaml").write_text(HEAD)
    (folder / "open.yaml").chmod(0o666)
    (folder / "far.yaml").symlink_to("/etc/hostname")
    os.mkfifo(folder / "pipe.yaml")
    shelf = Shelf.discover(theatre.actions, [folder])
    told = {Path(each.path).name: each.reason for each in shelf.skipped if "playbooks/" in each.path}
    assert "good" in {each.name for each in shelf}
    assert "there is no action 'nothing'" in told["bad.yaml"]
    assert "give both one name" in told["other.yaml"]
    assert "can be changed by everybody" in told["open.yaml"]
    assert "a link that leads out of the folder" in told["far.yaml"]
    assert "no regular file" in told["pipe.yaml"]
    with pytest.raises(NotFound, match=r"'bad' was left out, .*bad.yaml cannot be used"):
        shelf.get("bad")


async def test_an_unknown_playbook_is_answered_with_those_there_are(theatre: Theatre) -> None:
    theatre.write("steps: [{id: a, action: look_up, arguments: {word: x}}]", name="good")
    with pytest.raises(NotFound, match="there is no playbook 'god'; did you mean good"):
        await theatre.caller().call("run_playbook", {"playbook": "god"}, theatre.principal)


async def test_list_playbooks_tells_inputs_steps_and_what_was_left_out(theatre: Theatre) -> None:
    theatre.write("steps: [{id: a, action: look_up, arguments: {word: x}}]", name="good")
    theatre.write("steps: [{id: a, action: nothing}]", name="bad")
    found = await theatre.caller().call("list_playbooks", {}, theatre.principal)
    assert found["items"][0]["steps"] == [{"id": "a", "action": "look_up", "effect": "reads"}]
    assert any("bad.yaml: step a: action: there is no action 'nothing'" in told for told in found["left_out"])
