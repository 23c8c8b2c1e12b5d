"""A Git repository as a source: fetched into a checkout of our own, then read like a folder, with README and changelog.

The checkout is made by `git init` and `git fetch`, so no configuration, hook, filter or template of the repository is
ever there; links are written as files, submodules and large files elsewhere are not fetched. A fetch that takes too
long or grows too large is stopped, and what was fetched before goes on to be read.
"""

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.documents import Page, Section, Skipped
from ingest.entities import Entity, EntityRef, Origin
from ingest.errors import SourceError
from ingest.markdown.front_matter import split_front_matter
from ingest.markdown.sections import split_sections
from ingest.reviews import reviewed
from ingest.revisions import HARMLESS, Revisions
from ingest.sources.folder import TreeRead, read_tree
from ingest.sources.git_address import GitAddress
from ingest.sources.tree import Tree, UnreadableFile

_BESIDE = ("README.md", "CHANGELOG.md", "CHANGES.md", "HISTORY.md")
_LARGEST_PAGE = 5_000_000
_POLL = 0.2  # seconds
_LONGEST_COMPLAINT = 300


@dataclass(frozen=True, slots=True)
class GitLimits:
    """What a fetch may take: `seconds` of wall time, `megabytes` on disk."""

    seconds: float = 300.0
    megabytes: int = 1_000


@dataclass(frozen=True)
class GitSource:
    """`cache` is the folder of all checkouts, `hosts` those that may be fetched from over HTTPS."""

    git: GitAddress
    cache: Path
    hosts: Collection[str] = ()
    limits: GitLimits = GitLimits()

    @property
    def address(self) -> str:
        return f"git+{self.git.url}{f'@{self.git.ref}' if self.git.ref else ''}"

    @property
    def checkout(self) -> Path:
        """Where it is read from, once it was fetched."""
        return self.cache / self.git.folder

    def read(self) -> "GitRead":
        """Fetch what is new and read it. Raises `SourceError` when it cannot be had and was not fetched before."""
        self.git.check_host(self.hosts)
        problem = self._fetched()
        head = (
            Revisions(self.checkout).head if (self.checkout / ".git").is_dir() else ""
        )  # not that of a folder above
        if not head:
            raise SourceError(f"{self.address} cannot be fetched: {problem or 'it has no commit'}")
        part = read_tree(Tree.at(self.checkout))
        made = GitRead(part, self.git.name, _entity(self.git, part))
        if problem:
            made.skipped.append(
                Skipped(".", f"was not fetched again, what was there before is read: {problem}")
            )
        return made

    def _fetched(self) -> str:
        """Why it could not be fetched, "" when it was."""
        program = shutil.which("git")
        if program is None:
            return "there is no git on this machine"
        try:
            self.checkout.mkdir(parents=True, exist_ok=True)
            for arguments in self._commands():
                if problem := self._run(
                    [program, *_safely(self.git.scheme), "-C", str(self.checkout), *arguments]
                ):
                    return problem
        except OSError as error:
            return str(error.strerror or error)
        return ""

    def _commands(self) -> Iterator[Sequence[str]]:
        if not (self.checkout / ".git").exists():
            yield "init", "--quiet", "--template="
        yield (
            *("fetch", "--quiet", "--force", "--tags", "--no-recurse-submodules", "--no-write-commit-graph"),
            *("--upload-pack=git-upload-pack", self.git.url, self.git.ref or "HEAD"),
        )
        yield "checkout", "--quiet", "--force", "--detach", "FETCH_HEAD"

    def _run(self, command: Sequence[str]) -> str:
        """What git complained of, "" when it did not."""
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_ENVIRONMENT | {"PATH": os.environ.get("PATH", os.defpath)},
            start_new_session=True,
        ) as process:
            end = time.monotonic() + self.limits.seconds
            while process.poll() is None:
                if time.monotonic() > end:
                    process.kill()
                    return f"it took longer than {self.limits.seconds:g} s"
                if _megabytes(self.checkout) > self.limits.megabytes:
                    process.kill()
                    return f"it is larger than {self.limits.megabytes} MB"
                time.sleep(_POLL)
            complaint = process.stderr.read(4_096).decode("utf-8", "replace") if process.stderr else ""
            return (
                ""
                if process.returncode == 0
                else " ".join(complaint.split())[:_LONGEST_COMPLAINT] or "git failed"
            )


@dataclass(slots=True)
class GitRead:
    """The tree of the checkout, and beside each entity's file its README and changelog."""

    tree: TreeRead
    name: str
    fallback: Entity | None

    def __post_init__(self) -> None:
        if self.fallback is not None:
            self.tree.entities = [self.fallback]
            self.tree.skipped = []

    @property
    def entities(self) -> list[Entity]:
        return self.tree.entities

    @property
    def skipped(self) -> list[Skipped]:
        return self.tree.skipped

    def drop_known(self, known: Mapping[EntityRef, Entity]) -> list[Skipped]:
        """See `TreeRead.drop_known`."""
        return self.tree.drop_known(known)

    def mark(self, untrusted: Sequence[Path]) -> None:
        """See `TreeRead.mark`."""
        self.tree.mark(untrusted)

    def readings(self) -> Iterator[Callable[[], tuple[Sequence[Page], Sequence[Skipped]]]]:
        """The pages of the tree, then those beside."""
        taken: set[tuple[EntityRef, str]] = set()

        def noting(
            read: Callable[[], tuple[Sequence[Page], Sequence[Skipped]]],
        ) -> tuple[Sequence[Page], Sequence[Skipped]]:
            pages, skipped = read()
            taken.update((page.entity, page.path) for page in pages)
            return pages, skipped

        for reading in self.tree.readings():
            yield lambda reading=reading: noting(reading)  # type: ignore[misc]  # bound now, not at the end of the loop
        yield lambda: self._beside(taken)

    def _beside(self, taken: Collection[tuple[EntityRef, str]]) -> tuple[Sequence[Page], Sequence[Skipped]]:
        pages: list[Page] = []
        skipped: list[Skipped] = []
        seen: set[Path] = set()
        for entity in self.tree.entities:
            folder = (self.tree.tree.root / entity.origin.path).parent
            for path in (folder / name for name in _BESIDE):
                if path in seen or not path.is_file() or (entity.ref, path.name) in taken:
                    continue
                seen.add(path)
                try:
                    pages.append(self._page(entity, path))
                except UnreadableFile as error:
                    skipped.append(Skipped(self.tree.tree.relative(path), str(error)))
        return pages, skipped

    def _page(self, entity: Entity, path: Path) -> Page:
        content, text = self.tree.tree.read_text(path, limit=_LARGEST_PAGE)
        matter = split_front_matter(text.replace("\r\n", "\n").replace("\r", "\n"))
        split = split_sections(matter.body)
        digest = hashlib.sha256(matter.body.encode("utf-8", "surrogatepass")).hexdigest()
        page = Page(
            entity=entity.ref,
            path=path.name,
            title=split.title or path.stem.capitalize(),
            trail=(entity.title,),
            markdown=matter.body,
            revision=self.tree.revisions.of(path, content),
            content_hash=digest,
            sections=(),
            front_matter=matter.values,
            modified=self.tree.revisions.modified(path),
            owner=entity.owner,
            reviewed=reviewed(matter.values, entity),
        )
        sections = [
            Section(
                entity=page.entity,
                path=page.path,
                anchor=cut.anchor,
                title=page.title,
                heading=cut.heading or page.title,
                breadcrumb=(*page.trail, page.title, *cut.parents, *([cut.heading] if cut.heading else [])),
                text=cut.text,
                blocks=cut.blocks,
                revision=page.revision,
                content_hash=hashlib.sha256(cut.text.encode("utf-8", "surrogatepass")).hexdigest(),
                modified=page.modified,
                owner=page.owner,
                reviewed=page.reviewed,
            )
            for cut in split.cuts
        ]
        return replace(page, sections=tuple(sections))


def _entity(address: GitAddress, part: TreeRead) -> Entity | None:
    """What stands for a repository without catalog and docs: a resource of its name; None where there are entities."""
    if part.entities:
        return None
    path = next((name for name in _BESIDE if (part.tree.root / name).is_file()), "README.md")
    return Entity(
        ref=EntityRef("resource", "default", address.name[:63]),
        kind="Resource",
        api_version="backstage.io/v1alpha1",
        metadata={"name": address.name, "description": f"The Git repository {address.url}."},
        spec={"type": "git-repository"},
        origin=Origin(path=path, line=1, revision=f"git:{part.revisions.head}"),
    )


def _safely(scheme: str) -> tuple[str, ...]:
    """Options under which git runs nothing of a repository's and speaks no other protocol."""
    allowed = (
        "-c",
        f"protocol.{scheme}.allow=always",
        "-c",
        "core.symlinks=false",
        "-c",
        "core.autocrlf=false",
    )
    limits = ("-c", "submodule.recurse=false", "-c", "http.followRedirects=false", "-c", "gc.auto=0")
    return (*HARMLESS, *allowed, *limits, "-c", "credential.helper=", "-c", "safe.directory=*")


_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "LC_ALL": "C",
    "HOME": os.devnull,
}


def _megabytes(folder: Path) -> float:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # git moves its files while it works
            total += path.lstat().st_size
    return total / 1e6
