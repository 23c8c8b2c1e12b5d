"""The note that a request was refused for the lack of a scope, from wherever that was found to its answer."""

from starlette.requests import HTTPConnection
from starlette.types import Scope

_WANTED = "cuebook.wanted"


def watch(scope: Scope) -> list[str]:
    """The scopes that this request turns out to need and not to have; filled while it is served."""
    wanted: list[str] = []
    scope[_WANTED] = wanted
    return wanted


def want_scope(connection: HTTPConnection | None, error: BaseException) -> None:
    """Note what `error` says would have helped; does nothing for requests that nobody watches."""
    wanted = connection.scope.get(_WANTED) if connection is not None else None
    if wanted is not None and (scope := getattr(error, "scope", "")):
        wanted.append(scope)
