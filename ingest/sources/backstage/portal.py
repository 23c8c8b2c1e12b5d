"""Requests to one Backstage backend, with bounds: nothing is waited for, read or repeated without end.

Only the operator's address is asked. No address that an answer holds is followed, and a redirect is an error. What
may pass (429, 5xx, a broken connection, half an answer) is asked again with growing pauses and jitter; `Retry-After`
is kept to. When the backend is down, fails time after time or refuses the token, each further request fails at once.
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from ingest.errors import SourceError

_TRIES = 4
_FIRST_PAUSE = 0.5  # seconds; doubled each time
_LONGEST_PAUSE = 30.0
_FAILURES = 3  # requests in a row that failed for good, until the backend counts as down
_PASSING = frozenset({429, 500, 502, 503, 504})


class PortalError(SourceError):
    """The backend did not give what was asked for; the message says why, and what to do where that is known."""


@dataclass(frozen=True, slots=True)
class PortalLimits:
    """Of one request: `seconds` in all, and the bytes of a JSON answer and of a page."""

    seconds: float = 60.0
    json_bytes: int = 64_000_000
    page_bytes: int = 5_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is 200, 304 or 404; `value` the JSON or the text of a 200, `etag` its HTTP entity tag."""

    status: int
    value: Any = None
    etag: str = ""


class Portal:
    """One backend. Not for several threads."""

    def __init__(
        self,
        url: str,
        token: SecretStr | None,
        *,
        limits: PortalLimits = PortalLimits(),
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url, self._limits, self._sleep = url, limits, sleep
        headers = {"authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        self._client = httpx.Client(
            headers=headers, timeout=min(15.0, limits.seconds), transport=transport, trust_env=False
        )
        self._failures = 0
        self._down = ""

    @property
    def down(self) -> str:
        """Why nothing more is asked of the backend, "" while it answers."""
        return self._down

    def close(self) -> None:
        self._client.close()

    def json(self, path: str, *, params: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """A JSON answer; None when there is none (404). Raises `PortalError`."""
        request = self._client.build_request(
            "GET" if body is None else "POST", self._url + path, params=params, json=body
        )
        return self._asked(request, json.loads, self._limits.json_bytes).value

    def text(self, path: str, *, etag: str = "", events: bool = False) -> Answer:
        """A text, unless it still has this `etag`; `events` for a stream of them. Raises `PortalError`."""
        headers = {"if-none-match": etag} if etag else {}
        if events:
            headers["accept"] = "text/event-stream"
        request = self._client.build_request("GET", self._url + path, headers=headers)
        return self._asked(request, _decoded, self._limits.page_bytes)

    def _asked(self, request: httpx.Request, read: Callable[[bytes], Any], limit: int) -> Answer:
        if self._down:
            raise PortalError(self._down)
        problem, unreachable = "", False
        for attempt in range(_TRIES):
            pause = random.uniform(0.5, 1.5) * _FIRST_PAUSE * 2**attempt  # noqa: S311 - jitter
            try:
                answer = self._once(request, read, limit)
            except _MayPass as passing:
                problem = str(passing)
                unreachable = isinstance(passing.__cause__, httpx.ConnectError | httpx.ConnectTimeout)
                if passing.wait > _LONGEST_PAUSE:
                    problem += f" and asks to wait {passing.wait:g} s, which is longer than is waited"
                    break
                pause = max(pause, passing.wait)
            else:
                self._failures = 0
                return answer
            if attempt < _TRIES - 1:
                self._sleep(pause)
        self._failures += 1
        if unreachable or self._failures >= _FAILURES:
            self._down = problem
        raise PortalError(problem)

    def _once(self, request: httpx.Request, read: Callable[[bytes], Any], limit: int) -> Answer:
        """Raises `_MayPass` for what may pass, `PortalError` for what will not."""
        place = f"{self._url}{request.url.path.removeprefix(httpx.URL(self._url).path.rstrip('/'))}"
        try:
            response = self._client.send(request, stream=True)
            try:
                if response.status_code in (304, 404):
                    return Answer(response.status_code)
                if response.status_code != 200:
                    raise self._refusal(response, place)
                content = _bounded(response, limit, self._limits.seconds)
            finally:
                response.close()
            return Answer(200, read(content), response.headers.get("etag", ""))
        except httpx.RequestError as error:
            raise _MayPass(f"{place} cannot be read: {error or type(error).__name__}") from error
        except (ValueError, RecursionError) as error:
            raise _MayPass(f"{place} answered half of it, or something else than it should") from error
        except _TooMuch as error:
            raise PortalError(f"{place} {error}") from error

    def _refusal(self, response: httpx.Response, place: str) -> "PortalError | _MayPass":
        status = response.status_code
        if status in _PASSING:
            return _MayPass(f"{place} answered {status}", _retry_after(response))
        if 300 <= status < 400:
            target = httpx.URL(response.headers.get("location", "")).host or "another path"
            return PortalError(
                f"{place} leads to {target[:100]!r}, which is not followed; give the right address"
            )
        if status == 401:
            self._down = (
                f"{self._url} refuses the token (401): it has expired or was withdrawn, or there is none; put a new one "
                "into CUEBOOK_BACKSTAGE__TOKEN and start again"
            )
            return PortalError(self._down)
        if status == 403:
            plugin = _plugin_of(response.request.url.path)
            return PortalError(
                f"{place} may not be read with this token (403); let it reach the plugin {plugin!r} "
                "(`accessRestrictions` in the portal's app-config)"
            )
        return PortalError(f"{place} answered {status}")


class _MayPass(Exception):
    """What another try may mend; `wait` is how many seconds the backend asks for."""

    def __init__(self, text: str, wait: float = 0.0) -> None:
        super().__init__(text)
        self.wait = wait


class _TooMuch(Exception):
    """An answer without end."""


def _plugin_of(path: str) -> str:
    """The plugin that a path of the backend's API belongs to."""
    return path.partition("/api/")[2].partition("/")[0]


def _bounded(response: httpx.Response, limit: int, seconds: float) -> bytes:
    read, end = bytearray(), time.monotonic() + seconds
    for part in response.iter_bytes():
        read += part
        if len(read) > limit:
            raise _TooMuch(f"has more than {limit / 1e6:g} MB, which is the most that is read")
        if time.monotonic() > end:
            raise _TooMuch(f"took longer than {seconds:g} s")
    return bytes(read)


def _decoded(content: bytes) -> str:
    return content.decode("utf-8")


def _retry_after(response: httpx.Response) -> float:
    try:
        return max(float(response.headers.get("retry-after", "0")), 0.0)
    except ValueError:
        return 0.0  # a date; the usual pause will do
