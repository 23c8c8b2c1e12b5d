"""Which folder of a tree holds whose TechDocs.

https://backstage.io/docs/features/techdocs/how-to-guides#understanding-techdocs-ref-annotation. Each folder is
indexed once, for the first entity that refers to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ingest.documents import Skipped
from ingest.entities import Entity, EntityRef, Origin
from ingest.errors import InvalidEntityRef
from ingest.sources.catalog_files import CatalogFiles
from ingest.sources.composed import slug
from ingest.sources.tree import Found, LeavesTree, Tree, UnreadableFile
from ingest.sources.yaml_documents import UnreadableYaml, read_yaml

_REF = "backstage.io/techdocs-ref"
_ENTITY = "backstage.io/techdocs-entity"
_DOCUMENTED = ("component", "system", "api", "resource", "domain", "group")


@dataclass(slots=True)
class DocsTrees:
    """`trees` in catalog order: an entity and the folder that holds its `mkdocs.yml` or `docs/`."""

    trees: list[tuple[Entity, Path]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def docs_trees(catalog: CatalogFiles, *, tree: Tree, found: Found) -> DocsTrees:
    """Follow the `techdocs-ref` of every entity; an `mkdocs.yml` beside a descriptor needs none."""
    planner = _Planner(catalog, tree)
    for entity in catalog.entities:
        planner.add(entity)
    planner.add_beside(found.mkdocs)
    return planner.plan


@dataclass(slots=True)
class _Planner:
    catalog: CatalogFiles
    tree: Tree
    plan: DocsTrees = field(default_factory=DocsTrees)
    _claimed: dict[Path, EntityRef] = field(default_factory=dict)

    def add(self, entity: Entity) -> None:
        elsewhere = entity.annotations.get(_ENTITY)
        ref = entity.annotations.get(_REF, "").strip()
        if elsewhere is not None:
            self._check_elsewhere(entity, elsewhere)
        elif ref.startswith("dir:"):
            self._claim_dir(entity, ref.removeprefix("dir:").strip() or ".")
        elif ref:
            beside = self.catalog.folder_of[entity.ref]
            has_mkdocs = any((beside / name).is_file() for name in ("mkdocs.yml", "mkdocs.yaml"))
            instead = "; the mkdocs.yml beside the descriptor is read instead" if has_mkdocs else ""
            self._skip(entity, f"{_REF} {ref!r} is not followed, only `dir:` inside the tree is{instead}")
            if has_mkdocs:
                self._claim(entity, beside)

    def add_beside(self, mkdocs: Iterable[Path]) -> None:
        for path in mkdocs:
            folder = path.parent.resolve()
            if folder in self._claimed:
                continue
            owner = self._undocumented_in(folder)
            if owner is not None:
                self._claim(owner, folder)
            else:
                reason = f"no catalog entity refers to this docs tree; add {_REF} to the one it belongs to"
                self.plan.skipped.append(Skipped(self.tree.relative(path), reason))

    def _undocumented_in(self, folder: Path) -> Entity | None:
        candidates = [
            entity
            for entity in self.catalog.entities
            if self.catalog.folder_of[entity.ref] == folder
            and entity.ref.kind in _DOCUMENTED
            and not {_REF, _ENTITY} & entity.annotations.keys()
        ]
        return min(candidates, key=lambda entity: _DOCUMENTED.index(entity.ref.kind), default=None)

    def _check_elsewhere(self, entity: Entity, text: str) -> None:
        try:
            target = EntityRef.parse(text, kind="component", namespace=entity.ref.namespace)
        except InvalidEntityRef as error:
            self._skip(entity, f"{_ENTITY}: {error}")
            return
        if target not in self.catalog.folder_of:
            self._skip(entity, f"{_ENTITY} names {target}, which is not in this tree's catalog")

    def _claim_dir(self, entity: Entity, target: str) -> None:
        try:
            folder = self.tree.follow(target, folder=self.catalog.folder_of[entity.ref])
        except LeavesTree as error:
            self._skip(entity, f"{_REF} {error}")
            return
        if not folder.is_dir():
            problem = "is a file, not a folder" if folder.exists() else "does not exist"
            self._skip(entity, f"{_REF} folder {target!r} {problem}")
            return
        self._claim(entity, folder)

    def _claim(self, entity: Entity, folder: Path) -> None:
        holder = self._claimed.get(folder)
        if holder is not None:
            self._skip(entity, f"its docs folder is also that of {holder}; it is indexed once, there")
            return
        self._claimed[folder] = entity.ref
        self.plan.trees.append((entity, folder))

    def _skip(self, entity: Entity, reason: str) -> None:
        where = f"{entity.origin.path}:{entity.origin.line}"
        self.plan.skipped.append(Skipped(where, f"{entity.ref} {reason}"))


def entity_of_site(tree: Tree) -> Entity | None:
    """An entity for a tree that has documentation and no catalog, or None when it has no documentation.

    Its name is the slug of `site_name`, or of the folder; it has no owner, since none is known.
    """
    config = next(
        (path for name in ("mkdocs.yml", "mkdocs.yaml") if (path := tree.root / name).is_file()), None
    )
    if config is None and not any((tree.root / "docs").glob("*.md")):
        return None
    title = _site_name(tree, config) or tree.root.name or "docs"
    name = slug(title)[:63].strip("-")
    source = config.name if config else "docs"
    metadata = {
        "name": name,
        "title": title,
        "description": f"Documentation without a catalog entity of its own; derived from {source}.",
    }
    return Entity(
        ref=EntityRef("component", "default", name),
        kind="Component",
        api_version="backstage.io/v1alpha1",
        metadata=metadata,
        spec={"type": "documentation"},
        origin=Origin(path=source, line=1, revision=""),
    )


def _site_name(tree: Tree, config: Path | None) -> str | None:
    if config is None:
        return None
    try:
        value = read_yaml(tree.read_text(config, limit=1_000_000)[1])
    except (UnreadableYaml, UnreadableFile):
        return None  # the reader of the docs tree reports it
    name = value.get("site_name") if isinstance(value, dict) else None
    return name.strip() if isinstance(name, str) and name.strip() else None
