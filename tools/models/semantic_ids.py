"""The registered semantic IDs, and the vectors that they were learned from."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from tools.errors import InvalidArguments, NotFound
from tools.models.book import ModelBook, translated

if TYPE_CHECKING:
    from recsys_core.registry import ModelVersion
    from recsys_core.semantic_ids import SemanticIds
    from recsys_core.semantic_ids.clusters import Vectors

KIND = "semantic_ids"


def semantic_ids(asked: str, book: ModelBook) -> "tuple[ModelVersion, SemanticIds]":
    """Those that `asked` names, or the newest; the last few are kept in memory. Imports numpy.

    Raises `NotFound`, `InvalidArguments` for a version that is something else, and what reading it raises.
    """
    if asked:
        version = book.version(asked)
    else:
        newest = book.query(kind=KIND, sort_by="created_at", limit=1).rows
        if not newest:
            raise NotFound("no semantic IDs are registered; learn them with the recipe learn_semantic_ids")
        version = newest[0]
    if version.model != KIND:
        raise InvalidArguments(
            f"{version.ref} is no set of semantic IDs but {version.kind} of kind {version.model!r}"
        )
    folder = book.folder(version)
    with translated():
        return version, _loaded(version.digest, folder)


def coded_vectors(version: "ModelVersion", book: ModelBook) -> "tuple[tuple[str, ...], Vectors | None]":
    """Refs of the spaces that the IDs of this version were learned from, and the (items, d) unit vectors that were coded.

    The vectors are None where a space was never registered; its ref is then the start of its digest. Raises what reading
    a space raises.
    """
    _, ids = semantic_ids(version.ref, book)
    known = book.ancestry([version])
    refs = tuple(known[digest].ref if digest in known else digest[:12] for digest in ids.spaces)
    if any(digest not in known or not known[digest].name for digest in ids.spaces):
        return refs, None
    folders = tuple(book.folder(book.version(ref)) for ref in refs)
    with translated():
        return refs, _mixed(version.digest, book.folder(version), folders)


@lru_cache(maxsize=4)
def _loaded(_digest: str, folder: Path) -> "SemanticIds":
    from recsys_core.semantic_ids import load_semantic_ids

    return load_semantic_ids(folder)


@lru_cache(maxsize=1)
def _mixed(digest: str, folder: Path, spaces: tuple[Path, ...]) -> "Vectors":
    from recsys_core.semantic_ids.similar import coded
    from recsys_core.space import load_space

    return coded(_loaded(digest, folder), [load_space(space).items for space in spaces])
