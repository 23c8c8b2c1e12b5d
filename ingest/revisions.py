"""Which revision a file is at, and when it last changed.

A file whose bytes are those of the checked-out commit has the revision `git:<commit>`, where the commit is the
last one on the first-parent line that changed it; any other file has `sha256:<of its bytes>`. Git is asked
three times a tree, not once a file, and only to read: no hook, filter, pager, signature program or network
transport runs, whatever the repository's own configuration says. That a file is unchanged is found by hashing
its bytes against the commit's tree, not by asking git to look at the files.
"""

import hashlib
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

_SECONDS = 10.0
_COMMIT_LENGTHS = (40, 64)
_HEX = re.compile("[0-9a-f]+")
_LINK = b"120000 "
_NO_TEXT = (
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".webp",
    ".ico",
    ".pdf",
    ".mp4",
    ".webm",
    ".zip",
    ".gz",
    ".woff",
    ".woff2",
)
HARMLESS = (
    "--no-pager",
    "--no-optional-locks",
    "--literal-pathspecs",
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.quotePath=false",
    "-c", "log.showSignature=false",
    "-c", "log.mailmap=false",
    "-c", "protocol.allow=never",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Change:
    commit: str
    at: datetime | None


@dataclass(slots=True)
class _Commit:
    """What is committed under a root: `head`, each path's blob, and the last change of those met in time."""

    head: str = ""
    blobs: dict[str, str] = field(default_factory=dict)
    changes: dict[str, _Change] = field(default_factory=dict)


class Revisions:
    """The revisions of one tree. Git is asked when the first file is; without git every file has its hash."""

    def __init__(self, root: Path, *, seconds: float = _SECONDS) -> None:
        """`seconds` bounds the walk through the history; what it did not reach keeps the checked-out commit."""
        self._root = root.resolve()
        self._seconds = seconds

    def of(self, path: Path, content: bytes) -> str:
        """`git:<commit>` where `content` is what is committed at `path`, else `sha256:<hash of content>`.

        `path` is absolute or relative to the root.
        """
        commit = self.commit_of(path, content)
        return f"git:{commit}" if commit else f"sha256:{hashlib.sha256(content).hexdigest()}"

    def commit_of(self, path: Path, content: bytes) -> str | None:
        """The last commit that changed `path`, when `content` is what it left there; else None."""
        name = self._name(path)
        blob = self._commit.blobs.get(name)
        if blob is None or not _is_blob(blob, content):
            return None
        change = self._commit.changes.get(name)
        return change.commit if change else self._commit.head

    @property
    def head(self) -> str:
        """The checked-out commit, "" where there is none."""
        return self._commit.head

    def modified(self, path: Path) -> datetime | None:
        """When the file last changed, in UTC: its last commit's time, or the file's own when it is not committed.

        None where that is not known: the history was cut off (a shallow clone), or longer than could be read
        in time, or the file cannot be looked at.
        """
        name = self._name(path)
        blob = self._commit.blobs.get(name)
        try:
            file = self._root / path
            if blob is not None and _is_blob(blob, file.read_bytes()):
                change = self._commit.changes.get(name)
                return change.at if change else None
            return datetime.fromtimestamp(file.stat().st_mtime, UTC)
        except (OSError, ValueError, OverflowError):
            return None

    def _name(self, path: Path) -> str:
        try:
            return (self._root / path).resolve().relative_to(self._root).as_posix()
        except (OSError, ValueError, RuntimeError):
            return ""

    @cached_property
    def _commit(self) -> _Commit:
        git = shutil.which("git")
        if git is None:
            return _Commit()
        try:
            return _committed(Git(git, self._root), self._seconds)
        except (OSError, subprocess.SubprocessError, ValueError):
            return _Commit()


class AtCommit(Revisions):
    """One commit of a tree: which files are as they were then, and all of them in another folder.

    A `commit` that the repository does not have, or no longer has, has no files.
    """

    def __init__(self, root: Path, commit: str) -> None:
        super().__init__(root)
        self._asked = commit

    @property
    def head(self) -> str:
        return self._asked

    def commit_of(self, path: Path, content: bytes) -> str | None:
        """The commit, when `content` is what it has at `path`; else None."""
        blob = self._commit.blobs.get(self._name(path))
        return self._asked if blob is not None and _is_blob(blob, content) else None

    def modified(self, path: Path) -> None:
        """Not known: only this one commit is looked at."""

    def check_out(self, folder: Path) -> bool:
        """Write its text files under `folder`; false when there are none. Links are left out."""
        names = [name for name in self._commit.blobs if not name.lower().endswith(_NO_TEXT)]
        git = shutil.which("git")
        if git is None or not names:
            return False
        contents = Git(git, self._root).blobs([self._commit.blobs[name] for name in names])
        for name, content in zip(names, contents, strict=True):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return True

    @cached_property
    def _commit(self) -> _Commit:
        git = shutil.which("git")
        if git is None or len(self._asked) not in _COMMIT_LENGTHS or not _HEX.fullmatch(self._asked):
            return _Commit()
        try:
            return _listed_at(Git(git, self._root), self._asked)
        except (OSError, subprocess.SubprocessError, ValueError):
            return _Commit()


@dataclass(frozen=True, slots=True)
class Git:
    """The machine's git in a folder, for reading: runs no hook, filter, pager or network transport."""

    program: str
    root: Path

    def output(self, *arguments: str) -> bytes:
        done = subprocess.run(
            self._command(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=True,
        )
        return done.stdout

    def records(self, *arguments: str, seconds: float) -> Iterator[str]:
        """NUL-separated records as they come; after `seconds`, or when closed, git is stopped."""
        with subprocess.Popen(
            self._command(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            timer = threading.Timer(seconds, process.kill)
            timer.start()
            try:
                rest = b""
                while read := os.read(process.stdout.fileno(), 1 << 16) if process.stdout else b"":
                    *whole, rest = (rest + read).split(b"\0")
                    yield from (record.decode("utf-8", "surrogateescape") for record in whole)
            finally:
                timer.cancel()
                process.kill()

    def blobs(self, names: Sequence[str]) -> Iterator[bytes]:
        """The contents of objects, in their order."""
        done = subprocess.run(
            self._command(("cat-file", "--batch")),
            input="\n".join((*names, "")).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=True,
        )
        at = 0
        for _ in names:
            header, _, _ = done.stdout[at : at + 200].partition(b"\n")
            begin = at + len(header) + 1
            at = begin + int(header.rsplit(b" ", 1)[1])
            yield done.stdout[begin:at]
            at += 1  # the line end behind each

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [self.program, "-C", str(self.root), *HARMLESS, *arguments]


def _committed(git: Git, seconds: float) -> _Commit:
    asked = git.output("rev-parse", "--is-shallow-repository", "--show-prefix", "HEAD")
    shallow, prefix, head = asked.decode("utf-8", "surrogateescape").split("\n")[:3]
    if len(head) not in _COMMIT_LENGTHS:
        return _Commit()
    listed = git.output("ls-tree", "-r", "-z", "--full-tree", head, prefix or ".").split(b"\0")
    commit = _Commit(head, dict(_blobs(listed, prefix)))
    for name, change in _changes(git, commit, prefix, shallow=shallow == "true", seconds=seconds):
        commit.changes.setdefault(name, change)
        if len(commit.changes) == len(commit.blobs):
            break
    return commit


def _listed_at(git: Git, commit: str) -> _Commit:
    prefix = git.output("rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").rstrip("\n")
    listed = git.output("ls-tree", "-r", "-z", "--full-tree", commit, prefix or ".").split(b"\0")
    files = [entry for entry in listed if not entry.startswith(_LINK)]
    return _Commit(commit, dict(_blobs(files, prefix)))


def _blobs(listed: list[bytes], prefix: str) -> Iterator[tuple[str, str]]:
    for entry in listed:
        attributes, tab, name = entry.decode("utf-8", "surrogateescape").partition("\t")
        if tab and name.startswith(prefix) and attributes.split(" ")[1] == "blob":
            yield name[len(prefix) :], attributes.split(" ")[2]


def _changes(
    git: Git, commit: _Commit, prefix: str, *, shallow: bool, seconds: float
) -> Iterator[tuple[str, _Change]]:
    """Newest first. Along first parents, a path's newest change left exactly what is checked out."""
    if not commit.blobs:
        return
    records = git.records(
        "log", "--first-parent", "-m", "--root", "--no-renames", "--name-only", "-z",
        "--format=%x01%H %ct %P", commit.head, "--", ".",
        seconds=seconds,
    )  # fmt: skip
    change: _Change | None = None
    for record in records:
        text = record.lstrip("\n")
        if text.startswith("\x01"):
            change = _change(text[1:], shallow=shallow)
        elif change and text.startswith(prefix) and text[len(prefix) :] in commit.blobs:
            yield text[len(prefix) :], change


def _change(header: str, *, shallow: bool) -> _Change:
    commit, seconds, *parents = header.split()
    cut_off = shallow and not parents
    return _Change(commit, None if cut_off else datetime.fromtimestamp(int(seconds), UTC))


def _is_blob(blob: str, content: bytes) -> bool:
    return any(_blob_hash(form, len(blob)) == blob for form in _forms(content))


def _forms(content: bytes) -> Iterator[bytes]:
    """The bytes, then as git stores them where it converts line ends."""
    yield content
    if b"\r\n" in content:
        yield content.replace(b"\r\n", b"\n")


def _blob_hash(content: bytes, length: int) -> str:
    header = b"blob %d\0" % len(content)
    algorithm = hashlib.sha256 if length == 64 else hashlib.sha1  # git's own object names
    return algorithm(header + content).hexdigest()
