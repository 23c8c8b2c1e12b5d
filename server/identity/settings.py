"""Which issuers of tokens this deployment trusts, and how their claims are read."""

import ipaddress
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator


def _safe(url: str) -> str:
    """https anywhere, http only to this machine: whoever can change the answer can sign tokens."""
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment or not parts.hostname:
        raise ValueError(
            "is no plain address; write it like https://id.example.com, without user, query or fragment"
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and _loopback(parts.hostname)):
        raise ValueError("must begin with https://; http:// is for addresses of this machine only")
    return url


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


Address = Annotated[str, AfterValidator(_safe)]


class Issuer(BaseModel):
    """An identity provider whose signed tokens (JWT) are taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: Address = Field(description="The claim `iss`, letter by letter.")
    jwks_url: Address | None = Field(None, description="Where its public keys are; or give `jwks_file`.")
    jwks_file: Path | None = Field(None, description="A file with its public keys, read again as it changes.")
    audience: str = Field(
        "", description="What `aud` must hold; empty: the address of `auth.resource`, as MCP clients ask for."
    )
    service: bool = Field(
        False, description="Its tokens stand for programs (`service:default/…`), which may not approve."
    )
    principal: str = Field("sub", min_length=1, description="The claim with who it is.")
    namespace: str = Field(
        "default",
        pattern=r"^([a-z0-9][a-z0-9._-]{0,62})?$",
        description="Where the names in that claim live; empty: the claim holds whole references, such as "
        "`user:default/ada`.",
    )
    groups: str = Field("groups", description="The claim with the groups of a person.")
    userinfo_url: Address | None = Field(
        None,
        description="Where the issuer says which groups a person has, when its tokens do not; asked once a token, with it.",
    )
    scopes: str = Field("scope", description="The claim with what the token may do.")
    scope_names: dict[str, frozenset[str]] = Field(
        {}, description="What each value of that claim means here; empty: the values are our scopes."
    )
    grants: frozenset[str] = Field(
        frozenset(), description="Scopes that every token of this issuer has, whatever its claims say."
    )

    @field_validator("jwks_file")
    @classmethod
    def _expands(cls, path: Path | None) -> Path | None:
        return path.expanduser() if path else None

    @model_validator(mode="after")
    def _has_keys_from_one_place(self) -> "Issuer":
        if (self.jwks_url is None) == (self.jwks_file is None):
            raise ValueError(f"{self.issuer} needs either `jwks_url` or `jwks_file`")
        return self

    @model_validator(mode="after")
    def _sends_tokens_home_only(self) -> "Issuer":
        if self.userinfo_url is None:
            return self
        own, asked = urlsplit(self.issuer), urlsplit(self.userinfo_url)
        if (own.scheme, own.netloc) != (asked.scheme, asked.netloc):
            raise ValueError(
                f"`userinfo_url` is sent tokens of {self.issuer}, so it must be an address there"
            )
        return self


class AuthSettings(BaseModel):
    """Tokens of identity providers, beside the static ones in `api_tokens`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resource: Address | None = Field(
        None,
        description="The address of `/mcp` as clients know it, such as `https://cuebook.example.com/mcp`; on "
        "loopback it is the one that is listened on.",
    )
    issuers: tuple[Issuer, ...] = Field(
        (), description="Identity providers whose tokens are taken; a JSON list."
    )

    @field_validator("issuers")
    @classmethod
    def _each_once(cls, issuers: tuple[Issuer, ...]) -> tuple[Issuer, ...]:
        names = [issuer.issuer for issuer in issuers]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"names {', '.join(twice)} twice; each issuer has one entry")
        return issuers
