"""Which host an HTTP call may go to, and which address that is: the operator's list decides, never a caller.

The address that was checked is the one that is connected to, so that a name which answers differently the second time
gains nothing.
"""

import asyncio
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tools.declared.allowed import Allowed
from tools.errors import NotAllowed, Unavailable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?=.*[a-z]){_LABEL}(?:\.{_LABEL})*")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network(
    "2000::/3"
)  # all that is given out; the rest is local, reserved or a way to write IPv4
_EXAMPLES = ipaddress.IPv6Network("3fff::/20")  # RFC 9637


@dataclass(frozen=True, slots=True)
class Server:
    """Scheme, host and port of a server that the operator allowed."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str, allowed: Allowed) -> "Server":
        """From `https://ops.example.com`. Raises `ValueError` for what the operator did not allow."""
        made = server_named(text)
        if made.entry not in allowed.hosts:
            raise ValueError(
                f"server {text!r}: {made.entry} is none of the hosts that the operator allowed in "
                f"CUEBOOK_ACTIONS__ALLOWED_HOSTS ({', '.join(sorted(allowed.hosts)) or 'none'})"
            )
        if made.scheme == "http" and not made.is_loopback:
            raise ValueError(f"server {text!r}: use https; plain http is for this machine's loopback only")
        return made

    @property
    def entry(self) -> str:
        """How the operator's list spells it: the port is named where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is spelt as this machine: an address of it, or `localhost`."""
        address = _literal(self.host)
        return self.host == "localhost" or (address is not None and address.is_loopback)

    async def address(self, allowed: Allowed) -> str:
        """One that may be connected to. Raises `Unavailable` where there is none, `NotAllowed` for a private one."""
        literal = _literal(self.host)
        try:
            found = (
                [str(literal)]
                if literal
                else list(await asyncio.wait_for(allowed.network.resolve(self.host, self.port), timeout=10))
            )
        except (OSError, TimeoutError) as error:
            raise Unavailable(f"the name {self.host!r} cannot be resolved: {error or 'no answer'}") from error
        if not found:
            raise Unavailable(f"the name {self.host!r} has no address")
        for text in found:
            if reason := self._refused(ipaddress.ip_address(text), allowed):
                raise NotAllowed(f"{self.host} is not called: its address {text} is {reason}")
        return found[0]

    def _refused(self, address: Address, allowed: Allowed) -> str:
        meant = _meant(address)
        if self.is_loopback:
            return "" if meant.is_loopback else "not of this machine"
        if _is_public(meant):
            return ""
        if self.entry in allowed.private_hosts and meant.is_private and not meant.is_link_local:
            return "" if not meant.is_loopback else "this machine's own"
        return "no public one; the operator has to allow it"


def server_named(text: str) -> Server:
    """Scheme, host and port alone, spelt plainly. Raises `ValueError`."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"server {text!r} is no address: {error}") from error
    if parts.scheme not in {"https", "http"} or text != f"{parts.scheme}://{parts.netloc}".lower():
        raise ValueError(
            f"server {text!r}: write scheme and host alone in lower case, such as https://ops.example.com"
        )
    host = parts.hostname or ""
    if port == 0:
        raise ValueError(f"server {text!r}: no server listens on port 0")
    if "@" in parts.netloc or not (_NAME.fullmatch(host) or _literal(host)):
        raise ValueError(
            f"server {text!r}: {host!r} is no plain host name in lower-case ASCII and no IP address"
        )
    return Server(parts.scheme, host, port or (443 if parts.scheme == "https" else 80))


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_public(address: Address) -> bool:
    """Whether it is one host's, reached through the internet. `is_global` alone knows neither `::127.0.0.1`, which is an
    IPv4 address in an old spelling, nor site-local ones."""
    if isinstance(address, ipaddress.IPv6Address) and (address not in _UNICAST or address in _EXAMPLES):
        return False
    return address.is_global and not address.is_multicast


def _meant(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that is a way to write it."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
