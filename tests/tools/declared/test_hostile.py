"""Files, values and servers that were made to break out: each class of attack is refused, and told."""

import gzip
import ipaddress
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.tools.declared.conftest import COMMAND, HTTP, PUBLIC, SECRET, Folder, Opened, changed
from tests.tools.declared.test_commands import applied, script
from tools import Actions, Principal
from tools.declared import Allowed
from tools.declared.addresses import Server
from tools.declared.network import FakeNetwork, SystemNetwork
from tools.errors import InvalidArguments, NotAllowed, RunFailed, TargetMoved, Unavailable

NOTE = {"type": "string", "description": "Why.", "pattern": "[a-z].*"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (changed(COMMAND, description="Calm.\x1b[2J"), "holds U+001B"),
        (changed(COMMAND, description="Calm \u202emlac"), "U+202E RIGHT-TO-LEFT OVERRIDE"),
        (changed(COMMAND, will_not=["touch\nthe rest"]), "will_not.0"),
        (changed(COMMAND, examples=["rebuild\u200b it"]), "U+200B ZERO WIDTH SPACE"),
        (
            changed(COMMAND, parameters={"note": {"description": "Why\x00"}}),
            "parameters.note.string.description",
        ),
        (
            changed(COMMAND, parameters={"shard": {"minimum": 9, "maximum": 1}}),
            "minimum 9 is more than maximum 1",
        ),
        (
            changed(COMMAND, parameters={"note": {"min_length": 9, "max_length": 1}}),
            "min_length 9 is more than",
        ),
        (changed(COMMAND, parameters={"note": {"pattern": "a)|(?:.*"}}), "unopened group"),
        (changed(COMMAND, parameters={"note": {"pattern": "[a-z])?(?:-x"}}), "unopened group"),
        ("a: " + "9" * 5_000, "a value cannot be read as what it looks like"),
        ("a: 2026-13-45\n", "month must be in 1..12); put it in quotes"),
        ("base: &base {x: 1}\nb:\n  <<: *base\n", "aliases are refused"),
        ("<<: {effect: writes}\n", "a key is no text"),
        ("a: .nan\n", "not JSON compliant"),
        ("a: 1\n---\nb: 2\n", "expected a single document"),
        ('"\\e[2J": 1\n', r"\x1b[2J = 1: is no key that is known here"),
    ],
)
def test_a_file_that_hides_something_is_left_out(folder: Folder, content: Any, reason: str) -> None:
    told = folder.reason(content)
    assert reason in told
    assert told.isprintable()


@pytest.mark.parametrize("name", ["copy", "json", "model_config", "model_dump", "model_fields", "schema"])
def test_a_parameter_never_shadows_what_reads_arguments(folder: Folder, name: str) -> None:
    parameters = {name: {"type": "boolean", "description": "x"}}
    file = {**COMMAND, "parameters": parameters, "command": {"argv": ["/bin/echo", f"{{{name}}}"]}}
    assert f"parameters.{name}: this name has a meaning of its own" in folder.reason(file)


@pytest.mark.parametrize(
    ("name", "like"), [("query_cata1og", "query_catalog"), ("promote__model", "promote_model")]
)
def test_a_name_that_looks_like_another_is_left_out(folder: Folder, name: str, like: str) -> None:
    folder.write(name, COMMAND)
    together = Actions.discover(declared=folder.read().actions)
    assert name not in together
    assert f"the name {name!r} looks like {like!r}" in together.skipped[0].reason


def test_a_name_that_looks_like_one_of_the_doors_own_is_left_out(folder: Folder) -> None:
    assert "looks like 'apply_plan'" in folder.reason(COMMAND, name="app1y_plan")


def test_two_names_that_look_alike_are_not_both_offered(folder: Folder) -> None:
    for name in ("drain_1", "drain_l", "drain_two"):
        folder.write(name, COMMAND)
    together = Actions.discover(declared=folder.read().actions)
    assert [name for name in ("drain_1", "drain_l", "drain_two") if name in together] == [
        "drain_1",
        "drain_two",
    ]


def test_files_beyond_the_most_that_are_read_are_told(folder: Folder) -> None:
    for number in range(501):
        (folder.path / f"a{number:03}.txt").touch()
    (*_, last) = folder.read().skipped
    assert Path(last.path).name == "a500.txt"
    assert "there are 501 files, and the first 500 are read; so 1 are left out" in last.reason


def test_a_name_with_orders_for_a_terminal_is_told_without_them(folder: Folder) -> None:
    (folder.path / "a\x1b[2Jb\n.yaml").write_text("x: 1")
    (left_out,) = folder.read().skipped
    assert (left_out.path + left_out.reason).isprintable()
    assert "a\\x1b[2Jb\\n.yaml" in left_out.path


@pytest.mark.parametrize(
    "argv",
    [
        ["/usr/bin/python3", "--", "{note}"],
        ["/usr/bin/python3", "-Ic", "{note}"],
        ["/usr/bin/python3", "-W", "ignore", "{note}"],
        ["/usr/bin/perl", "-ne", "{note}"],
        ["/usr/bin/perl", "--require={note}", "/opt/x.pl"],
        ["/usr/bin/awk", "--", "{note}"],
        ["/usr/bin/sed", "-n", "--", "{note}", "/etc/hostname"],
        ["/usr/local/bin/node22", "{note}"],
    ],
)
def test_an_interpreter_is_told_its_program_by_the_file_alone(folder: Folder, argv: list[str]) -> None:
    file = {**COMMAND, "parameters": {"note": NOTE}, "command": {"argv": argv}}
    reason = folder.reason(file)
    assert "which program runs is a constant" in reason or "would be run as code" in reason


@pytest.mark.parametrize(
    "argv",
    [
        ["/usr/bin/python3", "/opt/night.py", "{note}"],
        ["/usr/bin/python3", "-I", "-m", "night", "{note}"],
        ["/usr/bin/perl", "-e", "print 1", "--", "{note}"],
        ["/usr/bin/awk", "-f", "/opt/night.awk", "--", "{note}"],
        ["/usr/bin/java", "-jar", "night.jar", "{note}"],
    ],
)
def test_a_program_of_an_interpreter_takes_parameters(folder: Folder, argv: list[str]) -> None:
    folder.write("tried", {**COMMAND, "parameters": {"note": NOTE}, "command": {"argv": argv}})
    assert folder.read().actions


@pytest.mark.parametrize("program", ["bash5", "zsh-5.9", "busybox.static", "ksh93", "systemd-run", "npx"])
def test_a_shell_by_another_name_is_a_shell(folder: Folder, program: str) -> None:
    argv = [f"/usr/bin/{program}", "--", "{note}"]
    file = {**COMMAND, "parameters": {"note": NOTE}, "command": {"argv": argv}}
    assert "runs other programs or shell lines" in folder.reason(file)


async def test_a_plan_is_not_applied_after_its_file_was_changed(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    folder.write("rebuild_night", COMMAND)
    planned = await opened().call("rebuild_night", {"shard": 1, "note": "x"}, ada)
    other = changed(COMMAND, command={"argv": ["/bin/echo", "--all", "{shard}", "--", "{note}"]})
    folder.write("rebuild_night", other)
    with pytest.raises(TargetMoved):
        await opened().apply(planned["digest"], ada)


async def test_a_file_behind_an_option_is_a_target_too(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    settings = folder.path.parent / "night.conf"
    settings.write_text("shards = 1")
    argv = ["/bin/echo", f"--config={settings}", "{shard}", "--", "{note}"]
    folder.write("rebuild_night", changed(COMMAND, command={"argv": argv}))
    caller = opened()
    planned = await caller.call("rebuild_night", {"shard": 1, "note": "x"}, ada)
    settings.write_text("shards = all")
    with pytest.raises(TargetMoved, match=r"night\.conf"):
        await caller.apply(planned["digest"], ada)


@pytest.mark.parametrize("which", ["script", "folder"])
async def test_what_everybody_could_replace_is_not_run(
    folder: Folder, opened: Opened, ada: Principal, tmp_path: Path, which: str
) -> None:
    place = tmp_path / "open"
    place.mkdir()
    program = place / "night.py"
    program.write_text("pass\n")
    (program if which == "script" else place).chmod(0o777)
    argv = [sys.executable, str(program), "{shard}", "--", "{note}"]
    folder.write("rebuild_night", changed(COMMAND, command={"argv": argv}))
    with pytest.raises(Unavailable, match="can be changed by everybody"):
        await opened().call("rebuild_night", {"shard": 1, "note": "x"}, ada)


INVISIBLE = ("a\u2800b", "a\u115fb", "a\u034fb", "a\ufe0fb", "a\u180eb", "a\u1160", "\ufeffa")


@pytest.mark.parametrize("value", INVISIBLE)
async def test_what_shows_as_nothing_is_refused_where_unicode_is_taken(
    folder: Folder, opened: Opened, ada: Principal, value: str
) -> None:
    folder.write("drain_canary", HTTP)
    with pytest.raises(InvalidArguments, match=r"control and invisible characters are refused|normal form"):
        await opened().call("drain_canary", {"name": value}, ada)


SPELT = (
    "https://ops.example.com.",
    "https://ops.example.com:0",
    "https://localhost.:9000",
    "https://0177.0.0.1",
    "https://127.1",
    "https://0x7f000001",
    "https://[::ffff:127.0.0.1]",
    "https://[::127.0.0.1]",
    "https://[fe80::1%25eth0]",
    "https://ada@ops.example.com",
    "https://ops.example.com\\@evil.example.com",
    "https://ops.example.com#@evil.example.com",
    "https://ops.example.com?x",
    "https://ops.example.com\t",
    "//ops.example.com",
    "ops.example.com",
)


def test_no_other_spelling_of_a_server_passes(allowed: Allowed) -> None:
    for text in SPELT:
        with pytest.raises(ValueError, match="server"):
            Server.parse(text, allowed)


@pytest.mark.parametrize(
    "address",
    ["::127.0.0.1", "::a00:1", "64:ff9b:1::7f00:1", "::ffff:0:127.0.0.1", "fec0::1", "5f00::1", "3fff::1"],
)
async def test_an_address_that_means_an_inner_one_in_another_spelling_is_not_called(
    folder: Folder, opened: Opened, ada: Principal, network: FakeNetwork, address: str
) -> None:
    network.names["ops.example.com"] = [PUBLIC, address]
    folder.write("drain_canary", HTTP)
    with pytest.raises(NotAllowed, match="is no public one"):
        await opened().call("drain_canary", {"name": "blue"}, ada)


@settings(max_examples=25)
@given(inner=st.ip_addresses(v=4).filter(lambda each: not each.is_global))
def test_no_way_to_write_an_inner_address_in_ipv6_is_public(inner: ipaddress.IPv4Address) -> None:
    server, number = Server("https", "ops.example.com", 443), int(inner)
    written = (
        (0xFFFF << 32) | number,  # mapped
        number,  # compatible
        (0x64FF9B << 96) | number,  # NAT64
        (0x2002 << 112) | (number << 80),  # 6to4
        (0x20010000 << 96) | (number ^ 0xFFFFFFFF),  # Teredo
    )
    for each in written:
        assert server._refused(ipaddress.IPv6Address(each), Allowed())


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    transport = SystemNetwork().transport()
    assert isinstance(transport, httpx.AsyncHTTPTransport)
    assert type(transport._pool).__name__ == "AsyncConnectionPool"
    await transport.aclose()


Answers = Callable[..., Awaitable[str]]


@pytest.fixture
def answers(folder: Folder, opened: Opened, ada: Principal) -> Answers:
    """What a caller is told of a server's answer; `longer` is a secret that begins with `ops`."""

    async def told(content: Any, **http: Any) -> str:
        answer = httpx.Response(200, content=content, headers=http.pop("answered", {}))
        network = FakeNetwork(lambda _: answer, names={"ops.example.com": [PUBLIC]})
        secrets = {"ops": SecretStr(SECRET), "longer": SecretStr(f'{SECRET}"/more')}
        folder.allowed = Allowed(hosts=folder.allowed.hosts, secrets=secrets, network=network)
        read = {"method": "GET", "path": "/v1/canaries/{name}", "body": None, **http}
        folder.write(
            "look", changed(HTTP, effect="reads", scope="canary:look", parameters={"share": None}, http=read)
        )
        return str((await opened().call("look", {"name": "blue"}, ada))["body"])

    return told


async def test_an_answer_is_never_unpacked(answers: Answers) -> None:
    async def bomb() -> Any:
        yield gzip.compress(bytes(1_000_000))

    body = await answers(bomb(), answered={"Content-Encoding": "gzip"})
    assert len(body) < 2_000


async def test_a_cut_leaves_no_part_of_a_secret(answers: Answers) -> None:
    for shown in range(1, len(SECRET) + 1):
        body = await answers(b"_" * (100 - shown) + SECRET.encode() * 20, response_bytes=100)
        assert body.rstrip("_") in {"", "_" * (100 - shown) + "[secret ops]"}


async def test_a_secret_is_known_in_json_and_in_a_url(answers: Answers) -> None:
    content = f'{{"a": "{SECRET}\\"/more", "b": "{SECRET}%22%2Fmore", "c": "{SECRET}%22/more"}}'.encode()
    headers = {"Authorization": {"secret": "longer"}, "X-Other": {"secret": "ops"}}
    body = await answers(content, headers=headers)
    assert body == '{"a": "[secret longer]", "b": "[secret longer]", "c": "[secret longer]"}'


@pytest.mark.parametrize("secret", ["0x7Z\r\nX-Admin: 1", "pässword", "tab\tbed-it"])
def test_a_secret_that_no_header_can_hold_is_named_and_not_shown(folder: Folder, secret: str) -> None:
    folder.allowed = Allowed(hosts=folder.allowed.hosts, secrets={"ops": SecretStr(secret)})
    reason = folder.reason(HTTP)
    assert "the secret 'ops' holds a line end or a character beyond printable ASCII" in reason
    assert secret[:4] not in reason


@pytest.mark.integration
async def test_a_cut_output_leaves_no_part_of_a_secret(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    body = "print('.' * 45 + os.environ['NIGHT_TOKEN'] + '.' * 900 + os.environ['NIGHT_TOKEN'] + '.' * 40)"
    script(folder, body, secrets={"NIGHT_TOKEN": "ops"}, limits={"output_bytes": 100})
    output = (await applied(opened, ada))["result"]["output"]
    assert "bytes were dropped here" in output
    head, _, tail = output.partition("\n[cuebook: ")
    assert set(head) == {"."}
    assert set(tail.partition("]\n")[2].strip()) == {"."}


@pytest.mark.integration
async def test_what_hides_from_its_command_ends_with_it_all_the_same(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    mark = folder.path.parent / "pid"
    script(
        folder,
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        sys.stdout.flush(); os.closerange(0, 3)\n"
        f"        open({str(mark)!r}, 'w').write(str(os.getpid()))\n"
        "        os.execve('/bin/sleep', ['sleep', '300'], {})\n"
        "    os._exit(0)\n"
        f"while not os.path.exists({str(mark)!r}) or not open({str(mark)!r}).read(): time.sleep(0.01)\n"
        "print('done')",
    )
    assert (await applied(opened, ada))["result"]["output"] == "done\n"
    assert not _runs(int(mark.read_text()))


@pytest.mark.integration
async def test_limits_hold_before_the_command_begins(folder: Folder, opened: Opened, ada: Principal) -> None:
    script(
        folder,
        "import resource\n"
        "print(*(resource.getrlimit(each)[0] for each in (resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)))",
        limits={"cpu_seconds": 7, "file_bytes": 9_000},
    )
    assert (await applied(opened, ada))["result"]["output"] == "7 9000\n"


_SERVER = """
import sys
from tools.declared import process
bounds = process.Bounds(wall_seconds=60, cpu_seconds=60, memory_bytes=4_000_000_000, file_bytes=10**6, output_bytes=1_000)
process.run(["/bin/sleep", "301.25"], environment={"NIGHT_PID": sys.argv[1]}, bounds=bounds)
"""


@pytest.mark.integration
def test_a_command_ends_with_the_server_however_that_ended(tmp_path: Path) -> None:
    name = str(tmp_path / "mine")
    server = subprocess.Popen([sys.executable, "-c", _SERVER, name], cwd=Path(__file__).parents[3])
    try:
        command = _within(20, lambda: _with_variable(f"NIGHT_PID={name}"))
    finally:
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
    _within(10, lambda: not _runs(command))


@pytest.mark.integration
async def test_a_command_that_ends_what_watches_it_is_told_as_unknown(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    script(folder, "os.kill(os.getppid(), 9)")
    with pytest.raises(RunFailed, match="whether it did what was asked is not known"):
        await applied(opened, ada)


@pytest.mark.integration
async def test_a_program_that_no_machine_can_start_is_told(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    script(folder, "pass")
    (folder.path.parent / "program.py").write_bytes(b"\x7fnothing")
    with pytest.raises(Unavailable, match=r"could not be started: .*Exec format error.*; nothing ran"):
        await applied(opened, ada)


def _within(seconds: float, found: Any) -> Any:
    patience = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < patience
        time.sleep(0.02)
    return value


def _with_variable(wanted: str) -> int:
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted.encode() in path.read_bytes().split(b"\0"):
                return int(path.parent.name)
        except OSError:
            continue
    return 0


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
