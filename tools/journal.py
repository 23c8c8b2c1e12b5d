"""Writes what happens on the call path into the audit.

A row has `at`, `kind` (call, read, apply, intent, approve, reject, login, origin, sync, lost …), `principal`, `on_behalf_of`,
`door`, `client`, `action`, `digest`, `arguments`, `effect`, `targets`, `decision`, `rule`, `outcome`, `reason` and `ms`; what does not
apply is left out. Rows of reads are durable a moment later than they are told, all others at once.
"""

import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.to_thread

from tools.audit import Audit, Entry
from tools.canonical import canonical
from tools.effect import Effect
from tools.errors import ActionError, StateError, Unavailable
from tools.plan import Plan
from tools.principal import Principal
from tools.redaction import HIDDEN, bounded, storable, without_secrets

_LOG = logging.getLogger(__name__)
_MOST_TARGETS = 50


class Journal:
    """One row for every call when it ends, and one before every effect.

    `secrets` are the deployment's own; no row ever holds one of them.
    """

    def __init__(
        self, audit: Audit, *, secrets: Sequence[str] = (), clock: Callable[[], float] = time.time
    ) -> None:
        self._audit = audit
        self._secrets = tuple(json.dumps(secret)[1:-1] for secret in sorted(secrets, key=len, reverse=True))
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
            row.update(outcome=error.code, reason=without_secrets(str(error)), **error.recorded)
            raise
        except BaseException as error:
            row.update(outcome="interrupted", reason=type(error).__name__)
            raise
        finally:
            row["ms"] = round((time.perf_counter() - started) * 1000, 1)
            await self._written(row)

    def note(
        self, kind: str, principal: Principal, *, action: str = "", digest: str = "", **learned: Any
    ) -> None:
        """Record what is no call and has no effect, such as a refused login; durable a moment later."""
        self._soon({**self._row(kind, principal, action=action, digest=digest), **learned})

    def intent(
        self,
        principal: Principal,
        *,
        action: str,
        digest: str,
        arguments: Mapping[str, Any],
        targets: Sequence[str] = (),
        **learned: Any,
    ) -> Entry:
        """Record durably that an effect is about to happen; raises `Unavailable` when that is impossible."""
        row = self._row("intent", principal, action=action, digest=digest)
        row |= {"arguments": bounded(arguments), "targets": list(targets[:_MOST_TARGETS]), **learned}
        try:
            return self._audit.append(*self._clean(row))
        except StateError as error:
            raise Unavailable(
                f"{error}; {action} was not run or decided on, because what is done must be recorded first"
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
            "principal": principal.ref[:300],
            "on_behalf_of": principal.on_behalf_of[:300],
            "door": principal.door,
            "client": principal.client[:200],
            "action": action[:100],
            "digest": digest[:100],
        }
        return {name: storable(value) for name, value in row.items() if value}

    async def _written(self, row: dict[str, Any]) -> None:
        if row.get("effect") == Effect.READS:
            self._soon(row)
            return
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._append, row)

    def _append(self, row: Mapping[str, Any]) -> None:
        try:
            self._audit.append(*self._clean(row))
        except StateError as error:
            _told(row, error)

    def _soon(self, row: Mapping[str, Any]) -> None:
        try:
            self._audit.append_soon(*self._clean(row))
        except StateError as error:
            _told(row, error)

    def _clean(self, row: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
        """The row and its canonical text, without a secret of this deployment, wherever in it one may have got."""
        text = canonical(dict(row))
        if not any(secret in text for secret in self._secrets):
            return row, text
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        cleaned = json.loads(text)
        return cleaned, canonical(cleaned)


def refs_of(plan: Plan) -> list[str]:
    """What a plan changes or rests on, as rows have it."""
    return [target.ref[:200] for target in plan.targets[:_MOST_TARGETS]]


def _told(row: Mapping[str, Any], error: StateError) -> None:
    _LOG.error("a call could not be recorded: %s %s: %s", row.get("kind"), row.get("action"), error)
