"""The ways in that a case is tried through, each with the clients' own words for calling and applying."""

import asyncio
import contextlib
import io
import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import anyio.to_thread
import httpx
import httpx2
import structlog
from fastapi import FastAPI
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import TextContent

from server.app import make_app
from server.approving.sessions import CSRF_HEADER
from server.composition import compose
from server.exam.case import Door
from server.exam.shell import Ran, Shell
from server.exam.world import ExamParts, World
from server.logs import configure_logging
from server.settings import Settings

HERE = "http://127.0.0.1:8000"
_ERAS: Mapping[str, Literal["auto", "legacy"]] = {"mcp": "auto", "mcp-2025": "legacy"}


@dataclass(frozen=True)
class Said:
    """What a client got back: all of it, and the structured part where there is one."""

    text: str
    value: Mapping[str, Any]


def _said(text: str) -> Said:
    try:
        value = json.loads(text[text.index("{") :]) if "{" in text else {}
    except ValueError:
        value = {}
    return Said(text, value if isinstance(value, dict) else {})


class Doors:
    """An open world: the server in this process, and a shell beside it."""

    def __init__(self, world: World, shell: Shell | None) -> None:
        self._world, self._shell = world, shell
        self._stack = contextlib.AsyncExitStack()
        self.log = io.StringIO()
        self.reached: list[str] = []
        self.parts: ExamParts
        self._app: FastAPI

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["Doors"]:
        await self._open()
        try:
            yield self
        finally:
            await self._stack.aclose()

    async def restart(self) -> None:
        """As after a crash: settings, policy and actions are read again. The clock stays where it is."""
        later = self.parts.later
        await self._stack.aclose()
        await self._open()
        self.parts.later = later

    async def _open(self) -> None:
        settings = Settings(home=self._world.home)
        self._stack.enter_context(_logged(settings, self.log))
        self.parts = ExamParts(settings)
        self._app = make_app(settings, cuebook=compose(settings, parts=self.parts), warm=False)
        await self._stack.enter_async_context(self._app.router.lifespan_context(self._app))
        self._address = self._canary = ""

    @property
    def sent(self) -> tuple[str, ...]:
        """Requests that declared actions have sent."""
        return tuple(f"{each.method} {each.url}" for each in self.parts.fake.sent)

    @property
    def carried(self) -> str:
        """The headers of those requests, but for the secret that belongs there."""
        text = "\n".join(
            f"{name}: {value}" for each in self.parts.fake.sent for name, value in each.headers.items()
        )
        return text.replace(self._world.secrets.ops, "[ops]")

    async def canary(self) -> str:
        """An address of this machine that nobody has a reason to ask; who does is in `reached`."""
        if not self._canary:
            listening = await asyncio.start_server(self._asked, "127.0.0.1", 0)
            self._stack.push_async_callback(_closed, listening)
            self._canary = f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        return self._canary

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached.append((await reader.read(200)).decode("utf-8", "replace").partition("\r")[0])
        writer.close()

    async def call(self, door: Door, name: str, arguments: Mapping[str, Any], *, who: str) -> Said:
        if door == "cli" and who == "agent":
            return await self.shell("cuebook", "actions", "call", name, "--json", json.dumps(arguments))
        if door == "rest" or who != "agent":
            return await self.request("POST", f"/api/v1/actions/{name}", value=arguments, who=who)
        return await self._tool(door, name, arguments)

    async def apply(self, door: Door, digest: str, *, who: str) -> Said:
        if door == "cli" and who == "agent":
            return await self.shell("cuebook", "apply", "--", digest)
        if door == "rest" or who != "agent":
            return await self.request("POST", f"/api/v1/plans/{digest}/apply", who=who)
        return await self._tool(door, "apply_plan", {"digest": digest})

    async def request(
        self,
        method: str,
        path: str,
        *,
        value: Any = None,
        raw: str = "",
        headers: Mapping[str, str] = {},
        size: int = 0,
        who: str = "agent",
    ) -> Said:
        """One request to the application; answers status, headers and body as text."""
        token = {"agent": self._world.secrets.agent, "other": self._world.secrets.other}[who]
        given = {"authorization": f"Bearer {token}", **{name.lower(): text for name, text in headers.items()}}
        content = raw.encode() if raw else None if value is None else json.dumps(value).encode()
        if content is not None or size:
            given.setdefault("content-type", "application/json")
        async with self._client() as client:
            answer = await client.request(
                method,
                path,
                content=_long_json(size) if size else content,
                headers={name: text for name, text in given.items() if text},
            )
        lines = [f"{answer.status_code}", *(f"{name}: {text}" for name, text in answer.headers.items())]
        said = _said(answer.text)
        return Said("\n".join(lines) + "\n\n" + answer.text, said.value)

    async def decide(self, name: str, digest: str, decision: str) -> Said:
        """A person on the page: signs in with the passphrase, decides, signs out."""
        async with self._client() as client:
            wanted = {"name": name, "passphrase": self._world.secrets.passphrase}
            session = await client.post("/api/v1/approver/session", json=wanted)
            headers = {CSRF_HEADER: session.json().get("csrf", "")}
            answer = await client.post(f"/api/v1/plans/{digest}/{decision}", headers=headers)
            await client.delete("/api/v1/approver/session", headers=headers)
        return Said(f"{answer.status_code}\n{answer.text}", _said(answer.text).value)

    async def sign_in(self, name: str) -> str:
        """The cookie that an approver's browser holds afterwards."""
        async with self._client() as client:
            wanted = {"name": name, "passphrase": self._world.secrets.passphrase}
            await client.post("/api/v1/approver/session", json=wanted)
            return "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)

    async def shell(
        self,
        *command: str,
        given: str = "",
        environment: Mapping[str, str] = {},
        typed: tuple[tuple[str, str], ...] = (),
    ) -> Said:
        """A command of the agent's account, which knows the home. Raises `FileNotFoundError`."""
        if self._shell is None:
            raise FileNotFoundError("this exam runs without a shell")
        shell = self._shell
        variables = {"CUEBOOK_HOME": str(self._world.home), "HOME": str(self._world.root), **environment}

        def run() -> Ran:
            return shell.run(
                command, folder=self._world.root, environment=variables, given=given, typed=typed
            )

        ran = await anyio.to_thread.run_sync(run)
        said = _said(ran.output)
        return Said(f"exit code {ran.code}\n{ran.output}", said.value)

    async def address(self) -> str:
        """The address of this server on a port of this machine, for programs such as curl."""
        if not self._address:
            self._address = await self._stack.enter_async_context(_listening(self._app))
        return self._address

    async def _tool(self, door: Door, name: str, arguments: Mapping[str, Any]) -> Said:
        headers = {"authorization": f"Bearer {self._world.secrets.agent}"}
        transport = httpx2.ASGITransport(app=self._app)
        try:
            async with (
                httpx2.AsyncClient(transport=transport, headers=headers) as http,
                Client(streamable_http_client(f"{HERE}/mcp", http_client=http), mode=_ERAS[door]) as client,
            ):
                result = await client.call_tool(name, dict(arguments))
        except MCPError as error:
            return Said(str(error), {})
        except BaseExceptionGroup as errors:
            _refused, other = errors.split(MCPError)
            if other is not None:
                raise
            return Said("\n".join(str(error) for error in _flat(errors)), {})
        blocks = [block.text for block in result.content if isinstance(block, TextContent)]
        return Said("\n".join(blocks), result.structured_content or {})

    def _client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=HERE)


async def _closed(listening: asyncio.Server) -> None:
    listening.close()
    await listening.wait_closed()


@contextmanager
def _logged(settings: Settings, log: io.StringIO) -> Iterator[None]:
    """The server's log goes to `log`, for the judge to read too."""
    root = logging.getLogger()
    kept, level, structured = root.handlers[:], root.level, structlog.get_config()
    with contextlib.redirect_stderr(log):
        configure_logging(settings)
    try:
        yield
    finally:
        root.handlers[:] = kept
        root.setLevel(level)
        structlog.configure(**structured)


def _flat(errors: BaseExceptionGroup[Any]) -> list[BaseException]:
    return [
        inner
        for each in errors.exceptions
        for inner in (_flat(each) if isinstance(each, BaseExceptionGroup) else [each])
    ]


async def _long_json(size: int) -> AsyncIterator[bytes]:
    """`{"text": "aaa…"}` in pieces, so that nobody holds all of it."""
    piece = b"a" * 65_536
    yield b'{"text": "'
    for _ in range(size // len(piece)):
        yield piece
    yield b'"}'


@asynccontextmanager
async def _listening(app: FastAPI) -> AsyncIterator[str]:
    import uvicorn

    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment,method-assign]  # Ctrl-C is the exam's
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn offers a flag, no event
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
