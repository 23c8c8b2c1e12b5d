"""The OAuth side of the HTTP doors: what they are called, who issues tokens for them, and how a refusal says so.

Cuebook is a resource server only (RFC 6750, RFC 9728): it has no login, no token endpoint and no clients.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from server.identity.settings import AuthSettings

WELL_KNOWN = "/.well-known/oauth-protected-resource"
FIRST_SCOPES = ("catalog:read", "docs:read")  # what a client should ask for before it needs more


@dataclass(frozen=True, slots=True)
class ProtectedResource:
    """`address` is the URI that tokens are made for: that of `/mcp`, for every door of this server."""

    address: str
    issuers: tuple[str, ...]

    @classmethod
    def of(cls, auth: AuthSettings, *, host: str, port: int) -> "ProtectedResource":
        """Without a stated address it is where the server listens."""
        name = f"[{host}]" if ":" in host else host
        issuers = tuple(issuer.issuer for issuer in auth.issuers)
        return cls(auth.resource or f"http://{name}:{port}/mcp", issuers)

    @property
    def paths(self) -> frozenset[str]:
        """Where clients look for the metadata: with and without the path of the resource."""
        return frozenset({WELL_KNOWN, f"{WELL_KNOWN}/mcp", self._metadata_path})

    @property
    def _metadata_path(self) -> str:
        return f"{WELL_KNOWN}{urlsplit(self.address).path.rstrip('/')}"

    @property
    def metadata_address(self) -> str:
        """Between host and path, as RFC 9728 section 3.1 wants it."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}{self._metadata_path}"

    def metadata(self, scopes: Iterable[str]) -> dict[str, Any]:
        """RFC 9728; `authorization_servers` is absent where only static tokens are taken."""
        servers = {"authorization_servers": list(self.issuers)} if self.issuers else {}
        return {
            "resource": self.address,
            **servers,
            "scopes_supported": sorted(scopes),
            "bearer_methods_supported": ["header"],
            "resource_name": "Cuebook",
        }

    def challenge(
        self, *, error: str = "", description: str = "", scopes: Iterable[str] = FIRST_SCOPES
    ) -> str:
        """A `WWW-Authenticate` header; `description` goes out without what a header cannot hold."""
        parts = ['realm="cuebook"']
        if error:
            parts += [f'error="{error}"', f'error_description="{_plain(description)}"']
        if self.issuers:
            parts += [f'scope="{" ".join(sorted(scopes))}"', f'resource_metadata="{self.metadata_address}"']
        return f"Bearer {', '.join(parts)}"


def _plain(text: str) -> str:
    return "".join(sign for sign in text if " " <= sign <= "~" and sign not in '"\\')[:200]
