"""How an HTTP call reaches the network: names to addresses, and requests to answers; and the fake of both."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import httpx


class Network(Protocol):
    """Every call takes a transport of its own and closes it."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a name. Raises `OSError`."""
        ...

    def transport(self) -> "httpx.AsyncBaseTransport": ...


class SystemNetwork:
    """The system's resolver, and connections without any proxy."""

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return tuple(dict.fromkeys(str(each[4][0]) for each in found))

    def transport(self) -> "httpx.AsyncBaseTransport":
        import httpx

        return httpx.AsyncHTTPTransport(trust_env=False)


class FakeNetwork:
    """`names` are addresses by host; `answer` is the server's. For tests, of teams' own files too."""

    def __init__(
        self, answer: "Callable[[httpx.Request], httpx.Response]", *, names: Mapping[str, Sequence[str]]
    ) -> None:
        self._answer = answer
        self.names = dict(names)
        self.sent: list[httpx.Request] = []

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        if host not in self.names:
            raise OSError(f"no such name: {host}")
        return self.names[host]

    def transport(self) -> "httpx.AsyncBaseTransport":
        import httpx

        return httpx.MockTransport(self._answered)

    def _answered(self, request: "httpx.Request") -> "httpx.Response":
        self.sent.append(request)
        return self._answer(request)
