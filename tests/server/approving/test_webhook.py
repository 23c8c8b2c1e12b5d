"""Whoever waits for approval is announced: signed, without secrets, and at no cost to the plan."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from server.approving.webhook import Webhook
from tools.plan import Plan
from tools.policy import Approval, Decision, Verdict
from tools.settings import ApprovalsSettings
from tools.state import PlanRow

KEY = "0123456789abcdef"
HOOK = "https://chat.example.com/hooks/T0/B0/verysecretpath"
NOW = 1_800_000_000.0


def row(summary: str = "Train the model x.") -> PlanRow:
    return PlanRow(
        digest="d" * 64,
        action="launch_training",
        version="1",
        principal="user:default/ada",
        arguments={"name": "x", "config": {"password": "hunter2-hunter2"}},
        plan=Plan(summary=summary),
        created_at=NOW,
        expires_at=int(NOW) + 60,
        decision=Decision(Verdict.ASK, "everything else", "it is not small", Approval()),
    )


class Room:
    """Takes messages, each with the next status it was told to answer."""

    def __init__(self, *statuses: int | OSError) -> None:
        self.statuses = list(statuses)
        self.taken: list[tuple[str, bytes, dict[str, str]]] = []

    def send(self, address: str, body: bytes, headers: dict[str, str]) -> int:
        self.taken.append((address, body, headers))
        status = self.statuses.pop(0) if self.statuses else 200
        if isinstance(status, OSError):
            raise status
        return status


def sent(room: Room, plan: PlanRow, **settings: Any) -> None:
    chosen = ApprovalsSettings(webhook=SecretStr(HOOK), webhook_secret=SecretStr(KEY), **settings)
    webhook = Webhook(chosen, secrets=("tops3cret-value",), send=room.send, pauses=(0, 0), clock=lambda: NOW)
    webhook.tell(plan)
    webhook.close()


def test_a_message_says_what_waits_and_for_whom_and_is_signed() -> None:
    room = Room()
    sent(room, row(), page="https://cuebook.example.com/")
    ((address, body, headers),) = room.taken
    told = json.loads(body)
    assert address == HOOK
    assert (told["event"], told["digest"], told["who"]) == (
        "plan.waiting",
        "d" * 64,
        "1 approval of any approver",
    )
    assert told["url"] == f"https://cuebook.example.com/plans/{'d' * 64}"
    assert told["irreversible"]
    seal = hmac.new(KEY.encode(), headers["X-Cuebook-Timestamp"].encode() + b"." + body, hashlib.sha256)
    assert headers["X-Cuebook-Signature"] == f"v1={seal.hexdigest()}"


def test_no_secret_and_no_argument_is_told_and_nobody_is_called() -> None:
    room = Room()
    sent(room, row("Use tops3cret-value and password=hunter3-hunter3 <!channel> \x1b[2J <http://a|b>"))
    text = room.taken[0][1].decode()
    for secret in ("tops3cret", "hunter2", "hunter3", "\\u001b"):
        assert secret not in text
    assert "<" not in json.loads(text)["text"]


@pytest.mark.parametrize(
    ("answers", "attempts"),
    [((500, 200), 2), ((OSError("down"), 429, 200), 3), ((404,), 1), ((500,) * 9, 3), ((302,) * 9, 3)],
)
def test_attempts_are_bounded_and_a_refusal_is_not_repeated(answers: Any, attempts: int) -> None:
    room = Room(*answers)
    sent(room, row())
    assert len(room.taken) == attempts


def test_a_room_that_hangs_delays_nobody() -> None:
    hanging = threading.Event()

    def send(_address: str, _body: bytes, _headers: dict[str, str]) -> int:
        hanging.wait(30)
        return 200

    webhook = Webhook(ApprovalsSettings(webhook=SecretStr(HOOK)), send=send)
    told: list[Callable[[], None]] = [lambda: webhook.tell(row()) for _ in range(300)]
    for tell in told:
        tell()
    hanging.set()
    webhook.close()


@pytest.mark.parametrize(
    "address",
    [
        "http://chat.example.com/hook",
        "ftp://127.0.0.1/x",
        "https://user:pass@chat.example.com/",
        "https://",
        "file:///etc/passwd",
        "//x",
        "http://127.0.0.1.evil.example/",
        "http://[::1",
    ],
)
def test_only_https_or_this_machine_is_told(address: str) -> None:
    with pytest.raises(ValidationError):
        ApprovalsSettings(webhook=SecretStr(address))


def test_this_machine_may_be_told_without_tls() -> None:
    assert ApprovalsSettings(webhook=SecretStr("http://127.0.0.1:9/x")).webhook is not None
