"""Addresses of Backstage instances as sources: `backstage+https://portal.example.com`."""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from ingest.errors import SourceError

# A path that was taken apart and put together again has lost slashes: backstage+https:/host is the same.
_ADDRESS = re.compile(
    r"backstage\+(?P<scheme>https?):/+(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9a-fA-F:]{2,45}\])"
    r"(?::(?P<port>\d{1,5}))?(?P<path>(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)/?"
)


@dataclass(frozen=True, slots=True)
class BackstageAddress:
    """`place` is host, port and path of the backend's `backend.baseUrl`, without the last slash."""

    scheme: str
    host: str
    place: str

    @classmethod
    def parse(cls, text: str) -> "BackstageAddress":
        """Raises `SourceError`."""
        match = _ADDRESS.fullmatch(text)
        if match is None or int(match["port"] or 0) > 65_535:
            raise SourceError(
                f"{text[:200]!r} is no address of a Backstage; write backstage+https://portal.example.com, with its "
                "port and path where it has them, and the token into CUEBOOK_BACKSTAGE__TOKEN"
            )
        host = match["host"].lower()
        port = f":{match['port']}" if match["port"] else ""
        return cls(match["scheme"], host, f"{host}{port}{match['path']}")

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.place}"

    @property
    def folder(self) -> str:
        """A folder's name that no other address has."""
        return f"{self.host.strip('[]').replace(':', '-')}-{sha256(self.url.encode()).hexdigest()[:10]}"

    def check_host(self, allowed: Collection[str]) -> None:
        """Raises `SourceError` for a host that the operator did not allow: it is sent the token."""
        if self.host in allowed or _loopback(self.host):
            return
        known = ", ".join(sorted(allowed)) or "none"
        raise SourceError(
            f"the host {self.host!r} is not allowed for sources; they are: {known}. Add it to CUEBOOK_SOURCE_HOSTS"
        )


def is_backstage_address(text: str) -> bool:
    """Whether a source is meant as a Backstage."""
    return text.startswith("backstage+")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
