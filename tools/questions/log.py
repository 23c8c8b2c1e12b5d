"""The file of asked questions: rows come with every answer, so they are collected and written together.

A question is written without whatever has the shape of a secret, and its asker as a hash that is keyed in the file:
it tells that two questions came from one person, and who may change a rating, but not from whom. A crash may lose the
questions of the last moment, and a full disk costs the record, never the answer. What is older than the retention, or
beyond the number that is kept, is deleted.
"""

import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.collecting import Collecting
from tools.errors import NotFound, StateDamaged, StateError, StateNewer
from tools.questions.asked import AskedAgain, AskedQuestion
from tools.questions.kept import KeptQuestions, rows_of
from tools.questions.rating import Rating
from tools.questions.schema import migrate
from tools.redaction import HIDDEN, without_secrets
from tools.restoring import refuse_while_restoring

FILE = "questions.db"
_WINDOW = 0.2  # seconds that rows are collected
_MOST_WAITING = 5_000
_PRUNE_EVERY = 1_000  # rows
_DAY = 86_400.0
_LONGEST = 1_000  # characters of a question or comment


class QuestionLog(KeptQuestions):
    """Opens its file with the first row. Safe to use from several threads; several processes share the file.

    `days` is how long a question is kept, and 0 that none is recorded; `most` how many. `hidden` are secrets that no
    row is stored with.
    """

    def __init__(
        self,
        home: Path,
        *,
        days: float = 180,
        most: int = 50_000,
        hidden: Sequence[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = home / FILE
        self.clock = clock
        self._days, self._most = days, most
        self._hidden = sorted(hidden, key=len, reverse=True)
        self._soon = Collecting[AskedQuestion](self.flush, what="questions", window=_WINDOW)
        self._writing = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._until_pruned = 0

    @property
    def records(self) -> bool:
        return self._days > 0

    def record(self, asked: AskedQuestion) -> None:
        """Write the question a moment later; costs no wait for the disk and raises nothing."""
        if self.records and not self._soon.closed and len(self._soon) < _MOST_WAITING:
            self._soon.add(
                asked
            )  # where as many wait, the disk must have stopped taking them; the log says so

    def known_as(self, principal: str) -> str:
        """The hash that the principal is kept as."""
        with self._transaction() as connection:
            return self._hashed(connection, principal)

    def flush(self) -> None:
        """Write what waits. Raises `StateError` when it cannot be written; it goes on waiting then."""
        with self._writing:
            waiting = self._soon.take()
            if not waiting:
                return
            try:
                with self._transaction() as connection:
                    connection.executemany(
                        f"INSERT OR IGNORE INTO asked VALUES ({', '.join('?' * 15)})",  # noqa: S608 - marks only
                        [self._values(connection, each) for each in waiting],
                    )
                    self._until_pruned -= len(waiting)
                    if self._until_pruned <= 0:
                        self._prune(connection)
            except StateError:
                self._soon.put_back(waiting)
                raise

    def note_again(self, found: Sequence[AskedAgain]) -> None:
        """Keep how questions were answered that were asked again."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO again VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        each.question,
                        each.generation,
                        each.at,
                        each.before,
                        each.after,
                        json.dumps(rows_of(each.cited)),
                    )
                    for each in found
                ],
            )

    def rate(self, answer: str, rating: Rating | None, *, rater: str) -> Rating | None:
        """Keep this rating of the answer in place of the rater's last one, or with None take that back.

        Returns the last one. Raises `NotFound` for an answer that is not kept, or was given to somebody else.
        """
        before = self.rating(answer, rater=rater)
        with self._transaction() as connection:
            key = (answer, self._hashed(connection, rater))
            if rating is None:
                connection.execute("DELETE FROM ratings WHERE answer = ? AND rater = ?", key)
            else:
                comment = self._clean(rating.comment)
                connection.execute(
                    "INSERT OR REPLACE INTO ratings VALUES (?, ?, ?, ?, ?)",
                    (*key, rating.helpful, comment, self.clock()),
                )
        return before

    def rating(self, answer: str, *, rater: str) -> Rating | None:
        """How the rater judged the answer. Raises `NotFound` as `rate` does."""
        self.flush()
        with self._transaction() as connection:
            hashed = self._hashed(connection, rater)
            own = connection.execute("SELECT 1 FROM asked WHERE id = ? AND asker = ?", (answer, hashed))
            if own.fetchone() is None:
                raise NotFound(
                    f"there is no answer {answer[:40]!r} of yours that can be rated: its id is `answer_id` of ask, it "
                    f"belongs to who asked, and it is kept for {self._days:g} days"
                )
            row = connection.execute(
                "SELECT helpful, comment FROM ratings WHERE answer = ? AND rater = ?", (answer, hashed)
            ).fetchone()
        return None if row is None else Rating(bool(row[0]), row[1])

    def close(self) -> None:
        """Write what waits and close the file; what cannot be written is logged."""
        self._soon.close()
        with self._writing:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _values(self, connection: sqlite3.Connection, asked: AskedQuestion) -> tuple[Any, ...]:
        return (
            asked.id,
            asked.at,
            self._clean(asked.question),
            self._clean(asked.standalone),
            self._hashed(connection, asked.asker),
            json.dumps(asked.teams),
            asked.door,
            asked.outcome,
            asked.produced_by,
            asked.confidence,
            asked.context,
            *(json.dumps(rows_of(each)) for each in (asked.cited, asked.nearest, asked.flagged)),
            json.dumps(asked.entities),
        )

    def _clean(self, text: str) -> str:
        for secret in self._hidden:
            text = text.replace(secret, HIDDEN)
        return without_secrets(text, longest=_LONGEST)

    def _hashed(self, connection: sqlite3.Connection, principal: str) -> str:
        key = bytes(connection.execute("SELECT value FROM facts WHERE name = 'key'").fetchone()[0])
        return hashlib.blake2b(principal.encode(), key=key, digest_size=9).hexdigest()

    def _prune(self, connection: sqlite3.Connection) -> None:
        self._until_pruned = _PRUNE_EVERY
        for table in ("asked", "again"):
            oldest = self.clock() - self._days * _DAY
            connection.execute(f"DELETE FROM {table} WHERE at < ?", (oldest,))  # noqa: S608 - a constant
        newest = "SELECT id FROM asked ORDER BY at DESC, id LIMIT -1 OFFSET ?"
        connection.execute(f"DELETE FROM asked WHERE id IN ({newest})", (self._most,))  # noqa: S608 - a constant

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        self.flush()
        if not self.path.exists():
            return []
        with self._transaction() as connection:
            return connection.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing:
            try:
                if self._connection is None:
                    self._connection = _opened(self.path)
                with _immediate(self._connection):
                    yield self._connection
            except sqlite3.Error as error:
                raise StateError(f"{self.path} cannot be written: {error}") from error


def _opened(path: Path) -> sqlite3.Connection:
    refuse_while_restoring(path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StateError(f"{path} cannot be opened for writing: {error.strerror}") from error
    connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA foreign_keys=ON")
        migrate(connection)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise StateDamaged(
            f"{path} cannot be read as the log of questions ({error}); restore a backup, or move it away"
        ) from error
    except StateNewer:
        connection.close()
        raise
    return connection


@contextmanager
def _immediate(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
