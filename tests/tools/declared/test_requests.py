"""HTTP calls that a file declares: sent as shown, to the host and address that were allowed, and bounded."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests.tools.declared.conftest import HTTP, PUBLIC, SECRET, Folder, Opened, changed
from tools import Principal
from tools.audit import Audit
from tools.call import Caller
from tools.declared import Allowed
from tools.declared.addresses import Server
from tools.declared.network import FakeNetwork, SystemNetwork
from tools.errors import InvalidArguments, NotAllowed, RunFailed, Unavailable

GIVEN = {"name": "blue", "share": 0.25}


async def _planned(caller: Caller, ada: Principal, **given: Any) -> dict[str, Any]:
    return await caller.call("drain_canary", {**GIVEN, **given}, ada)


async def _applied(opened: Opened, ada: Principal, **given: Any) -> dict[str, Any]:
    caller = opened()
    planned = await _planned(caller, ada, **given)
    return await caller.apply(planned["digest"], ada)


async def test_a_plan_shows_the_request_and_sends_nothing(
    folder: Folder, opened: Opened, ada: Principal, network: FakeNetwork
) -> None:
    folder.write("drain_canary", changed(HTTP, http={"query": {"why": "{name}", "by": "cue book"}}))
    planned = await _planned(opened(), ada, name="a/b?c#d é")
    assert planned["plan"]["details"] == {
        "method": "POST",
        "url": "https://ops.example.com/v1/canaries/a%2Fb%3Fc%23d%20%C3%A9/drain"
        "?why=a%2Fb%3Fc%23d%20%C3%A9&by=cue%20book",
        "headers": {"Authorization": "Bearer [secret ops]"},
        "body": {"share": 0.25, "by": "cuebook"},
    }
    assert "follow a redirect" in planned["plan"]["will_not"]
    assert network.sent == []


async def test_what_was_shown_is_sent_once_to_the_address_that_was_checked(
    folder: Folder, opened: Opened, ada: Principal, network: FakeNetwork, audit: Audit
) -> None:
    folder.write("drain_canary", HTTP)
    caller = opened()
    planned = await _planned(caller, ada, name="a/b")
    done = await caller.apply(planned["digest"], ada)
    assert (await caller.apply(planned["digest"], ada))["result"] == done["result"]
    assert done["result"] == {"status": 200, "body": "drained", "whole": True}
    (sent,) = network.sent
    assert (sent.method, sent.url.host, sent.url.raw_path) == ("POST", PUBLIC, b"/v1/canaries/a%2Fb/drain")
    assert sent.headers["Host"] == sent.extensions["sni_hostname"] == "ops.example.com"
    assert sent.headers["Authorization"] == f"Bearer {SECRET}"
    assert sent.headers["Idempotency-Key"] == planned["digest"]
    assert json.loads(sent.content) == {"share": 0.25, "by": "cuebook"}
    assert SECRET not in str((planned, done, [entry.body for entry in audit.entries()]))


async def test_a_get_can_be_a_read(
    folder: Folder, opened: Opened, ada: Principal, network: FakeNetwork
) -> None:
    http = {"method": "GET", "path": "/v1/canaries/{name}", "body": None}
    file = changed(HTTP, effect="reads", scope="canary:look", parameters={"share": None}, http=http)
    folder.write("drain_canary", file)
    answered = await opened().call("drain_canary", {"name": "blue"}, ada)
    assert answered["body"] == "drained"
    assert "Idempotency-Key" not in network.sent[0].headers


@pytest.mark.parametrize("name", ["..", ".", "a/../b", "..\\x"])
async def test_a_value_cannot_climb_out_of_its_segment(
    folder: Folder, opened: Opened, ada: Principal, name: str
) -> None:
    folder.write("drain_canary", HTTP)
    with pytest.raises(InvalidArguments, match=r"as a part of a path|cannot be a segment"):
        await _planned(opened(), ada, name=name)


INSIDE = (
    "127.0.0.1",
    "10.0.0.8",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.8",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "ff02::1",
)


async def test_a_name_that_leads_inside_is_not_called(
    folder: Folder, opened: Opened, ada: Principal, network: FakeNetwork
) -> None:
    folder.write("drain_canary", HTTP)
    caller = opened()
    for address in INSIDE:
        network.names["ops.example.com"] = [PUBLIC]
        planned = await _planned(caller, ada, name=f"at {address}")
        network.names["ops.example.com"] = [PUBLIC, address]
        told = rf"ops\.example\.com is not called: its address {re.escape(address)} is no public one"
        with pytest.raises(NotAllowed, match=told):
            await _planned(caller, ada)
        with pytest.raises(NotAllowed, match=told):
            await caller.apply(planned["digest"], ada)
    assert network.sent == []


@pytest.mark.parametrize(
    ("address", "goes"),
    [("10.0.0.8", True), ("fd00::1", True), ("127.0.0.1", False), ("169.254.169.254", False)],
)
async def test_a_private_host_may_be_private_but_not_this_machine(
    *, folder: Folder, opened: Opened, ada: Principal, network: FakeNetwork, address: str, goes: bool
) -> None:
    network.names["inside.example.com"] = [address]
    folder.write("drain_canary", changed(HTTP, http={"server": "https://inside.example.com"}))
    caller = opened()
    if goes:
        assert (await _planned(caller, ada))["status"] == "planned"
    else:
        with pytest.raises(NotAllowed, match="is not called"):
            await _planned(caller, ada)


@pytest.mark.parametrize("server", ["http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost:9000"])
async def test_this_machine_is_called_when_it_is_named_as_such(
    folder: Folder, opened: Opened, ada: Principal, network: FakeNetwork, server: str
) -> None:
    network.names["localhost"] = ["127.0.0.1"]
    folder.write("drain_canary", changed(HTTP, http={"server": server}))
    assert (await _applied(opened, ada))["status"] == "done"
    network.names["localhost"] = ["10.0.0.8"]
    if "localhost" in server:
        with pytest.raises(NotAllowed, match="is not of this machine"):
            await _planned(opened(), ada)


async def test_a_name_without_an_address_is_told(
    folder: Folder, opened: Opened, ada: Principal, network: FakeNetwork
) -> None:
    network.names.clear()
    folder.write("drain_canary", HTTP)
    with pytest.raises(Unavailable, match=r"'ops\.example\.com' cannot be resolved: no such name"):
        await _planned(opened(), ada)


def _network(answer: Callable[[httpx.Request], httpx.Response]) -> FakeNetwork:
    return FakeNetwork(answer, names={"ops.example.com": [PUBLIC]})


def _broken(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused")


def _cut(_request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("peer closed")


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (
            lambda _: httpx.Response(302, headers={"Location": "http://169.254.169.254/"}),
            RunFailed,
            "answered 302, a redirect, which is never followed",
        ),
        (lambda _: httpx.Response(503, text=f"no {SECRET}"), RunFailed, r"answered 503: no \[secret ops\]"),
        (_broken, Unavailable, "cannot be reached: connection refused; nothing was sent"),
        (_cut, RunFailed, "broke off the call: .* whether it did what was asked is not known"),
    ],
)
async def test_what_goes_wrong_is_told(
    *,
    folder: Folder,
    opened: Opened,
    ada: Principal,
    answer: Any,
    error: type[Exception],
    reason: str,
) -> None:
    _replace_network(folder, network := _network(answer))
    folder.write("drain_canary", HTTP)
    with pytest.raises(error, match=reason):
        await _applied(opened, ada)
    assert len(network.sent) == 1


async def test_a_giant_answer_is_cut_and_says_so(folder: Folder, opened: Opened, ada: Principal) -> None:
    async def endless() -> Any:
        while True:
            yield b"x" * 50_000

    _replace_network(folder, _network(lambda _: httpx.Response(200, content=endless())))
    folder.write("drain_canary", changed(HTTP, http={"response_bytes": 10_000}))
    result = (await _applied(opened, ada))["result"]
    assert (len(result["body"]), result["whole"]) == (10_000, False)


async def test_an_answer_is_text_without_control_characters(
    folder: Folder, opened: Opened, ada: Principal
) -> None:
    _replace_network(folder, _network(lambda _: httpx.Response(200, content=b"a\x1b[2Jb\0c\xff")))
    folder.write("drain_canary", HTTP)
    assert (await _applied(opened, ada))["result"]["body"] == "abc\ufffd"


def test_a_port_is_named_where_it_is_not_the_usual_one() -> None:
    allowed = Allowed(hosts=frozenset({"a.example", "b.example:8443"}))
    assert Server.parse("https://a.example:443", allowed).entry == "a.example"
    assert Server.parse("https://b.example:8443", allowed).port == 8443
    with pytest.raises(ValueError, match=r"b\.example is none of the hosts"):
        Server.parse("https://b.example", allowed)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        if self.path.startswith("/v1/canaries/slow"):
            self.send_response(200)
            self.end_headers()
            try:
                while not self.server.stopped.wait(0.1):  # type: ignore[attr-defined]  # set by the fixture
                    self.wfile.write(b".")
            except OSError:
                return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.headers["Host"].encode())

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing on standard error."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.stopped = threading.Event()  # type: ignore[attr-defined]  # for the handler
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.stopped.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.integration
async def test_a_real_server_is_called_and_one_that_never_ends_is_left(
    folder: Folder, opened: Opened, ada: Principal, port: int
) -> None:
    host = f"127.0.0.1:{port}"
    folder.allowed = Allowed(
        hosts=frozenset({host}), secrets={"ops": SecretStr(SECRET)}, network=SystemNetwork()
    )
    folder.write("drain_canary", changed(HTTP, http={"server": f"http://{host}", "timeout_seconds": 1}))
    assert (await _applied(opened, ada))["result"]["body"] == host
    with pytest.raises(
        RunFailed, match="did not answer within 1 s; whether it did what was asked is not known"
    ):
        await _applied(opened, ada, name="slow")


@pytest.mark.integration
async def test_a_server_that_is_not_there_is_told(
    folder: Folder, opened: Opened, ada: Principal, tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        folder.allowed = Allowed(hosts=frozenset({host}), secrets={"ops": SecretStr(SECRET)})
        folder.write("drain_canary", changed(HTTP, http={"server": f"http://{host}"}))
        with pytest.raises(Unavailable, match="cannot be reached"):
            await _applied(opened, ada)


def _replace_network(folder: Folder, network: FakeNetwork) -> None:
    folder.allowed = Allowed(hosts=folder.allowed.hosts, secrets=folder.allowed.secrets, network=network)
