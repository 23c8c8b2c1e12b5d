"""A file of `actions.d` is checked whole before anything of it is offered, and its reason is told."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.tools.declared.conftest import COMMAND, HTTP, Folder, changed
from tools import Actions, Effect


def test_a_file_is_an_action_like_every_other(folder: Folder) -> None:
    folder.write("rebuild_night", COMMAND)
    (made,) = folder.read().actions
    info = made.info
    assert (info.name, info.title, info.effect, info.scope) == (
        "rebuild_night",
        "Rebuild the night index",
        Effect.WRITES,
        "index:write",
    )
    assert info.input_schema["properties"]["shard"] == {
        "description": "Which shard.",
        "maximum": 63,
        "minimum": 0,
        "type": "integer",
    }
    assert info.input_schema["required"] == ["shard", "note"]
    assert info.input_schema["additionalProperties"] is False
    assert set(info.output_schema["properties"]) >= {"status", "plan", "digest", "result"}
    assert info.annotations.open_world


def test_a_bad_file_is_left_out_and_the_others_go_on(folder: Folder, actions: Actions) -> None:
    folder.write("good", COMMAND)
    folder.write("broken", "effect: [")
    folder.write("ask", COMMAND)
    found = folder.read()
    together = Actions.discover(declared=found.actions, skipped=found.skipped)
    assert together.get("good").name == "good"
    assert together.get("ask").version == actions.get("ask").version
    told = {Path(each.path).name: each.reason for each in together.skipped}
    assert told.keys() == {"broken.yaml", "ask.yaml"}
    assert "the name 'ask' is taken by" in told["ask.yaml"]


def test_the_version_follows_the_file(folder: Folder) -> None:
    folder.write("good", COMMAND)
    before = folder.read().actions[0].version
    folder.write("good", changed(COMMAND, reversible=True))
    assert folder.read().actions[0].version != before


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (changed(COMMAND, run="rm"), "run = 'rm': is no key that is known here"),
        (changed(COMMAND, command={"shell": True}), "command.shell = True: is no key"),
        (changed(COMMAND, effect=None), "effect: Field required"),
        (changed(COMMAND, effect="nothing"), "effect = 'nothing'"),
        (changed(COMMAND, scope="docs:read"), "needs a scope that readers do not hold"),
        (changed(COMMAND, scope="everything"), "scope = 'everything'"),
        (changed(COMMAND, http=HTTP["http"]), "exactly one of command, ray and http says what runs"),
        (changed(COMMAND, command=None), "exactly one of command, ray and http says what runs, not none"),
        (changed(COMMAND, effect="starts_job"), "estimate: a job needs one"),
        (changed(HTTP, effect="starts_job", estimate={"seconds": 1}), "cannot be followed"),
        (changed(HTTP, effect="reads"), "only GET can state `reads`"),
        (changed(COMMAND, parameters={"shard": {"minimum": None}}), "shard.integer.minimum: Field required"),
        (
            changed(COMMAND, parameters={"shard": {"type": "path"}}),
            "does not match any of the expected tags",
        ),
        (
            changed(COMMAND, parameters={"idle": {"type": "boolean", "description": "x"}}),
            "idle is used nowhere",
        ),
        (
            changed(
                COMMAND,
                parameters={"api_token": {"type": "string", "description": "x"}},
            ),
            "api_token sounds like a secret",
        ),
        (changed(COMMAND, parameters={"nоte": {"type": "boolean", "description": "x"}}), "parameters.nоte"),
        (changed(COMMAND, toolset="everything"), "toolset = 'everything'"),
        ("- a list", "a mapping with `description`"),
        ("description: a\ndescription: b\n", "line 2: the key 'description' stands here twice"),
        ("a: &x [1]\nb: *x\n", "aliases are refused"),
        ("a: !!python/object/apply:os.system [id]\n", "no YAML: could not determine a constructor"),
        ("1: a\n", "a key is no text"),
        ("a: " + "[" * 60 + "]" * 60, "nested deeper than 20 levels"),
        (b"description: \xff\n", "it is no UTF-8"),
        (b"a: '" + b"x" * 70_000 + b"'", "at most 65,536 are read"),
    ],
)
def test_what_a_file_may_not_say(folder: Folder, content: Any, reason: str) -> None:
    assert reason in folder.reason(content)


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (["/bin/echo", "shard-{shard}", "{note}"], "is no template"),
        (["/bin/echo", "{shard.real}", "--", "{note}"], "is no template"),
        (["/bin/echo", "{shard!r}", "--", "{note}"], "is no template"),
        (["/bin/echo", "{{shard}}", "--", "{note}"], "is no template"),
        (["/bin/echo", "{shard}{note}"], "is no template"),
        (["/bin/echo", "{shard}", "{note}"], "could begin with a dash and be taken for an option"),
        (["/bin/echo", "{shard}", "--", "{note}", "{other}"], "there is no parameter 'other'"),
        (["{note}", "{shard}"], "which program runs is a constant"),
        (["/bin/sh", "{shard}", "--", "{note}"], "runs other programs or shell lines"),
        (["/usr/bin/env", "{shard}", "--", "{note}"], "runs other programs or shell lines"),
        (["/usr/bin/python3", "-c", "{note}", "{shard}"], "would be run as code"),
        (["/usr/bin/perl", "--eval={note}", "{shard}"], "would be run as code"),
        (
            ["echo2", "{shard}", "--", "{note}"],
            "is neither an absolute path nor one that the operator allowed",
        ),
        (["./echo", "{shard}", "--", "{note}"], "is neither an absolute path"),
        (["/bin/echo", "../../etc", "{shard}", "--", "{note}"], "has `..` as a part of a path"),
        (["/bin/echo", 5, "{shard}", "--", "{note}"], "command.argv.1 = 5"),
        ([], "command.argv"),
    ],
)
def test_an_argument_is_a_constant_or_a_whole_parameter(folder: Folder, argv: list[Any], reason: str) -> None:
    assert reason in folder.reason(changed(COMMAND, command={"argv": argv}))


@pytest.mark.parametrize(
    ("parameter", "fits"),
    [
        ({"pattern": "[a-z][a-z-]*"}, True),
        ({"pattern": "^[a-z][a-z-]*"}, True),
        ({"pattern": "v[0-9]+"}, True),
        ({"enum": ["fast", "exact"]}, True),
        ({"pattern": "[a-z-]+"}, False),
        ({"pattern": "[+--]x"}, False),
        ({"pattern": "[^a]x"}, False),
        ({"pattern": "a?-x"}, False),
        ({"pattern": "a|-x"}, False),
        ({"pattern": "(?:a)"}, False),
        ({"pattern": ".x"}, False),
        ({"enum": ["fast", "-x"]}, False),
        ({"type": "integer", "minimum": -1, "maximum": 1}, False),
        ({"type": "boolean"}, True),
        ({"type": "entity", "kind": "component"}, True),
        ({"type": "list", "max_items": 2, "items": {"type": "string", "description": "x"}}, False),
    ],
)
def test_a_value_that_could_be_an_option_stands_behind_two_dashes(
    folder: Folder, parameter: dict[str, Any], fits: bool
) -> None:
    note = {"type": "string", "description": "Why.", **parameter}
    file = {
        **COMMAND,
        "parameters": {"note": note},
        "command": {"argv": ["/bin/echo", "{note}"]},
    }
    folder.write("tried", file)
    assert bool(folder.read().actions) is fits
    behind = changed(file, command={"argv": ["/bin/echo", "--", "{note}"]})
    folder.write("tried", behind)
    assert folder.read().actions


@pytest.mark.parametrize(
    ("parameter", "reason"),
    [
        ({"pattern": "("}, "regex parse error"),
        ({"pattern": "(?i)a"}, "only (?:…) is taken"),
        ({"pattern": "a", "enum": ["a"]}, "give either pattern or enum"),
        ({"enum": ["a\u0430"]}, "U+0430 CYRILLIC SMALL LETTER A"),
        ({"default": "A", "pattern": "[a-z]"}, "should match pattern"),
        ({"max_length": 100_000}, "max_length"),
    ],
)
def test_a_parameter_that_cannot_be(folder: Folder, parameter: dict[str, Any], reason: str) -> None:
    assert reason in folder.reason(changed(COMMAND, parameters={"note": parameter}))


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ({"environment": {"LD_PRELOAD": "/tmp/x.so"}}, "LD_PRELOAD is none that the operator allowed"),
        ({"environment": {"NIGHT_MODE": "{note}"}}, "is a constant; parameters go into argv"),
        ({"environment": {"NIGHT_MODE": "a"}, "secrets": {"NIGHT_MODE": "ops"}}, "both set NIGHT_MODE"),
        ({"secrets": {"NIGHT_TOKEN": "other"}}, "there is no secret 'other'"),
        ({"secrets": {"PATH": "ops"}}, "PATH is none that the operator allowed"),
        ({"limits": {"wall_seconds": 0}}, "limits.wall_seconds"),
    ],
)
def test_an_environment_is_what_the_operator_allows(
    folder: Folder, part: dict[str, Any], reason: str
) -> None:
    assert reason in folder.reason(changed(COMMAND, command=part))


def test_a_job_is_given_no_secret(folder: Folder) -> None:
    file = changed(COMMAND, effect="starts_job", estimate={"seconds": 1})
    assert "a job gets none" in folder.reason(changed(file, command={"secrets": {"NIGHT_TOKEN": "ops"}}))


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ({"server": "https://evil.example.com"}, "is none of the hosts that the operator allowed"),
        ({"server": "https://ops.example.com:8443"}, "ops.example.com:8443 is none of the hosts"),
        ({"server": "http://ops.example.com"}, "use https; plain http is for this machine's loopback"),
        ({"server": "https://ops.example.com/v1"}, "write scheme and host alone in lower case"),
        ({"server": "https://ada:pw@ops.example.com"}, "is no plain host name"),
        ({"server": "https://ops.example.com@evil.example.com"}, "is no plain host name"),
        ({"server": "https://ops.examрle.com"}, "is no plain host name in lower-case ASCII"),
        ({"server": "https://OPS.example.com"}, "in lower case"),
        ({"server": "https://0x7f.1"}, "none of the hosts|is no plain host name"),
        ({"server": "https://2130706433"}, "is no plain host name"),
        ({"server": "file:///etc/passwd"}, "write scheme and host alone in lower case"),
        ({"server": "https://ops.example.com:99999"}, "is no address"),
        ({"path": "/v1/{name}x/{share}"}, "is no plain segment"),
        ({"path": "/v1/../{name}"}, "is no plain segment"),
        ({"path": "/v1/%2e%2e/{name}"}, "is no plain segment"),
        ({"path": "v1/{name}"}, "does not begin with /"),
        ({"query": {"x": "a{share}"}}, "is no template"),
        ({"query": {"x": "--a={share}"}}, "is no whole parameter"),
        ({"headers": {"X-Name": "{name}"}}, "parameters go into path, query or body"),
        ({"headers": {"Host": "evil"}}, "Host is set by Cuebook"),
        ({"headers": {"X-A": "a\r\nX-B: c"}}, "U+000D"),
        ({"headers": {"X-A": {"secret": "other"}}}, "there is no secret 'other'"),
        ({"body": {"note": "hello {name}"}}, "is no template"),
        ({"body": {"{name}": 1}}, "is no template"),
        ({"body": {"x": "{other}"}}, "there is no parameter other"),
        ({"method": "GET"}, "a GET has none"),
        ({"method": "TRACE"}, "http.method"),
    ],
)
def test_a_call_goes_where_the_operator_allows(folder: Folder, part: dict[str, Any], reason: str) -> None:
    told = folder.reason(changed(HTTP, http=part))
    assert any(each in told for each in reason.split("|")), told


@pytest.mark.parametrize("name", ["Rebuild", "re-build", "rebuіld", "1st", "apply_plan", "x" * 65])
def test_a_file_name_is_a_plain_name(folder: Folder, name: str) -> None:
    reason = folder.reason(COMMAND, name=name)
    assert "is no name for an action" in reason or "is a name of Cuebook's own" in reason


def test_another_ending_is_named(folder: Folder) -> None:
    (folder.path / "good.yml").write_text("x: 1")
    assert "called NAME.yaml, not 'good.yml'" in folder.read().skipped[0].reason


def test_a_link_out_of_the_folder_is_refused_and_one_within_is_taken(folder: Folder, tmp_path: Path) -> None:
    inside = folder.write("good", COMMAND)
    (folder.path / ".data").mkdir()
    moved = inside.rename(folder.path / ".data" / "good.yaml")
    inside.symlink_to(moved)
    outside = tmp_path / "elsewhere.yaml"
    outside.write_bytes(moved.read_bytes())
    (folder.path / "linked.yaml").symlink_to(outside)
    (folder.path / "device.yaml").symlink_to("/dev/zero")
    found = folder.read()
    assert [made.name for made in found.actions] == ["good"]
    assert [each.reason.partition(";")[0] for each in found.skipped] == [
        "it is a link that leads out of the folder"
    ] * 2


def test_a_file_that_is_no_file_is_left_out(folder: Folder) -> None:
    os.mkfifo(folder.path / "pipe.yaml")
    (folder.path / "folder.yaml").mkdir()
    assert [each.reason for each in folder.read().skipped] == ["it is no regular file"] * 2


def test_what_everybody_may_change_is_left_out(folder: Folder) -> None:
    folder.write("good", COMMAND).chmod(0o666)
    assert "can be changed by everybody" in folder.read().skipped[0].reason


def test_no_folder_gives_nothing(folder: Folder) -> None:
    folder.path.rmdir()
    assert folder.read().actions == ()
