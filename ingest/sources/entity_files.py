"""Where an entity and its docs lie among the roots that were read: for whoever proposes a change to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.entities import Entity
from ingest.sources.mkdocs_config import read_mkdocs_config
from ingest.sources.tree import LeavesTree, Tree

_REF = "backstage.io/techdocs-ref"


@dataclass(frozen=True, slots=True)
class EntityFile:
    """`path` and `docs` are relative to `root`; `line` is where the entity begins. `docs` is "" where there are none.

    `site` says that an `mkdocs.yml` or a folder `docs` lies beside the file.
    """

    root: Path
    path: str
    line: int
    docs: str = ""
    site: bool = False


def entity_file(entity: Entity, roots: Sequence[Path]) -> EntityFile | None:
    """The file of the first root that has it; None when none has."""
    for given in roots:
        root = given.parent if given.is_file() else given
        file = root / entity.origin.path
        if entity.origin.path and file.is_file():
            tree = Tree(root.resolve())
            beside = file.parent
            site = (beside / "mkdocs.yml").is_file() or (beside / "docs").is_dir()
            return EntityFile(root, entity.origin.path, entity.origin.line, _docs(entity, file, tree), site)
    return None


def _docs(entity: Entity, file: Path, tree: Tree) -> str:
    target = entity.annotations.get(_REF, "")
    if not target.startswith("dir:"):
        return ""
    try:
        folder = tree.follow(target.removeprefix("dir:") or ".", folder=file.resolve().parent)
    except LeavesTree:
        return ""
    docs = read_mkdocs_config(folder, tree=tree).docs
    return tree.relative(docs) if docs.is_dir() else ""
