"""`$CUEBOOK_HOME/approvers.json`: who may prove that they approve, and what their secrets are checked with.

It holds no secret: hashes of passphrases, and public keys. Whoever can write it can make themselves an approver;
so it is refused when others than its owner may.
"""

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from server.approving import setup_code
from server.approving.passphrases import Passphrase
from tools.errors import InvalidArguments, NotAllowed, NotFound, StateError
from tools.principal import LOCAL

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
_NAME = "use lower-case letters, digits, dots, dashes and underscores, such as `ada`"
_MOST = 1_000_000  # bytes


class Entry(BaseModel):
    """One approver: `user:default/<name>`. Exactly one of `passphrase` and `key` is set.

    `key` is a public Ed25519 key, in hexadecimal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    passphrase: Passphrase | None = None
    key: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    added_at: str
    added_by: str = Field(description="The approver who let them in; empty for the first.")

    @property
    def stamp(self) -> str:
        """Changes when the secret does."""
        return self.passphrase.salt if self.passphrase is not None else str(self.key)


class _File(BaseModel):
    """`setup` is the hash of the set-up code, until the first approver was added with it."""

    model_config = ConfigDict(extra="forbid")

    version: int = Field(default=1, ge=1, le=1)
    setup: Passphrase | None = None
    approvers: dict[Name, Entry] = Field(default_factory=dict)


class Approvers:
    """The file under one home, read at each use: a person may be removed while a server runs."""

    def __init__(self, home: Path) -> None:
        self.path = home / "approvers.json"

    def all(self) -> Mapping[str, Entry]:
        """By name. Raises `StateError` for a file that cannot be read, or that others may write."""
        return self._read().approvers

    @property
    def setup(self) -> Passphrase | None:
        """What the first approver's set-up code is checked with; None when none is asked for. Raises as `all` does."""
        return self._read().setup

    @property
    def is_waiting(self) -> bool:
        """Whether the set-up code was made and nobody has used it; False for a file that cannot be read."""
        with suppress(StateError):
            return self.setup is not None
        return False

    def make_setup_code(self) -> str | None:
        """The set-up code of this home, which is not kept; None when it has one already, or an approver."""
        with self._changing() as file:
            if file.approvers or file.setup is not None:
                return None
            code = setup_code.new_code()
            file.setup = setup_code.hashed(code)
        return code

    def _read(self) -> _File:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return _File()
        except OSError as error:
            raise StateError(
                f"{self.path} cannot be read: {error.strerror}; nobody can approve until it can"
            ) from error
        with os.fdopen(descriptor, "rb") as file:
            self._refuse_unless_private(os.fstat(file.fileno()))
            text = file.read(_MOST)
        try:
            return _File.model_validate_json(text)
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(str(part) for part in problem["loc"]) or "the file"
            raise StateError(
                f"{self.path} is damaged ({where}: {problem['msg']}); nobody can approve until it is restored"
            ) from error

    def get(self, name: str) -> Entry | None:
        return self.all().get(name)

    def add(
        self,
        name: str,
        *,
        passphrase: Passphrase | None = None,
        key: str | None = None,
        by: str,
        setup: Passphrase | None = None,
    ) -> None:
        """Add an approver whom the approver `by` let in; the first, where it is empty.

        `setup` is the code's hash that the first was checked with. Raises `InvalidArguments` for a name that is
        taken or cannot be one, `NotAllowed` for a first approver when that is not so any more.
        """
        with self._changing() as file:
            if name in file.approvers:
                raise InvalidArguments(f"there is an approver {name!r} already; remove them first")
            if not by and (file.approvers or file.setup != setup):
                raise NotAllowed(f"{name} was not added: who may add an approver has changed meanwhile")
            now = datetime.now(UTC).isoformat(timespec="seconds")
            entry = Entry(passphrase=passphrase, key=key, added_at=now, added_by=by)
            file.approvers[checked_name(name)] = entry
            file.setup = None

    def remove(self, name: str) -> None:
        """Raises `NotFound`, and `NotAllowed` for the last who has a passphrase: nobody could add another."""
        with self._changing() as file:
            if name not in file.approvers:
                raise no_such(name, file.approvers)
            del file.approvers[name]
            if not any(entry.passphrase is not None for entry in file.approvers.values()):
                raise NotAllowed(f"{name} is the last who can let others in; add another approver before")

    @contextmanager
    def _changing(self) -> Iterator[_File]:
        import fcntl  # here, since Windows has none and reads the file all the same

        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self._read()
            file = before.model_copy(update={"approvers": dict(before.approvers)})
            yield file
            if file != before:
                self._write(file)

    def _write(self, changed: _File) -> None:
        ordered = changed.model_copy(update={"approvers": dict(sorted(changed.approvers.items()))})
        descriptor, partial = tempfile.mkstemp(
            dir=self.path.parent, prefix=".approvers-"
        )  # made with mode 0600
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(ordered.model_dump_json(exclude_none=True, indent=2))
                file.flush()
                os.fsync(file.fileno())
            Path(partial).replace(self.path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise

    def _refuse_unless_private(self, found: os.stat_result) -> None:
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or found.st_uid not in {os.getuid(), 0}:
            raise StateError(
                f"{self.path} may be written by others (mode {stat.S_IMODE(found.st_mode):o}, owner "
                f"{found.st_uid}), so it proves nothing; look at what it says, then give it the mode 600"
            )


def checked_name(name: str) -> str:
    """Raises `InvalidArguments` for what cannot be an approver's name."""
    if f"user:default/{name}" == LOCAL:
        raise InvalidArguments(
            f"{name!r} stands for whoever sits at this machine, which is nobody in particular"
        )
    if not (name.isascii() and 0 < len(name) <= 63 and name[0].isalnum() and name == name.lower()) or set(
        name
    ) - set("abcdefghijklmnopqrstuvwxyz0123456789._-"):
        raise InvalidArguments(f"{name[:80]!r} cannot be an approver's name; {_NAME}")
    return name


def no_such(name: str, approvers: Mapping[str, Entry]) -> NotFound:
    known = ", ".join(sorted(approvers)) or "nobody yet"
    return NotFound(f"there is no approver {name[:80]!r}; the approvers are: {known}")
