"""Commands that a file declares: what is shown is what runs, as it is, within bounds."""

import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.declared.conftest import COMMAND, SECRET, Folder, Opened, changed
from tools import Principal
from tools.audit import Audit
from tools.declared.parameters import Text
from tools.declared.templates import argument, rendered, rendered_path
from tools.errors import InvalidArguments, NotFound, RunFailed, TargetMoved, Unavailable
from tools.jobs import FakeJobs

GIVEN = {"shard": 7, "note": "disk was full"}


def script(folder: Folder, body: str, **parts: Any) -> dict[str, Any]:
    """The file of an action that runs a Python program with `note` as its argument."""
    path = folder.path.parent / "program.py"
    path.write_text(f"#!{sys.executable}\nimport os, sys, time\n{body}\n")
    path.chmod(0o755)
    file = {
        "description": "Run it.",
        "effect": "writes",
        "scope": "index:write",
        "parameters": {"note": COMMAND["parameters"]["note"]},
        "command": {"argv": [str(path), "--", "{note}"], **parts},
    }
    folder.write("run_it", file)
    return file


async def applied(opened: Opened, ada: Principal, note: str = "x") -> dict[str, Any]:
    caller = opened()
    planned = await caller.call("run_it", {"note": note}, ada)
    return await caller.apply(planned["digest"], ada)


async def test_a_plan_shows_the_exact_arguments_and_runs_nothing(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    folder.write(
        "rebuild_night", changed(COMMAND, command={"argv": ["echo", *COMMAND["command"]["argv"][1:]]})
    )
    planned = await opened().call("rebuild_night", {"shard": 7, "note": "full; rm -rf $(HOME) `id`"}, ada)
    plan = planned["plan"]
    assert plan["summary"] == "Rebuild the night index."
    assert plan["details"]["argv"] == ["/bin/echo", "--shard", "7", "--", "full; rm -rf $(HOME) `id`"]
    assert plan["steps"] == ["run /bin/echo --shard 7 -- 'full; rm -rf $(HOME) `id`'"]
    assert "pass the command to a shell" in plan["will_not"]
    assert [target["ref"] for target in plan["targets"]] == ["file:/bin/echo"]
    assert (planned["status"], planned["result"]) == ("planned", None)


async def test_the_digest_stands_for_the_arguments(folder: Folder, opened: Opened, ada: Principal) -> None:
    folder.write("rebuild_night", COMMAND)
    caller = opened()
    one = await caller.call("rebuild_night", GIVEN, ada)
    other = await caller.call("rebuild_night", {**GIVEN, "shard": 8}, ada)
    assert one["digest"] != other["digest"]


BAD: tuple[tuple[Any, str], ...] = (
    ("a\nb", "holds U+000A"),
    ("a\0b", "holds U+0000"),
    ("a\x1b[2J", "holds U+001B"),
    ("../../etc/passwd", "has `..` as a part of a path"),
    ("a\\..\\b", "has `..` as a part of a path"),
    ("pаyments", "U+0430 CYRILLIC SMALL LETTER A, which is not ASCII"),
    ("a\u202eb", "U+202E RIGHT-TO-LEFT OVERRIDE"),
    ("a\u200bb", "U+200B ZERO WIDTH SPACE"),
    ("x" * 201, "at most 200 characters"),
    ("", "at least 1 character"),
    (7, "valid string"),
    ({"a": 1}, "valid string"),
)


async def test_a_bad_value_is_named_and_nothing_is_planned(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    folder.write("rebuild_night", COMMAND)
    caller = opened()
    for note, reason in BAD:
        with pytest.raises(InvalidArguments, match=re.escape(reason)) as refused:
            await caller.call("rebuild_night", {"shard": 7, "note": note}, ada)
        assert refused.value.problems[0].field == "note"
    assert await caller.plans(ada) == ()


async def test_unknown_and_out_of_bounds_arguments_are_refused(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    folder.write("rebuild_night", COMMAND)
    with pytest.raises(InvalidArguments, match="less than or equal to 63"):
        await opened().call("rebuild_night", {**GIVEN, "shard": 64}, ada)
    with pytest.raises(InvalidArguments, match="is not a field of rebuild_night"):
        await opened().call("rebuild_night", {**GIVEN, "argv": ["/bin/rm"]}, ada)


async def test_a_value_like_a_template_stays_as_it_is(folder: Folder, opened: Opened, ada: Principal) -> None:
    folder.write("rebuild_night", COMMAND)
    planned = await opened().call("rebuild_night", {"shard": 1, "note": "{shard} {{shard}} %s"}, ada)
    assert planned["plan"]["details"]["argv"][-1] == "{shard} {{shard}} %s"


async def test_an_entity_is_looked_up_and_its_kind_holds(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    note = {"type": "entity", "kind": "component", "description": "Which."}
    file = changed(COMMAND, parameters={"shard": None}, command={"argv": ["/bin/echo", "{note}"]})
    folder.write("page_owner", {**file, "parameters": {"note": note}})
    caller = opened()
    planned = await caller.call("page_owner", {"note": "Feature store"}, ada)
    assert planned["plan"]["details"]["argv"] == ["/bin/echo", "component:default/feature-store"]
    assert planned["plan"]["targets"][0]["ref"] == "component:default/feature-store"
    with pytest.raises(NotFound, match="no entity"):
        await caller.call("page_owner", {"note": "feаture-store"}, ada)
    with pytest.raises(InvalidArguments, match="is a group; name a component"):
        await caller.call("page_owner", {"note": "group:default/ranking"}, ada)


async def test_a_list_gives_an_argument_an_item_and_booleans_are_words(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    parameters = {
        "tags": {
            "type": "list",
            "max_items": 2,
            "description": "Tags.",
            "items": {"type": "string", "pattern": "[a-z]+", "description": "One."},
        },
        "quick": {"type": "boolean", "description": "Quickly.", "default": True},
    }
    argv = ["/bin/echo", "--quick={quick}", "{tags}", "--tag={tags}"]
    folder.write("tag_it", {**COMMAND, "parameters": parameters, "command": {"argv": argv}})
    caller = opened()
    planned = await caller.call("tag_it", {"tags": ["a", "b"]}, ada)
    assert planned["plan"]["details"]["argv"][1:] == ["--quick=true", "a", "b", "--tag=a", "--tag=b"]
    with pytest.raises(InvalidArguments, match="at most 2 items"):
        await caller.call("tag_it", {"tags": ["a", "b", "c"]}, ada)


async def test_a_program_that_changed_is_not_run(folder: Folder, opened: Opened, ada: Principal) -> None:
    script(folder, "pass")
    caller = opened()
    planned = await caller.call("run_it", {"note": "x"}, ada)
    with (folder.path.parent / "program.py").open("a") as file:
        file.write("# more\n")
    with pytest.raises(TargetMoved, match=r"program\.py"):
        await caller.apply(planned["digest"], ada)


@pytest.mark.parametrize(
    ("mode", "reason"),
    [(0o644, "is no executable file"), (0o777, "can be changed by everybody"), (None, "cannot be used")],
)
async def test_a_program_that_cannot_be_trusted_is_named(
    folder: Folder, opened: Opened, ada: Principal, mode: int | None, reason: str
) -> None:
    script(folder, "pass")
    program = folder.path.parent / "program.py"
    program.unlink() if mode is None else program.chmod(mode)
    with pytest.raises(Unavailable, match=reason):
        await opened().call("run_it", {"note": "x"}, ada)


async def test_a_link_to_a_shell_is_a_shell(folder: Folder, opened: Opened, ada: Principal) -> None:
    script(folder, "pass")
    program = folder.path.parent / "program.py"
    program.unlink()
    program.symlink_to("/bin/sh")
    assert "runs other programs or shell lines" in folder.read().skipped[0].reason


async def test_a_job_is_launched_under_the_digest(
    folder: Folder, opened: Opened, ada: Principal, backend: FakeJobs
) -> None:
    cost = {"seconds": 60, "cpu_hours": 0.02}
    limits = {"wall_seconds": 100, "memory_bytes": 10**12}
    folder.write(
        "rebuild_night",
        changed(COMMAND, effect="starts_job", estimate=cost, command={"limits": limits}),
    )
    caller = opened()
    planned = await caller.call("rebuild_night", GIVEN, ada)
    spec = planned["plan"]["details"]["spec"]
    assert planned["plan"]["estimate"]["cpu_hours"] == 0.02
    assert spec["config"]["argv"] == ["/bin/echo", "--shard", "7", "--", "disk was full"]
    assert (spec["limits"]["wall_seconds"], spec["limits"]["memory_bytes"]) == (100, 4_000_000_000)
    done = await caller.apply(planned["digest"], ada)
    assert done["job"] == f"job-{planned['digest'][:24]}"
    assert (await caller.apply(planned["digest"], ada))["job"] == done["job"]
    assert list(backend.submitted) == [done["job"]]


async def test_a_ray_job_is_offered_where_there_is_a_cluster(
    folder: Folder, opened: Opened, ada: Principal, backend: FakeJobs
) -> None:
    file = changed(COMMAND, effect="starts_job", estimate={"seconds": 1}, command=None)
    folder.write(
        "rebuild_night", {**file, "ray": {"entrypoint": ["python", "x.py", "{shard}", "--", "{note}"]}}
    )
    caller = opened()
    planned = await caller.call("rebuild_night", GIVEN, ada)
    assert planned["plan"]["details"]["spec"]["config"] == {
        "entrypoint": ["python", "x.py", "7", "--", "disk was full"],
        "cpus": 1.0,
        "gpus": 0.0,
    }
    backend.recipes = ("train", "command")
    with pytest.raises(Unavailable, match="CUEBOOK_JOBS__BACKEND=ray"):
        await caller.call("rebuild_night", GIVEN, ada)


@pytest.mark.integration
async def test_a_command_runs_in_a_folder_and_an_environment_of_its_own(
    folder: Folder, opened: Opened, ada: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "hunter2")
    script(
        folder,
        "print(sorted(os.environ)); print(os.environ['NIGHT_MODE'], os.listdir(), sys.argv[1:], os.isatty(0))",
        environment={"NIGHT_MODE": "quiet"},
    )
    done = await applied(opened, ada, "a b")
    assert done["status"] == "done"
    names, rest = done["result"]["output"].splitlines()
    assert names == "['HOME', 'LANG', 'LC_CTYPE', 'NIGHT_MODE', 'PATH', 'TMPDIR']".replace(
        "'LC_CTYPE', ", "" if "LC_CTYPE" not in names else "'LC_CTYPE', "
    )
    assert rest == "quiet [] ['--', 'a b'] False"


@pytest.mark.integration
async def test_a_secret_reaches_the_command_and_nobody_else(
    folder: Folder, opened: Opened, ada: Principal, audit: Audit
) -> None:
    script(
        folder,
        "print('got', os.environ['NIGHT_TOKEN']); print(os.environ['NIGHT_TOKEN'], file=sys.stderr)",
        secrets={"NIGHT_TOKEN": "ops"},
    )
    caller = opened()
    planned = await caller.call("run_it", {"note": "x"}, ada)
    done = await caller.apply(planned["digest"], ada)
    assert done["result"]["output"] == "got [secret ops]\n"
    assert planned["plan"]["details"]["secrets"] == {"NIGHT_TOKEN": "ops"}
    assert SECRET not in str((planned, done, [entry.body for entry in audit.entries()]))


@pytest.mark.integration
async def test_a_failure_tells_exit_code_and_last_words(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    script(folder, "print('first'); sys.exit('no such shard')")
    with pytest.raises(RunFailed, match=r"ended with exit code 1\. Its last words: no such shard"):
        await applied(opened, ada)


@pytest.mark.integration
async def test_a_command_that_never_ends_is_stopped_with_all_it_started(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    mark = folder.path.parent / "pid"
    script(
        folder,
        "import signal, subprocess; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['/bin/sleep', '300'], start_new_session=True)\n"
        f"open({str(mark)!r}, 'w').write(str(child.pid)); time.sleep(300)",
        limits={"wall_seconds": 1},
    )
    with pytest.raises(RunFailed, match="was stopped: it had not ended after 1 s, its limit"):
        await applied(opened, ada)
    _until_gone(int(mark.read_text()))


@pytest.mark.integration
async def test_what_a_command_leaves_behind_ends_with_it(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    mark = folder.path.parent / "pid"
    script(
        folder,
        "import subprocess; child = subprocess.Popen(['/bin/sleep', '300'], start_new_session=True)\n"
        f"open({str(mark)!r}, 'w').write(str(child.pid))",
    )
    assert (await applied(opened, ada))["status"] == "done"
    _until_gone(int(mark.read_text()))


@pytest.mark.integration
async def test_a_giant_output_is_bounded_and_says_so(folder: Folder, opened: Opened, ada: Principal) -> None:
    script(
        folder,
        "for _ in range(300): sys.stdout.write('x' * 100_000)\nprint('the end')",
        limits={"output_bytes": 10_000},
    )
    result = (await applied(opened, ada))["result"]
    assert len(result["output"]) < 11_000
    assert result["dropped_bytes"] == 30_000_008 - 10_000
    assert f"{result['dropped_bytes']} bytes were dropped here" in result["output"]
    assert result["output"].endswith("the end\n")


@pytest.mark.integration
@pytest.mark.parametrize(
    ("body", "limits", "reason"),
    [
        ("while True: pass", {"cpu_seconds": 1}, "used 1 s of CPU time, its limit"),
        (
            "open('big', 'wb').write(bytes(100_000))",
            {"file_bytes": 10_000},
            "File too large|a file of more than",
        ),
        ("bytearray(900_000_000)", {"memory_bytes": 500_000_000}, "MemoryError"),
    ],
)
async def test_a_command_that_takes_too_much_is_stopped(
    *, folder: Folder, opened: Opened, ada: Principal, body: str, limits: dict[str, int], reason: str
) -> None:
    script(folder, body, limits=limits)
    with pytest.raises(RunFailed, match=reason):
        await applied(opened, ada)


@pytest.mark.integration
async def test_a_read_runs_at_once(folder: Folder, opened: Opened, ada: Principal) -> None:
    file = script(folder, "print('state of', sys.argv[2])")
    folder.write("run_it", changed(file, effect="reads", scope="catalog:read"))
    assert (await opened().call("run_it", {"note": "shard"}, ada))["output"] == "state of shard\n"


_PLAIN = st.text(max_size=40)


@given(value=_PLAIN, option=st.booleans())
def test_a_value_is_one_argument_whatever_it_is(value: str, option: bool) -> None:
    template = (argument("--note={note}" if option else "{note}"),)
    assert rendered(template, {"note": value}) == (f"--note={value}" if option else value,)


@given(value=_PLAIN.filter(lambda text: text not in {"", ".", ".."} and "\ud800" not in text))
def test_a_value_is_one_segment_whatever_it_is(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    from urllib.parse import unquote

    path = rendered_path((argument("{note}"), argument("{note}")), {"note": value})
    assert path.count("/") == 2
    assert not set(path) & set("?#% ") - {"%"}
    assert [unquote(part) for part in path[1:].split("/")] == [value, value]


@given(pattern=st.sampled_from(["[a-z]x", "[A-Za-z0-9][-a-z]*", "v[0-9]+", "[a-z]+-"]), value=_PLAIN)
def test_a_pattern_that_counts_as_plain_lets_no_dash_begin(pattern: str, value: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    text = Text(type="string", description="x", pattern=pattern)
    assert not text.may_be_option
    with pytest.raises(ValidationError):
        TypeAdapter(text.annotation()).validate_python(f"-{value}")


def _until_gone(pid: int) -> None:
    patience = time.monotonic() + 5
    while time.monotonic() < patience:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state in "ZX":
            return
        time.sleep(0.02)
    os.kill(pid, 9)
    raise AssertionError(f"{pid} still runs")
