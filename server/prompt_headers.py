"""A connection whose headers come slowly, or without end, is closed.

uvicorn limits how long a connection rests between two requests, but neither how long the headers of a request may take nor,
with httptools, how long they may be: whoever sends a byte now and then holds a connection for ever, and whoever sends many
fills the memory before any of our code has a request to judge. `server.guard.BodyLimit` does the same for bodies.
"""

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol as _Protocol
else:
    _Protocol = AutoHTTPProtocol

HEADER_SECONDS = 30.0
HEADER_BYTES = 65_536  # as many as h11, uvicorn's other parser, takes


class PromptHeaders(_Protocol):
    """uvicorn's protocol, for `uvicorn.Config(http=…)`; it answers 408 and 431 (RFC 9110 and RFC 6585) and closes."""

    _timer: asyncio.TimerHandle | None = None
    _before: Any = None  # the request before the one whose headers are awaited
    _read = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        in_body = self.cycle is not None and self.cycle.more_body
        super().data_received(data)
        if self.cycle is not self._before:
            self._before = self.cycle
            self._stop()
        elif not in_body:
            self._await_headers()
            self._read += len(data)
            if self._read > HEADER_BYTES:
                self._refuse("431 Request Header Fields Too Large", f"are longer than {HEADER_BYTES:,} bytes")

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        super().connection_lost(exc)

    def _await_headers(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEADER_SECONDS, self._too_slow)

    def _stop(self) -> None:
        self._read = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        if self._read:
            self._refuse("408 Request Timeout", f"had not come after {HEADER_SECONDS:g} s")
        else:
            self.transport.close()

    def _refuse(self, status: str, told: str) -> None:
        self._stop()
        if self.transport.is_closing():
            return
        if (
            self.cycle is None or self.cycle.response_complete
        ):  # else it would be read as part of another answer
            text = f"the headers of the request {told}; send fewer, at once\n"
            head = f"HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {len(text)}\r\n"
            self.transport.write(f"{head}connection: close\r\n\r\n{text}".encode("ascii"))
        self.transport.close()
