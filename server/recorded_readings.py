"""Rows of the audit about sources that the server reads again by itself: nobody calls for that, and it changes answers."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from server.refreshing import Reading
from tools.effect import Effect
from tools.principal import Principal
from tools.redaction import without_secrets

if TYPE_CHECKING:
    from server.calls import Calls

READER = Principal(ref="system:default/refresh", door="server")
_MOST = 50  # entities that a row names


def recorded(calls: "Calls", clock: Callable[[], float]) -> Callable[[Reading], None]:
    """Writes a row of the kind `refresh` for each reading, durable when it returns. Raises `StateError`."""

    def note(reading: Reading) -> None:
        refs = sorted(map(str, reading.only or ()))
        began = datetime.fromtimestamp(clock(), UTC) - timedelta(seconds=reading.seconds)
        learned = {
            "at": began.isoformat(timespec="milliseconds"),
            "effect": Effect.WRITES.value,
            "ms": round(reading.seconds * 1000, 1),
            "targets": refs[:_MOST] or ["index"],
            "outcome": "failed" if reading.reason else "done",
        }
        if reading.reason:
            learned["reason"] = without_secrets(reading.reason)
        else:
            learned["arguments"] = {
                name: getattr(reading.report, name)
                for name in ("generation", "changed")
                if hasattr(reading.report, name)
            }
        calls.opened().record("refresh", READER, action="refresh_index", **learned)

    return note
