"""The documentation files of a site, in the order in which mkdocs lists them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from wcmatch import glob

from ingest.documents import Skipped
from ingest.sources.tree import LeavesTree, Tree

SUFFIXES = (".md", ".markdown", ".mdown", ".mkdn", ".mkd")
"""What mkdocs takes for a page; every other file is an asset."""

_EXCLUDED = (".*", "/templates/")


@dataclass(frozen=True, slots=True)
class SiteFile:
    """`path` relative to the docs folder, as the site and citations name it; `location` on disk, resolved."""

    path: str
    location: Path

    @property
    def folders(self) -> tuple[str, ...]:
        """The titles of the folders it lies in, outermost first."""
        return tuple(title_of_name(name) for name in PurePosixPath(self.path).parts[:-1])

    @property
    def title(self) -> str:
        """What a page without any title is called: `Home`, its folder's title for an index, its name's otherwise."""
        if not _is_index(self.path):
            return title_of_name(PurePosixPath(self.path).stem)
        return self.folders[-1] if self.folders else "Home"


@dataclass(frozen=True, slots=True)
class Listing:
    """The pages of a docs folder, and what was left out of them."""

    files: tuple[SiteFile, ...]
    skipped: tuple[Skipped, ...]


def title_of_name(name: str) -> str:
    """`feature-store` as `Feature store`; a name with capitals keeps them."""
    title = name.replace("-", " ").replace("_", " ")
    return title.capitalize() if title == title.lower() else title


def site_files(docs: Path, *, tree: Tree, excluded: Sequence[str] = ()) -> Listing:
    """List a docs folder: in each folder the index first, then by name, then its folders.

    `excluded` are gitignore patterns beside those that mkdocs always has: hidden files and `/templates/`. A
    README is the index of a folder that has no other.
    """
    walker = _Walker(docs, tree, _ignored([*_EXCLUDED, *excluded]))
    if not docs.is_dir():
        problem = "is no folder" if docs.exists() else "does not exist"
        return Listing((), (Skipped(tree.relative(docs), f"the docs folder {problem}; no page was read"),))
    files = tuple(walker.walk(docs, (docs.resolve(),)))
    return Listing(files, tuple(walker.skipped))


class _Walker:
    def __init__(self, docs: Path, tree: Tree, ignored: "_Ignored") -> None:
        self.skipped: list[Skipped] = []
        self._docs = docs
        self._tree = tree
        self._ignored = ignored

    def walk(self, folder: Path, above: tuple[Path, ...]) -> Iterator[SiteFile]:
        try:
            children = sorted(folder.iterdir(), key=lambda child: (not _is_index(child.name), child.name))
        except OSError as error:
            self._skip(folder, f"cannot be listed: {error.strerror or error}")
            return
        inside = [(child, at) for child in children if (at := self._location(child, above)) is not None]
        pages = [
            (child, at) for child, at in inside if child.name.lower().endswith(SUFFIXES) and not at.is_dir()
        ]
        for child, at in self._one_index(pages):
            yield SiteFile(child.relative_to(self._docs).as_posix(), at)
        for child, at in inside:
            if at.is_dir():
                yield from self.walk(child, (*above, at))

    def _location(self, child: Path, above: tuple[Path, ...]) -> Path | None:
        """Where a child really is; None when it is left out."""
        walked_for_exceptions = self._ignored.has_exceptions and child.is_dir()
        if not walked_for_exceptions and self._ignored(child.relative_to(self._docs).as_posix()):
            return None
        if not child.is_symlink():
            return child.resolve()
        try:
            at = self._tree.follow(child.name, folder=child.parent)
        except LeavesTree:
            self._skip(child, "a symbolic link that leaves the tree; only files under it are read")
            return None
        if not at.exists() or at in above:
            problem = "leads back to a folder above it" if at in above else "leads to nothing"
            self._skip(child, f"a symbolic link that {problem}")
            return None
        return at

    def _one_index(self, pages: Sequence[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
        """`index` before any README: mkdocs makes one page of the two."""
        indexes = [child for child, _ in pages if _is_index(child.name)]
        if len(indexes) < 2:
            return list(pages)
        chosen = min(indexes, key=lambda child: (not child.name.startswith("index"), child.name))
        for child in indexes:
            if child != chosen:
                self._skip(child, f"{chosen.name} stands beside it and takes its place")
        return [(child, at) for child, at in pages if child == chosen or child not in indexes]

    def _skip(self, path: Path, reason: str) -> None:
        self.skipped.append(Skipped(self._tree.relative(path), reason))


def _is_index(path: str) -> bool:
    name = PurePosixPath(path)
    return name.suffix.lower() in SUFFIXES and name.stem in ("index", "README")


class _Ignored:
    """Whether a path is excluded: the last gitignore pattern that matches it or a folder above decides."""

    def __init__(self, patterns: Sequence[tuple[str, bool]]) -> None:
        self._patterns = patterns
        self.has_exceptions = not all(verdict for _, verdict in patterns)

    def __call__(self, path: str) -> bool:
        ignored = False
        for pattern, verdict in self._patterns:
            if glob.globmatch(path, pattern, flags=glob.GLOBSTAR | glob.DOTGLOB):
                ignored = verdict
        return ignored


def _ignored(lines: Sequence[str]) -> _Ignored:
    patterns = []
    for line in lines:
        pattern = re.sub(r"(?<!\\)\s+$", "", line)
        if not pattern or pattern.startswith("#"):
            continue
        verdict = not pattern.startswith("!")
        pattern = pattern.removeprefix("!")
        anchored = "/" in pattern.rstrip("/")
        base = _glob(pattern.strip("/"), anchored=anchored)
        patterns += [(base, verdict), (f"{base}/**", verdict)]
    return _Ignored(patterns)


def _glob(pattern: str, *, anchored: bool) -> str:
    """One without a slash holds in every folder."""
    return pattern if anchored else f"**/{pattern}"
