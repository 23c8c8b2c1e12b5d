"""Where a `kind: Location` points to: files of the same tree, by path or glob.

https://backstage.io/docs/features/software-catalog/descriptor-format#kind-location. URLs are not followed:
what is indexed is what lies in the tree.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from wcmatch import glob

from ingest.entities import Entity
from ingest.sources.tree import LeavesTree, Tree

_MAGIC = re.compile(r"[*?\[{!]")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_BRACE_RANGE = re.compile(r"\{[^{}]*\.\.")
_NOT_FOLLOWED = frozenset({"node_modules", ".git", ".venv", "venv"})
MAX_MATCHES = 20_000


@dataclass(slots=True)
class Targets:
    """The files a location reaches, and why some targets reach nothing."""

    files: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def targets_of(location: Entity, *, tree: Tree, folder: Path) -> Targets:
    """Resolve `spec.target` and `spec.targets` of a location whose descriptor lies in `folder`."""
    found = Targets()
    optional = location.spec.get("presence") == "optional"
    for target in _written(location.spec, found):
        try:
            files = _resolved(target, tree=tree, folder=folder)
        except (LeavesTree, ValueError) as error:
            found.problems.append(str(error))
            continue
        if not files and not optional:
            found.problems.append(f"target {target!r} matches no file")
        found.files.extend(files)
    return found


def _written(spec: Any, found: Targets) -> list[str]:
    listed = spec.get("targets")
    values = [spec.get("target"), *(listed if isinstance(listed, list) else [listed])]
    targets = []
    for value in values:
        if isinstance(value, str) and value.strip():
            targets.append(value.strip())
        elif value is not None:
            found.problems.append(f"target {value!r} is no path")
    return list(dict.fromkeys(targets))


def _resolved(target: str, *, tree: Tree, folder: Path) -> list[Path]:
    if _URL.match(target):
        raise ValueError(f"target {target!r} is a URL; only files of the tree are read")
    if not _MAGIC.search(target):
        path = tree.follow(target, folder=folder)
        if path.is_dir():
            raise ValueError(f"target {target!r} is a folder; name a file or a glob in it")
        return [path] if path.is_file() else []
    return _matches(target, tree=tree, folder=folder)


def _matches(pattern: str, *, tree: Tree, folder: Path) -> list[Path]:
    parts = PurePosixPath(pattern).parts
    fixed = next(at for at, part in enumerate(parts) if _MAGIC.search(part))
    try:
        start = tree.follow("/".join(parts[:fixed]) or ".", folder=folder)
    except LeavesTree as error:
        raise LeavesTree(f"target {pattern!r} leaves the tree; only files under it are read") from error
    rest = parts[fixed:]
    if ".." in rest:
        raise LeavesTree(f"target {pattern!r} has `..` after a wildcard; write the path out")
    if pattern.count("{") > 3 or pattern.count(",") > 24 or _BRACE_RANGE.search(pattern):
        raise ValueError(f"target {pattern!r} may expand to too many patterns; write fewer braces")
    names = glob.glob("/".join(rest), root_dir=start, flags=glob.GLOBSTAR | glob.BRACE)
    usable = [name for name in names if not _NOT_FOLLOWED & set(PurePosixPath(name).parts)]
    paths = ((start / name).resolve() for name in sorted(usable)[:MAX_MATCHES])
    return [path for path in paths if path.is_relative_to(tree.root) and path.is_file()]
