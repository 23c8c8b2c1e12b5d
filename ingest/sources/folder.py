"""A folder tree becomes a corpus: catalog, entity cards, API definitions, templates and TechDocs pages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.documents import Corpus, Page, Section, Skipped
from ingest.entities import Entity, EntityRef
from ingest.graph import CatalogGraph
from ingest.relations import unreadable_references
from ingest.sources.api_definitions import read_api
from ingest.sources.catalog_files import CatalogFiles, read_catalog
from ingest.sources.docs_trees import docs_trees, entity_of_site
from ingest.sources.entity_cards import card
from ingest.sources.templates import template_sections
from ingest.sources.tree import Found, Tree, walk

if TYPE_CHECKING:
    from ingest.revisions import Revisions

Progress = Callable[[str, int, int], None]
"""Called with a stage such as `Reading pages`, how many are done and how many there are."""


def read_folder(root: Path, *, progress: Progress | None = None) -> Corpus:
    """Read one tree. Raises `SourceError` when `root` is no readable folder."""
    return read_folders([root], progress=progress)


def read_folders(roots: Sequence[Path], *, progress: Progress | None = None) -> Corpus:
    """Read several trees as one catalog: relations cross them, and the first of two equal references counts.

    `sections` holds everything that can be searched: cards, APIs, templates and the sections of `pages`. With
    more than one root, the paths in `skipped` start with the root's name. Raises `SourceError` before
    anything is read when one of `roots` is no readable folder.
    """
    tell = progress or (lambda _what, _done, _total: None)
    trees = list(dict.fromkeys(Tree.at(root) for root in roots))
    read: list[_TreeRead] = []
    skipped: list[Skipped] = []
    owners: dict[EntityRef, Entity] = {}
    for number, tree in enumerate(trees):
        tell("Reading catalogs", number, len(trees))
        part = _read_tree(tree)
        problems = part.drop_known(owners)
        owners.update((entity.ref, entity) for entity in part.entities)
        read.append(part)
        skipped += _located([*part.skipped, *problems], tree, named=len(trees) > 1)
    tell("Reading catalogs", len(trees), len(trees))
    pages, problems = _pages(read, tell, named=len(trees) > 1)
    sections, broken = _composed(tuple(owners.values()), tell)
    return Corpus(
        entities=tuple(owners.values()),
        pages=tuple(pages),
        sections=(*sections, *(section for page in pages for section in page.sections)),
        skipped=(*skipped, *unreadable_references(tuple(owners.values())), *broken, *problems),
    )


@dataclass(slots=True)
class _TreeRead:
    """One tree before its pages are read."""

    tree: Tree
    revisions: "Revisions"
    entities: list[Entity]
    docs: list[tuple[Entity, Path]]
    skipped: list[Skipped]

    def drop_known(self, known: dict[EntityRef, Entity]) -> list[Skipped]:
        """Leave out entities that an earlier tree has defined, with their docs."""
        doubled = [entity for entity in self.entities if entity.ref in known]
        self.entities = [entity for entity in self.entities if entity.ref not in known]
        self.docs = [(entity, folder) for entity, folder in self.docs if entity.ref not in known]
        return [
            Skipped(
                f"{entity.origin.path}:{entity.origin.line}",
                f"{entity.ref} is already defined by another tree, at "
                f"{known[entity.ref].origin.path}:{known[entity.ref].origin.line}; the first definition is kept",
            )
            for entity in doubled
        ]


def _read_tree(tree: Tree) -> _TreeRead:
    from ingest.revisions import Revisions

    revisions = Revisions(tree.root)
    found = walk(tree)
    catalog = read_catalog(tree.root, revision_of=revisions.of, found=found)
    if not catalog.entities:
        return _without_catalog(tree, revisions, catalog, found)
    plan = docs_trees(catalog, tree=tree, found=found)
    return _TreeRead(tree, revisions, list(catalog.entities), plan.trees, [*catalog.skipped, *plan.skipped])


def _without_catalog(tree: Tree, revisions: "Revisions", catalog: CatalogFiles, found: Found) -> _TreeRead:
    entity = entity_of_site(tree)
    if entity is None:
        sites = ", ".join(tree.relative(path) for path in found.mkdocs[:5])
        instead = (
            f"add a catalog-info.yaml, or give the folder of {sites}" if sites else "nothing can be indexed"
        )
        reason = f"holds no catalog entity and no mkdocs.yml at its root; {instead}"
        return _TreeRead(tree, revisions, [], [], [*catalog.skipped, Skipped(".", reason)])
    source = tree.root / entity.origin.path
    if source.is_file():
        revision = revisions.of(source, source.read_bytes())
        entity = replace(entity, origin=replace(entity.origin, revision=revision))
    note = Skipped(
        entity.origin.path,
        f"no catalog entity in this tree: its docs are indexed as {entity.ref}; "
        "add a catalog-info.yaml to give them a name and an owner",
    )
    return _TreeRead(tree, revisions, [entity], [(entity, tree.root)], [*catalog.skipped, note])


def _pages(read: Sequence[_TreeRead], tell: Progress, *, named: bool) -> tuple[list[Page], list[Skipped]]:
    from ingest.sources.techdocs import read_techdocs

    pages: list[Page] = []
    skipped: list[Skipped] = []
    work = [(part, entity, folder) for part in read for entity, folder in part.docs]
    for number, (part, entity, folder) in enumerate(work):
        tell("Reading pages", number, len(work))
        docs = read_techdocs(entity, folder, root=part.tree.root, revisions=part.revisions)
        pages.extend(docs.pages)
        skipped.extend(_located(docs.skipped, part.tree, named=named))
    tell("Reading pages", len(work), len(work))
    return pages, skipped


def _composed(entities: tuple[Entity, ...], tell: Progress) -> tuple[list[Section], list[Skipped]]:
    graph = CatalogGraph(entities)
    sections: list[Section] = []
    skipped: list[Skipped] = []
    for number, entity in enumerate(entities):
        if number % 100 == 0:
            tell("Reading entities", number, len(entities))
        api = read_api(entity)
        sections += [card(entity, graph), *api.sections, *template_sections(entity)]
        skipped += api.skipped
    tell("Reading entities", len(entities), len(entities))
    return sections, skipped


def _located(skipped: Sequence[Skipped], tree: Tree, *, named: bool) -> list[Skipped]:
    if not named:
        return list(skipped)
    return [Skipped(f"{tree.root.name}/{item.path}", item.reason) for item in skipped]
