"""One folder tree that is read: what belongs to it, and the walk over its descriptors.

Nothing outside the tree is ever opened, whatever a document, a `dir:` or a symbolic link says.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingest.documents import Skipped
from ingest.errors import SourceError

_PRUNED = frozenset({"node_modules", "venv", "__pycache__"})
_MKDOCS = frozenset({"mkdocs.yml", "mkdocs.yaml"})


class LeavesTree(ValueError):
    """A path that points outside the tree."""


class UnreadableFile(ValueError):
    """A file that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A root, absolute and without symbolic links.

    With an `entry`, a catalog file of the root, only that file is read and what it leads to: a project whose
    folder holds other projects' catalogs (examples, test data) names its own file.
    """

    root: Path
    entry: Path | None = None

    @classmethod
    def at(cls, root: Path) -> "Tree":
        """The tree of a folder, or of one catalog file. Raises `SourceError` when it cannot be read."""
        if root.is_file() and root.suffix in (".yaml", ".yml"):
            return cls(root.resolve().parent, root.resolve())
        if not root.is_dir():
            problem = "is no catalog file" if root.exists() else "does not exist"
            raise SourceError(f"{str(root)!r} {problem}; give a folder with catalog YAML or an mkdocs.yml")
        if not os.access(root, os.R_OK | os.X_OK):
            raise SourceError(f"{str(root)!r} may not be read by this user; change its permissions")
        return cls(root.resolve())

    def relative(self, path: Path) -> str:
        """`path` as messages and origins give it: from the root, with forward slashes."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()

    def follow(self, target: str, *, folder: Path) -> Path:
        """The resolved path of a `target` written in a file of `folder`. Raises `LeavesTree`."""
        if "\0" in target:
            raise LeavesTree(f"{target!r} is no path")
        try:
            path = (folder / target).resolve()
        except (OSError, RuntimeError) as error:  # a loop of symbolic links
            raise LeavesTree(f"{target!r} cannot be resolved: {error}") from error
        if not path.is_relative_to(self.root):
            raise LeavesTree(f"{target!r} leaves the tree; only files under it are read")
        return path

    def read_text(self, path: Path, *, limit: int) -> tuple[bytes, str]:
        """Content and text of a UTF-8 file of at most `limit` bytes. Raises `UnreadableFile`."""
        try:
            if not path.is_file():
                raise UnreadableFile("is a folder" if path.is_dir() else "does not exist")
            size = path.stat().st_size
            if size > limit:
                raise UnreadableFile(f"has {size / 1e6:.1f} MB; at most {limit / 1e6:.0f} MB are read")
            content = path.read_bytes()
        except OSError as error:
            raise UnreadableFile(f"cannot be read: {error.strerror or error}") from error
        try:
            return content, content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                f"is not UTF-8 (byte {content[error.start]:#04x} at offset {error.start}); save it as UTF-8"
            ) from error


@dataclass(slots=True)
class Found:
    """What a walk met, in the order of depth and name."""

    descriptors: list[Path] = field(default_factory=list)
    other_yaml: list[Path] = field(default_factory=list)
    mkdocs: list[Path] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def walk(tree: Tree) -> Found:
    """Every YAML file of the tree but those in hidden, generated and dependency folders; or its entry alone."""
    if tree.entry is not None:
        beside = [tree.root / name for name in sorted(_MKDOCS)]
        return Found(descriptors=[tree.entry], mkdocs=[path for path in beside if path.is_file()])
    found = Found()
    for folder, names in _folders(tree, found):
        for name in sorted(names):
            if name.endswith((".yaml", ".yml")) and not name.startswith("."):
                _sort(tree, folder / name, found)
    for paths in (found.descriptors, found.other_yaml, found.mkdocs):
        paths.sort(key=lambda path: (len(path.parts), path.as_posix()))
    return found


def _folders(tree: Tree, found: Found) -> Iterator[tuple[Path, list[str]]]:
    for where, folders, names in os.walk(tree.root):
        here = Path(where)
        folders[:] = [name for name in sorted(folders) if not _is_pruned(here / name)]
        for name in folders:
            if (here / name).is_symlink():
                _check_link(tree, here / name, found)
        yield here, names


def _is_pruned(folder: Path) -> bool:
    name = folder.name
    if name.startswith(".") or name in _PRUNED:
        return True
    return name == "site" and (folder / "search").is_dir() and not (folder / "mkdocs.yml").exists()


def _sort(tree: Tree, path: Path, found: Found) -> None:
    if path.is_symlink() and not _check_link(tree, path, found):
        return
    if path.name in _MKDOCS:
        found.mkdocs.append(path)
    elif path.name.startswith("catalog-info"):
        found.descriptors.append(path)
    else:
        found.other_yaml.append(path)


def _check_link(tree: Tree, path: Path, found: Found) -> bool:
    target = path.resolve()
    if not target.is_relative_to(tree.root):
        found.skipped.append(
            Skipped(tree.relative(path), "a symbolic link that leaves the tree; only files under it are read")
        )
        return False
    if not target.exists():
        found.skipped.append(Skipped(tree.relative(path), "a symbolic link to something that does not exist"))
        return False
    return True
