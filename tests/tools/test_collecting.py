"""What waits is written by a thread of its own, and nothing of it is lost but in a crash."""

import threading

import pytest

from tools.collecting import Collecting
from tools.errors import StateError


class Disk:
    """Takes rows, but for those that come while it is `full`."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.full = False
        self.wrote = threading.Event()
        self.soon = Collecting[int](self.flush, what="rows", window=0.01)

    def flush(self) -> None:
        rows = self.soon.take()
        if self.full:
            self.soon.put_back(rows)
            raise StateError("the disk is full")
        self.rows += rows
        if rows:
            self.wrote.set()


def test_rows_are_written_in_order_without_being_asked_for() -> None:
    disk = Disk()
    for number in range(5):
        disk.soon.add(number)
    while len(disk.rows) < 5:
        assert disk.wrote.wait(10)
        disk.wrote.clear()
    assert disk.rows == [0, 1, 2, 3, 4]
    disk.soon.close()


def test_what_could_not_be_written_goes_first_and_needs_no_further_row(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tools.collecting._PAUSE", 0.01)
    disk = Disk()
    disk.full = True
    disk.soon.add(1)
    with pytest.raises(StateError):
        disk.flush()
    disk.soon.add(2)
    assert len(disk.soon) == 2
    disk.full = False
    assert disk.wrote.wait(10)
    disk.soon.close()
    assert disk.rows == [1, 2]


def test_closing_writes_what_waits_or_says_how_much_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    disk = Disk()
    disk.soon.add(1)
    disk.soon.close()
    assert (disk.rows, disk.soon.closed) == ([1], True)

    full = Disk()
    full.full = True
    full.soon.add(1)
    full.soon.close()
    assert "1 rows wait to be recorded: the disk is full" in caplog.text


class TooLate(threading.Condition):
    """The writing thread takes it only after it was told to end."""

    def __init__(self) -> None:
        super().__init__()
        self._told = threading.Event()

    def __enter__(self) -> bool:
        if threading.current_thread().name == "rows":
            self._told.wait(10)
        return super().__enter__()

    def notify_all(self) -> None:
        super().notify_all()
        self._told.set()


def test_closing_ends_though_the_writer_did_not_hear_it() -> None:
    disk = Disk()
    disk.soon._some = TooLate()
    disk.soon.add(1)
    disk.flush()
    at_the_end = threading.Thread(target=disk.soon.close, daemon=True)
    at_the_end.start()
    at_the_end.join(10)
    assert not at_the_end.is_alive()
