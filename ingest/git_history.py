"""What commits changed: the history of checkouts, read when it is asked for.

A commit changes the entity in whose folder a file of it lies, the deepest such folder where several nest. Git only
reads, and nothing of the repository's own configuration runs (`ingest.revisions`).
"""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from ingest.changes import MOST, Change, Changes, Period
from ingest.entities import Entity
from ingest.revisions import Git

_SECONDS = 10.0
_ID = re.compile(r"git/(?P<commit>[0-9a-f]{40}(?:[0-9a-f]{24})?)")
_TAG = re.compile(r"[A-Za-z0-9][\w./@+-]{0,99}")
_FORMAT = "--format=%x01%H%x1f%ct%x1f%s%x1f%b%x1e"
_BODY_LINES, _FILES = 5, 20
_LONGEST = 300
_MOST_READ = 5_000  # commits


@dataclass(frozen=True, slots=True)
class _Commit:
    name: str
    at: datetime
    subject: str
    body: tuple[str, ...]
    files: tuple[str, ...]


class GitHistory:
    """The commits of the checkouts that `roots` lie in, as changes of the entities that were read there.

    `roots` is asked each time: sources come and go while a server runs.
    """

    def __init__(self, roots: Callable[[], Sequence[Path]], *, seconds: float = _SECONDS) -> None:
        self._roots = roots
        self._seconds = seconds

    def changes(self, entities: Sequence[Entity], period: Period) -> Changes:
        """See `ingest.changes.History`. A folder without git, or without that tag, says so in `problem`."""
        found: list[Change] = []
        problems: list[str] = []
        kept = False
        for root, held in self._by_root(entities):
            git = _git(root)
            if git is None:
                continue
            try:
                if not git.output("ls-tree", "--name-only", "HEAD", "."):
                    continue  # it lies in a checkout, but is no part of it
                commits = list(self._commits(git, held, period))
            except _NoTag as error:
                kept = True
                problems.append(str(error))
                continue
            except (OSError, subprocess.SubprocessError, ValueError):
                continue
            kept = True
            found += [change for commit in commits for change in _changes_of(commit, held)]
        found.sort(key=lambda change: change.at, reverse=True)
        return Changes(tuple(found[:MOST]), len(found), " ".join(problems), kept)

    def change(self, id: str, entity: Entity) -> Change | None:
        """See `ingest.changes.History`."""
        match = _ID.fullmatch(id)
        for root, held in self._by_root([entity]) if match else ():
            git = _git(root)
            if git is None or match is None:
                continue
            try:
                records = git.output(
                    "show", "--name-only", "-z", "--relative", _FORMAT, match["commit"], "--"
                )
            except (OSError, subprocess.SubprocessError):
                continue
            for commit in _parsed(iter(records.decode("utf-8", "replace").split("\0"))):
                return next(iter(_changes_of(commit, held)), None)
        return None

    def _by_root(self, entities: Sequence[Entity]) -> Iterator[tuple[Path, Mapping[str, Entity]]]:
        """Each root with the entities whose file lies there, by the folder of that file; the first of a folder counts."""
        left = list(entities)
        for root in dict.fromkeys(root.parent if root.is_file() else root for root in self._roots()):
            here = [entity for entity in left if entity.origin.path and (root / entity.origin.path).is_file()]
            left = [entity for entity in left if entity not in here]
            folders: dict[str, Entity] = {}
            for entity in here:
                folders.setdefault(PurePosixPath(entity.origin.path).parent.as_posix(), entity)
            if folders:
                yield root, folders

    def _commits(self, git: Git, held: Mapping[str, Entity], period: Period) -> Iterator[_Commit]:
        since = [f"--since={period.since.isoformat()}"] if period.since else []
        until = [f"--until={period.until.isoformat()}"] if period.until else []
        start = f"{_tag(git, period.after)}..HEAD" if period.after else "HEAD"
        records = git.records(
            "log", "--no-merges", "--name-only", "-z", "--relative", f"-n{_MOST_READ}", _FORMAT, *since, *until,
            start, "--", *held,
            seconds=self._seconds,
        )  # fmt: skip
        yield from _parsed(records)


class _NoTag(ValueError):
    """No tag of the repository is meant; the message names those there are."""


def _git(root: Path) -> Git | None:
    program = shutil.which("git")
    return Git(program, root) if program else None


def _tag(git: Git, wanted: str) -> str:
    """The tag that `wanted` means: with or without `v`, and behind a project's name. Raises `_NoTag`."""
    tags = git.output("tag", "--list", "--sort=-creatordate").decode("utf-8", "replace").split("\n")
    plain = wanted.lstrip("vV")
    for tag in tags:
        if _TAG.fullmatch(tag) and re.fullmatch(rf"(?:.*[-@/])?v?{re.escape(plain)}", tag, re.IGNORECASE):
            return f"refs/tags/{tag}"
    known = ", ".join(f"`{tag}`" for tag in tags[:5] if tag)
    raise _NoTag(f"`{git.root.name}` has no tag {wanted!r}; its tags are: {known or 'none'}.")


def _parsed(records: Iterator[str]) -> Iterator[_Commit]:
    """Commits out of records that are headers or the names of their files."""
    header = ""
    files: list[str] = []
    for record in records:
        text = record.lstrip("\n")
        if "\x01" in text:
            if header:
                yield _commit(header, files)
            header, files = text.partition("\x01")[2], []
            header, _, first = header.partition("\x1e")
            files += [first.strip("\n")] if first.strip("\n") else []
        elif text:
            files.append(text)
    if header:
        yield _commit(header, files)


def _commit(header: str, files: Sequence[str]) -> _Commit:
    name, seconds, subject, body = header.split("\x1f", 3)
    lines = tuple(" ".join(line.split())[:_LONGEST] for line in body.splitlines() if line.strip())
    at = datetime.fromtimestamp(int(seconds), UTC)
    return _Commit(name, at, " ".join(subject.split())[:_LONGEST], lines[:_BODY_LINES], tuple(files))


def _changes_of(commit: _Commit, held: Mapping[str, Entity]) -> Iterator[Change]:
    """A change for each entity in whose folder the commit changed a file."""
    files: dict[str, list[str]] = {}
    for file in commit.files:
        folders = (parent.as_posix() for parent in PurePosixPath(file).parents)
        if (folder := next((each for each in folders if each in held), None)) is not None:
            files.setdefault(folder, []).append(file)
    for folder, names in files.items():
        shown = ", ".join(f"`{name}`" for name in names[:_FILES])
        more = f" and {len(names) - _FILES} more" if len(names) > _FILES else ""
        yield Change(
            id=f"git/{commit.name}",
            entity=held[folder],
            at=commit.at,
            what=commit.subject,
            revision=f"git:{commit.name}",
            details=(*commit.body, f"Files: {shown}{more}"),
        )
