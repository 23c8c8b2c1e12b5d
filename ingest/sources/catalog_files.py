"""Catalog YAML on disk: every entity of a tree, where it was written, and what was left out and why.

Read are, in this order, so that the first of two entities with one reference is the more official one:

1. `catalog-info*.yaml` wherever it lies, the shallowest first, and what its `Location`s reach;
2. any other YAML file with a document that says it is Backstage's (`apiVersion: backstage.io/…`), since
   real repositories have their `all.yaml` and `components/*.yaml` registered elsewhere.

One broken document costs nothing but itself.
"""

import hashlib
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ingest.documents import Skipped
from ingest.entities import Entity, EntityRef, Origin
from ingest.sources.envelopes import (
    Header,
    InvalidEnvelope,
    entity_of,
    is_skeleton,
    looks_like_entity,
    read_header,
)
from ingest.sources.locations import targets_of
from ingest.sources.placeholders import Placeholders
from ingest.sources.tree import Found, Tree, UnreadableFile, walk
from ingest.sources.yaml_documents import YamlDocument, read_documents

MAX_BYTES = 5_000_000
_ENTITY_BYTES = re.compile(rb"""apiVersion["']?\s*:\s*["']?(?:scaffolder\.)?backstage\.io/""")

RevisionOf = Callable[[Path, bytes], str]


def content_revision(_path: Path, content: bytes) -> str:
    """The revision of a file outside version control: `sha256:<hash of its bytes>`."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass(frozen=True, slots=True)
class CatalogFiles:
    """What one tree says. `folder_of` is the folder of each descriptor, for `dir:` references."""

    entities: tuple[Entity, ...]
    skipped: tuple[Skipped, ...]
    folder_of: Mapping[EntityRef, Path]


def read_catalog(
    root: Path, *, revision_of: RevisionOf = content_revision, found: Found | None = None
) -> CatalogFiles:
    """Read every entity under `root`; `found` is a walk that was already made.

    Raises `SourceError` when `root` is no readable folder.
    """
    tree = Tree.at(root)
    found = found or walk(tree)
    reader = _Reader(tree, revision_of)
    reader.skipped.extend(found.skipped)
    reader.read_all(found.descriptors, asked_for=True)
    reader.read_all(found.other_yaml, asked_for=False)
    return CatalogFiles(tuple(reader.entities.values()), tuple(reader.skipped), dict(reader.folder_of))


@dataclass(slots=True)
class _Reader:
    tree: Tree
    revision_of: RevisionOf
    entities: dict[EntityRef, Entity] = field(default_factory=dict)
    folder_of: dict[EntityRef, Path] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    _seen: set[Path] = field(default_factory=set)
    _reached: deque[Path] = field(default_factory=deque)

    def read_all(self, paths: list[Path], *, asked_for: bool) -> None:
        """Read files and whatever their locations reach; each file once."""
        for path in paths:
            self._read_file(path.resolve(), asked_for=asked_for)
            while self._reached:
                self._read_file(self._reached.popleft(), asked_for=True)

    def _read_file(self, path: Path, *, asked_for: bool) -> None:
        if path in self._seen:
            return
        where = self.tree.relative(path)
        try:
            if not asked_for and not _may_hold_entities(path):
                return
            self._seen.add(path)
            content, text = self.tree.read_text(path, limit=MAX_BYTES)
        except (OSError, UnreadableFile) as error:
            self.skipped.append(Skipped(where, str(error)))
            return
        origin = Origin(where, 1, self.revision_of(path, content))
        for document in read_documents(text):
            self._read_document(
                document, path, replace(origin, line=document.line), text, asked_for=asked_for
            )

    def _read_document(
        self, document: YamlDocument, path: Path, origin: Origin, text: str, *, asked_for: bool
    ) -> None:
        if document.problem is not None:
            hint = " (the file holds template expressions: a skeleton?)" if is_skeleton(text) else ""
            self._skip(origin, f"malformed YAML: {document.problem}{hint}")
            return
        if not asked_for and not looks_like_entity(document.value):
            return
        try:
            header = read_header(document.value)
        except InvalidEnvelope as error:
            self._skip(origin, str(error))
            return
        self._keep(header, path, origin)

    def _keep(self, header: Header, path: Path, origin: Origin) -> None:
        first = self.entities.get(header.ref)
        if first is not None:
            self._skip(
                origin,
                f"{header.ref} is already defined at {first.origin.path}:{first.origin.line}; "
                "the first definition is kept",
            )
            return
        placeholders = Placeholders(self.tree, path.parent)
        filled = replace(
            header,
            metadata=placeholders.filled(header.metadata, where="metadata"),
            spec=placeholders.filled(header.spec, where="spec"),
        )
        entity, problems = entity_of(filled, origin=origin)
        for problem in (*placeholders.problems, *problems):
            self._skip(origin, f"{header.ref} {problem}")
        self.entities[entity.ref] = entity
        self.folder_of[entity.ref] = path.parent
        if entity.ref.kind == "location":
            self._follow(entity, path.parent)

    def _follow(self, location: Entity, folder: Path) -> None:
        targets = targets_of(location, tree=self.tree, folder=folder)
        self._reached.extend(targets.files)
        for problem in targets.problems:
            self._skip(location.origin, f"{location.ref} {problem}")

    def _skip(self, origin: Origin, reason: str) -> None:
        self.skipped.append(Skipped(f"{origin.path}:{origin.line}", reason))


def _may_hold_entities(path: Path) -> bool:
    return (
        path.is_file()
        and path.stat().st_size <= MAX_BYTES
        and _ENTITY_BYTES.search(path.read_bytes()) is not None
    )
