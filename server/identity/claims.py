"""From the claims of a verified token to the principal that its calls run as.

Names are compared letter by letter later on (policy, owners, visibility), so only plain ones are taken: what
looks like another name in another alphabet stands for nobody.
"""

import re
from collections.abc import Mapping
from typing import Any

from server.identity.errors import TokenRefused
from server.identity.settings import Issuer
from tools.principal import Principal

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
_MOST = 500  # groups or scopes of one token


def principal_from(claims: Mapping[str, Any], issuer: Issuer, *, door: str) -> Principal:
    """Whom a verified token stands for. Raises `TokenRefused` when its claims name nobody."""
    kind = "service" if issuer.service else "user"
    return Principal(
        ref=_reference(claims.get(issuer.principal), kind, issuer),
        scopes=_scopes(claims, issuer),
        groups=frozenset() if issuer.service else _groups(claims, issuer),
        door=door,
        client=_client(claims),
    )


def _reference(value: Any, kind: str, issuer: Issuer) -> str:
    found = _entity(value, kind, issuer.namespace)
    if found is None:
        wanted = (
            f"`{kind}:<namespace>/<name>`"
            if not issuer.namespace
            else "a plain name (a-z, 0-9, `.`, `_`, `-`)"
        )
        raise TokenRefused(f"its claim {issuer.principal!r} is {str(value)[:80]!r} and not {wanted}")
    return found


def _entity(value: Any, kind: str, namespace: str) -> str | None:
    """`kind:namespace/name` in lower case; None for what is no such reference."""
    if not isinstance(value, str) or not value.isascii():
        return None
    whole = f"{kind}:{namespace}/{value}" if namespace else value
    found_kind, _, rest = whole.lower().partition(":")
    place, _, name = rest.partition("/")
    fits = found_kind == kind and _NAME.fullmatch(place) and _NAME.fullmatch(name)
    return f"{kind}:{place}/{name}" if fits else None


def _groups(claims: Mapping[str, Any], issuer: Issuer) -> frozenset[str]:
    """The groups that have plain names; an issuer may list others, which mean nothing here."""
    values = claims.get(issuer.groups)
    found = [_entity(value, "group", issuer.namespace) for value in _list(values)]
    return frozenset(group for group in found if group)


def _scopes(claims: Mapping[str, Any], issuer: Issuer) -> frozenset[str]:
    values = claims.get(issuer.scopes)
    named = (
        values.split()
        if isinstance(values, str)
        else [value for value in _list(values) if isinstance(value, str)]
    )
    if not issuer.scope_names:
        return issuer.grants | frozenset(named[:_MOST])
    return issuer.grants.union(*(issuer.scope_names.get(value, frozenset()) for value in named))


def _client(claims: Mapping[str, Any]) -> str:
    """The program that the token was issued to, behind the one that acts with it (RFC 8693, section 4.1)."""
    actor = claims.get("act")
    acting = _text(actor.get("sub")) if isinstance(actor, Mapping) else ""
    issued_to = _text(claims.get("azp") or claims.get("client_id"))
    return " ".join(part for part in (acting, issued_to) if part)[:200]


def _list(values: Any) -> list[Any]:
    return values[:_MOST] if isinstance(values, list) else []


def _text(value: Any) -> str:
    """A name as it may be stored and shown: line breaks, controls and halves of a character are marked out."""
    if not isinstance(value, str):
        return ""
    return "".join(sign if sign.isprintable() else "?" for sign in value[:200])
