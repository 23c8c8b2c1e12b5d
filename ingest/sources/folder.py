"""A folder tree becomes a corpus: catalog, entity cards, API definitions, templates and TechDocs pages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.documents import Corpus, Page, Section, Skipped
from ingest.entities import Entity, EntityRef
from ingest.errors import SourceError
from ingest.graph import CatalogGraph
from ingest.relations import unreadable_references
from ingest.sources.api_definitions import read_api
from ingest.sources.catalog_files import CatalogFiles, read_catalog
from ingest.sources.config_files import CONFIG, config_pages
from ingest.sources.docs_trees import docs_trees, entity_of_site
from ingest.sources.entity_cards import card
from ingest.sources.source import Source, SourceRead
from ingest.sources.templates import template_sections
from ingest.sources.tree import Found, Tree, walk

if TYPE_CHECKING:
    from ingest.revisions import Revisions

Progress = Callable[[str, int, int], None]
"""Called with a stage such as `Reading pages`, how many are done and how many there are."""


def read_folder(root: Path, *, progress: Progress | None = None) -> Corpus:
    """Read one tree. Raises `SourceError` when `root` is no readable folder."""
    return read_folders([root], progress=progress)


def read_folders(
    roots: Sequence[Path], *, progress: Progress | None = None, untrusted: Sequence[Path] = ()
) -> Corpus:
    """Read several trees as one catalog. Raises `SourceError` before anything is read when one of `roots` is no
    readable folder; else as `read_sources`."""
    trees = dict.fromkeys(Tree.at(root) for root in roots)
    return read_sources([FolderSource(tree) for tree in trees], progress=progress, untrusted=untrusted)


def read_sources(
    sources: Sequence[Source], *, progress: Progress | None = None, untrusted: Sequence[Path] = ()
) -> Corpus:
    """Read several sources as one catalog: relations cross them, and the first of two equal references counts.

    `sections` holds everything that can be searched: cards, APIs, templates and the sections of `pages`. With
    more than one source, the paths in `skipped` start with the source's name. What lies in one of the `untrusted`
    folders is marked so. Raises `SourceError` when one of `sources` cannot be read, or one of `untrusted` is none.
    """
    unvouched = [_existing(path) for path in untrusted]
    tell = progress or (lambda _what, _done, _total: None)
    read: list[SourceRead] = []
    skipped: list[Skipped] = []
    owners: dict[EntityRef, Entity] = {}
    for number, source in enumerate(sources):
        tell("Reading catalogs", number, len(sources))
        part = source.read()
        problems = part.drop_known(owners)
        owners.update((entity.ref, entity) for entity in part.entities)
        read.append(part)
        skipped += _located([*part.skipped, *problems], part.name, named=len(sources) > 1)
    tell("Reading catalogs", len(sources), len(sources))
    pages, problems = _pages(read, tell, named=len(sources) > 1)
    sections, broken = composed(tuple(owners.values()), tell)
    for part in read:
        part.mark(unvouched)
    owners = {entity.ref: entity for part in read for entity in part.entities}
    marked = {entity.ref for entity in owners.values() if entity.untrusted}
    pages = [_marked(page) if page.entity in marked else page for page in pages]
    sections = [replace(one, untrusted=True) if one.entity in marked else one for one in sections]
    skipped += [*unreadable_references(tuple(owners.values())), *broken, *problems]
    return Corpus(
        entities=tuple(owners.values()),
        pages=tuple(pages),
        sections=(*sections, *(section for page in pages for section in page.sections)),
        skipped=tuple(dict.fromkeys(skipped)),  # catalog and docs may both have met the same link
    )


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder tree, or one catalog file of it."""

    tree: Tree

    @property
    def address(self) -> str:
        return str(self.tree.entry or self.tree.root)

    def read(self) -> "TreeRead":
        """See `Source.read`."""
        return read_tree(self.tree)


@dataclass(slots=True)
class TreeRead:
    """One tree before its pages are read."""

    tree: Tree
    revisions: "Revisions"
    entities: list[Entity]
    docs: list[tuple[Entity, Path]]
    skipped: list[Skipped]

    @property
    def name(self) -> str:
        return self.tree.root.name

    def mark(self, untrusted: Sequence[Path]) -> None:
        """Mark the entities, when the tree lies in one of these folders."""
        if any(self.tree.root.is_relative_to(folder) for folder in untrusted):
            self.entities = [replace(entity, untrusted=True) for entity in self.entities]

    def readings(self) -> Iterator[Callable[[], tuple[Sequence[Page], Sequence[Skipped]]]]:
        """A call for each docs folder, then one for what entities run with."""
        for entity, folder in self.docs:
            yield partial(self._docs_of, entity, folder)
        if any(CONFIG in entity.annotations for entity in self.entities):
            yield self._configs

    def _docs_of(self, entity: Entity, folder: Path) -> tuple[Sequence[Page], Sequence[Skipped]]:
        from ingest.sources.techdocs import read_techdocs

        docs = read_techdocs(entity, folder, root=self.tree.root, revisions=self.revisions)
        return docs.pages, docs.skipped

    def _configs(self) -> tuple[Sequence[Page], Sequence[Skipped]]:
        pages: list[Page] = []
        skipped: list[Skipped] = []
        for entity in self.entities:
            found, problems = config_pages(entity, tree=self.tree, revisions=self.revisions)
            pages += found
            skipped += problems
        return pages, skipped

    def drop_known(self, known: Mapping[EntityRef, Entity]) -> list[Skipped]:
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


def _existing(path: Path) -> Path:
    if not path.exists():
        raise SourceError(
            f"CUEBOOK_UNTRUSTED names {path}, which does not exist; name a source, or a folder of them"
        )
    return path.resolve()


def _marked(page: Page) -> Page:
    sections = tuple(replace(section, untrusted=True) for section in page.sections)
    return replace(page, untrusted=True, sections=sections)


def read_tree(tree: Tree) -> TreeRead:
    """Its catalog, and whose docs lie where; no page is read."""
    from ingest.revisions import Revisions

    revisions = Revisions(tree.root)
    found = walk(tree)
    catalog = read_catalog(tree.root, revision_of=revisions.of, found=found)
    if not catalog.entities:
        return _without_catalog(tree, revisions, catalog, found)
    plan = docs_trees(catalog, tree=tree, found=found)
    return TreeRead(tree, revisions, list(catalog.entities), plan.trees, [*catalog.skipped, *plan.skipped])


def _without_catalog(tree: Tree, revisions: "Revisions", catalog: CatalogFiles, found: Found) -> TreeRead:
    entity = entity_of_site(tree)
    if entity is None:
        sites = ", ".join(tree.relative(path) for path in found.mkdocs[:5])
        instead = (
            f"add a catalog-info.yaml, or give the folder of {sites}" if sites else "nothing can be indexed"
        )
        reason = f"holds no catalog entity and no mkdocs.yml at its root; {instead}"
        return TreeRead(tree, revisions, [], [], [*catalog.skipped, Skipped(".", reason)])
    source = tree.root / entity.origin.path
    if source.is_file():
        revision = revisions.of(source, source.read_bytes())
        entity = replace(entity, origin=replace(entity.origin, revision=revision))
    note = Skipped(
        entity.origin.path,
        f"no catalog entity in this tree: its docs are indexed as {entity.ref}; "
        "add a catalog-info.yaml to give them a name and an owner",
    )
    return TreeRead(tree, revisions, [entity], [(entity, tree.root)], [*catalog.skipped, note])


def _pages(read: Sequence[SourceRead], tell: Progress, *, named: bool) -> tuple[list[Page], list[Skipped]]:
    pages: list[Page] = []
    skipped: list[Skipped] = []
    work = [(part, reading) for part in read for reading in part.readings()]
    for number, (part, reading) in enumerate(work):
        tell("Reading pages", number, len(work))
        found, problems = reading()
        pages.extend(found)
        skipped.extend(_located(problems, part.name, named=named))
    tell("Reading pages", len(work), len(work))
    return pages, skipped


def composed(entities: tuple[Entity, ...], tell: Progress) -> tuple[list[Section], list[Skipped]]:
    """The sections that are made from entities: cards, API operations, templates."""
    graph = CatalogGraph(entities)
    sections: list[Section] = []
    skipped: list[Skipped] = []
    for number, entity in enumerate(entities):
        if number % 100 == 0:
            tell("Reading entities", number, len(entities))
        made, problems = composed_of(entity, graph)
        sections += made
        skipped += problems
    tell("Reading entities", len(entities), len(entities))
    return sections, skipped


def composed_of(entity: Entity, graph: CatalogGraph) -> tuple[Sequence[Section], Sequence[Skipped]]:
    """Those that are made from one entity of `graph`."""
    api = read_api(entity)
    return [card(entity, graph), *api.sections, *template_sections(entity)], api.skipped


def _located(skipped: Sequence[Skipped], name: str, *, named: bool) -> list[Skipped]:
    if not named:
        return list(skipped)
    return [Skipped(f"{name}/{item.path}", item.reason) for item in skipped]
