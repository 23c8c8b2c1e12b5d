"""Asks an issuer for a small JSON document. Redirects are not followed: the operator named this address, no other."""

from collections.abc import Mapping
from typing import Any

import anyio

from server.identity.errors import IssuerUnavailable

LONGEST = 256 * 1024  # bytes
_PATIENCE = 5.0  # seconds


class Answered(IssuerUnavailable):
    """The issuer answered another status than 200."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(f"{url} answered {status}")
        self.status = status


async def fetch(url: str, *, headers: Mapping[str, str] | None = None, transport: Any = None) -> bytes:
    """The body, at most `LONGEST` bytes. Raises `IssuerUnavailable`, whose text holds no header that was sent."""
    import httpx

    read = b""
    # Unpacked, a small answer could be of any size.
    sent = {"accept": "application/json", "accept-encoding": "identity", **(headers or {})}
    try:
        with anyio.fail_after(_PATIENCE):
            async with (
                httpx.AsyncClient(transport=transport, timeout=_PATIENCE, trust_env=False) as client,
                client.stream("GET", url, headers=sent) as answer,
            ):
                if answer.status_code != 200:
                    raise Answered(url, answer.status_code)
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise IssuerUnavailable(f"{url} answered a compressed body, which was not asked for")
                async for part in answer.aiter_bytes():
                    read += part
                    if len(read) > LONGEST:
                        raise IssuerUnavailable(f"{url} answered more than {LONGEST:,} bytes")
    except TimeoutError as error:
        raise IssuerUnavailable(f"{url} did not answer within {_PATIENCE:g} seconds") from error
    except httpx.HTTPError as error:
        raise IssuerUnavailable(f"{url} cannot be read: {type(error).__name__}") from error
    return read
