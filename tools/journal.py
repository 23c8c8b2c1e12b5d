"""Writes what happens on the call path into the audit."""

import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.to_thread

from tools.audit import Audit
from tools.errors import ActionError, StateError, Unavailable
from tools.principal import Principal

_LOG = logging.getLogger(__name__)


class Journal:
    """One row for every call when it ends, and one before every effect."""

    def __init__(self, audit: Audit, *, clock: Callable[[], float] = time.time) -> None:
        self._audit = audit
        self._clock = clock

    @asynccontextmanager
    async def recording(
        self, kind: str, principal: Principal, *, action: str = "", digest: str = ""
    ) -> AsyncIterator[dict[str, Any]]:
        """Record one call: yields the row, to which the caller adds what it learns on the way.

        A row that cannot be written is logged and costs the caller nothing; effects use `intent`, which is
        stricter.
        """
        row = self._row(kind, principal, action=action, digest=digest)
        started = time.perf_counter()
        try:
            yield row
            row.setdefault("outcome", "ok")
        except ActionError as error:
            row.update(outcome=error.code, reason=str(error)[:1000])
            raise
        except BaseException as error:
            row.update(outcome="interrupted", reason=type(error).__name__)
            raise
        finally:
            row["ms"] = round((time.perf_counter() - started) * 1000, 1)
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._append, row)

    def intent(self, principal: Principal, *, action: str, digest: str, arguments: Mapping[str, Any]) -> None:
        """Record durably that an effect is about to happen; raises `Unavailable` when that is impossible."""
        row = self._row("intent", principal, action=action, digest=digest)
        try:
            self._audit.append({**row, "arguments": dict(arguments)})
        except StateError as error:
            raise Unavailable(
                f"{error}; {action} was not run, because what is done must be recorded first"
            ) from error

    def lost(self, *, principal: str, action: str, digest: str) -> None:
        """Record that an earlier process ended in the middle of an effect."""
        self._append(
            self._row("lost", Principal(ref=principal), action=action, digest=digest) | {"outcome": "lost"}
        )

    def _row(self, kind: str, principal: Principal, *, action: str, digest: str) -> dict[str, Any]:
        row = {
            "at": datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds"),
            "kind": kind,
            "principal": principal.ref,
            "door": principal.door,
            "client": principal.client[:200],
            "action": action[:100],
            "digest": digest[:100],
        }
        return {name: value for name, value in row.items() if value}

    def _append(self, row: Mapping[str, Any]) -> None:
        try:
            self._audit.append(row)
        except StateError:
            _LOG.exception("a call could not be recorded: %s %s", row.get("kind"), row.get("action"))
