"""Tells a chat room or a portal that a plan waits for approval.

One POST of JSON, signed as `X-Cuebook-Signature: v1=` HMAC-SHA256 over `<X-Cuebook-Timestamp>.<body>`. It never
delays or fails a plan: what cannot be sent after three attempts is logged and dropped. It carries no arguments,
and nothing that approves.
"""

import hashlib
import hmac
import json
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import structlog

from server.effect import plain
from server.settings import Settings
from tools.moments import moment
from tools.redaction import HIDDEN, without_secrets
from tools.settings import ApprovalsSettings
from tools.state import PlanRow

_PAUSES = (1.0, 5.0)  # seconds before the second and the third attempt
_TIMEOUT = 5.0  # seconds
_MOST_WAITING = 100
_AT_CLOSE = 3.0  # seconds
_LONGEST = 300  # characters
Send = Callable[[str, bytes, dict[str, str]], int]


class Webhook:
    """Sends on a thread of its own, which starts with the first message.

    `send` posts a body and returns the status; it raises `OSError` when there was no answer. `secrets` never get
    into a message.
    """

    def __init__(
        self,
        settings: ApprovalsSettings,
        *,
        secrets: Sequence[str] = (),
        send: Send | None = None,
        pauses: Sequence[float] = _PAUSES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._send = send or _post
        self._pauses = pauses
        self._clock = clock
        self._messages: queue.Queue[bytes | None] = queue.Queue(_MOST_WAITING)
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._log = structlog.get_logger(__name__)

    def tell(self, row: PlanRow) -> None:
        """Say that this plan waits; returns at once and raises nothing."""
        try:
            self._messages.put_nowait(json.dumps(self._message(row), ensure_ascii=False).encode())
        except queue.Full:
            self._log.warning("an approval's webhook was dropped, too many wait", digest=row.digest)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="approval-webhook", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Let what waits be sent, for three seconds at most."""
        if self._thread is None:
            return
        self._closing.set()
        self._put_end()
        self._thread.join(_AT_CLOSE)

    def _put_end(self) -> None:
        try:
            self._messages.put_nowait(None)
        except queue.Full:
            self._log.warning("the webhooks that wait are dropped")

    def _work(self) -> None:
        while (body := self._messages.get()) is not None:
            self._deliver(body)

    def _deliver(self, body: bytes) -> None:
        problem = ""
        for pause in (0.0, *self._pauses):
            if pause and self._closing.wait(pause):
                break
            status, problem = self._attempt(body)
            if status and (status < 300 or (400 <= status < 500 and status != 429)):
                break
        if problem:
            self._log.warning("an approval's webhook was not taken", problem=problem)

    def _attempt(self, body: bytes) -> tuple[int, str]:
        address = self._settings.webhook
        assert address is not None  # noqa: S101 - composed only with one
        try:
            status = self._send(address.get_secret_value(), body, self._headers(body))
        except OSError as error:
            return 0, type(error).__name__
        return status, "" if status < 300 else f"status {status}"

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "cuebook"}
        if self._settings.webhook_secret is None:
            return headers
        at = str(int(self._clock()))
        key = self._settings.webhook_secret.get_secret_value().encode()
        seal = hmac.new(key, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return {**headers, "X-Cuebook-Timestamp": at, "X-Cuebook-Signature": f"v1={seal}"}

    def _message(self, row: PlanRow) -> dict[str, Any]:
        now = self._clock()
        asking = row.answer(now)["approval"]
        page = self._settings.page
        link = f"{page}/plans/{row.digest}" if page else ""
        facts = {
            "action": row.action,
            "summary": self._clean(row.plan.summary),
            "principal": self._clean(row.principal),
            "who": self._clean(asking["who"]),
            "rule": self._clean(asking["rule"]),
        }
        text = "{action} waits for approval ({who}), planned by {principal}: {summary}".format(**facts)
        return {
            "event": "plan.waiting",
            "digest": row.digest,
            **facts,
            "irreversible": not row.plan.reversible,
            "expires_at": moment(row.expires_at),
            "url": link,
            "text": _escaped(f"{text} {link}".strip()),
        }

    def _clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return plain(without_secrets(text, longest=_LONGEST))


def open_webhook(settings: Settings, stack: ExitStack) -> Callable[[PlanRow], None] | None:
    """Whom to tell that a plan waits, closed with `stack`; None where no webhook is set."""
    if settings.approvals.webhook is None:
        return None
    webhook = Webhook(settings.approvals, secrets=settings.secrets)
    stack.callback(webhook.close)
    return webhook.tell


def _escaped(text: str) -> str:
    """As chat rooms want it: no name in a summary may call everybody or hide a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _post(address: str, body: bytes, headers: dict[str, str]) -> int:
    """The status. The answer's body is not read: it is nobody's, and might have no end."""
    import httpx

    try:
        with httpx.stream(
            "POST", address, content=body, headers=headers, timeout=_TIMEOUT, follow_redirects=False
        ) as answer:
            return answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ConnectionError(type(error).__name__) from error
