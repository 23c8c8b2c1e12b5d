"""Citations opened again from where they were read, to see that each quote stands there.

A page is read at the revision that the citation names: from the checkout while its files are still those of that
commit, else out of the repository's history. Where there was no commit, the file must still have the content that
was indexed. Cards, operations and templates are composed anew from the catalog files, pages of the registry from
the registry. What came from a running instance is asked of it again. Only what comes from none of these is opened in the
index.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from ingest.changes import is_change_path
from ingest.documents import Page, Section
from ingest.entities import Entity, EntityRef
from ingest.errors import IngestError
from ingest.graph import CatalogGraph
from ingest.permissions import Principal
from ingest.registry_pages import is_registry_path
from ingest.revisions import AtCommit
from ingest.sources.config_files import CONFIG, config_pages
from ingest.sources.folder import TreeRead, composed, composed_of, read_tree
from ingest.sources.techdocs import read_techdocs
from ingest.sources.tree import Tree

_GIT = "git:"
_LIVE = "live instance"


class Cited(Protocol):
    """A quote and where it is said to stand."""

    @property
    def entity(self) -> str: ...
    @property
    def path(self) -> str | None: ...
    @property
    def anchor(self) -> str: ...
    @property
    def quote(self) -> str: ...
    @property
    def revision(self) -> str: ...


class Opened(Protocol):
    """What the open index is asked for."""

    def section(self, entity: str, path: str | None, anchor: str, *, principal: Principal) -> Section: ...
    def as_seen(self, section: Section, *, principal: Principal) -> Section: ...
    def whole_catalog(self) -> CatalogGraph: ...


class Instance(Protocol):
    """A running catalog that is asked again. Each raises `SourceError` when it does not answer."""

    def holds(self, ref: EntityRef) -> bool:
        """Whether the entity was read there. Asks nobody."""
        ...

    def entity(self, ref: EntityRef) -> Entity | None: ...
    def page(self, entity: Entity, path: str) -> Page | None: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether the cited section opens, whether the quote stands in it, by which way, and what is wrong if not."""

    opens: bool
    found: bool
    by: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page as it was at a revision, or why there is none."""

    page: Page | None
    by: str
    problem: str = ""


_Docs = tuple[TreeRead, Entity, Path]


class Reopener:
    """Checks citations against the sources: folders, and running instances. Catalogs are read once, pages one at a time."""

    def __init__(self, roots: Sequence[Path], *, library: Opened, instances: Sequence[Instance] = ()) -> None:
        self._roots, self._library, self._instances = roots, library, instances
        self._asked: dict[tuple[str, str | None], tuple[Section, ...]] = {}
        self._commits: dict[tuple[Path, str], AtCommit] = {}
        self._opened: dict[tuple[str, str, str], _Page] = {}

    def check(self, citations: Sequence[Cited], *, principal: Principal) -> tuple[Opening, ...]:
        """One opening for each citation, in their order. Never raises for a citation that cannot be opened."""
        return tuple(self._checked(citation, principal) for citation in citations)

    def _checked(self, cited: Cited, principal: Principal) -> Opening:
        try:
            if is_registry_path(cited.path):
                return self._in_library(cited, principal, by="registry")
            if is_change_path(cited.path):
                return self._in_library(cited, principal, by="history")
            if (found := self._in_instance(cited, principal)) is not None:
                return found
            if cited.path is None:
                return self._in_catalog(cited, principal)
            return self._on_page(cited, cited.path) or self._in_library(cited, principal, by="index")
        except (IngestError, OSError) as error:
            return Opening(opens=False, found=False, by="", problem=str(error))

    def _in_library(self, cited: Cited, principal: Principal, *, by: str) -> Opening:
        section = self._library.section(cited.entity, cited.path, cited.anchor, principal=principal)
        return _judged(section, cited, by)

    def _in_instance(self, cited: Cited, principal: Principal) -> Opening | None:
        """None for what was read in no instance."""
        ref = EntityRef.parse(cited.entity)
        known = self._library.whole_catalog().get(ref) if self._instances else None
        instance = next((each for each in self._instances if each.holds(ref)), None)
        if known is None or known.computed is None or instance is None:
            return None
        # The index says whether this principal may see it at all; raises as for what does not exist.
        self._library.section(cited.entity, None, "", principal=principal)
        key = (cited.entity, cited.path)
        if key not in self._asked:
            self._asked[key] = self._now(instance, known, cited.path)
        section = next((one for one in self._asked[key] if one.anchor == cited.anchor), None)
        if section is None:
            place = f"{cited.path or ref} has no part {cited.anchor!r} there any more"
            return Opening(opens=False, found=False, by=_LIVE, problem=f"{place}; run `cuebook ingest`")
        return _judged(self._library.as_seen(section, principal=principal), cited, _LIVE)

    def _now(self, instance: Instance, known: Entity, path: str | None) -> tuple[Section, ...]:
        """The sections of a page, or of the entity itself, as the instance has them now; none when it is gone."""
        if path is not None:
            page = instance.page(known, path)
            return page.sections if page else ()
        entity = instance.entity(known.ref)
        if entity is None:
            return ()
        others = [one for one in self._library.whole_catalog().entities if one.ref != entity.ref]
        return tuple(composed_of(entity, CatalogGraph([entity, *others]))[0])

    def _in_catalog(self, cited: Cited, principal: Principal) -> Opening:
        section = self._composed.get((cited.entity, cited.anchor))
        if section is None:
            return self._in_library(cited, principal, by="index")
        return _judged(self._library.as_seen(section, principal=principal), cited, "catalog files")

    def _on_page(self, cited: Cited, path: str) -> Opening | None:
        """None when no folder has docs of the entity."""
        docs = self._docs.get(cited.entity)
        if docs is None:
            return None
        key = (cited.entity, path, cited.revision)
        if key not in self._opened:
            self._opened[key] = self._page(docs, path, cited.revision)
        opened = self._opened[key]
        if opened.page is None:
            return Opening(opens=False, found=False, by=opened.by, problem=opened.problem)
        return _in_page(opened.page, cited, opened.by)

    def _page(self, docs: _Docs, path: str, revision: str) -> _Page:
        part, entity, folder = docs
        root, commit = part.tree.root, revision.removeprefix(_GIT)
        at = self._commits.setdefault((root, commit), AtCommit(root, commit))
        now = _read(entity, folder, root, at, path)
        if now is not None and now.revision == revision:
            return _Page(now, "checkout" if revision.startswith(_GIT) else "content hash")
        if not revision.startswith(_GIT):
            problem = f"{path} is no longer what was indexed; run `cuebook ingest` and ask again"
            return _Page(None, "content hash", problem)
        return _in_history(entity, folder, root, at, path)

    @cached_property
    def _trees(self) -> list[TreeRead]:
        known: dict[EntityRef, Entity] = {}
        read = []
        for root in self._roots:
            part = read_tree(Tree.at(root))
            part.drop_known(known)
            known.update((entity.ref, entity) for entity in part.entities)
            read.append(part)
        return read

    @cached_property
    def _docs(self) -> Mapping[str, _Docs]:
        bare = {
            str(entity.ref): (part, entity, part.tree.root)
            for part in self._trees
            for entity in part.entities
            if CONFIG in entity.annotations
        }
        return bare | {
            str(entity.ref): (part, entity, folder) for part in self._trees for entity, folder in part.docs
        }

    @cached_property
    def _composed(self) -> Mapping[tuple[str, str], Section]:
        entities = tuple(entity for part in self._trees for entity in part.entities)
        sections, _ = composed(entities, lambda _what, _done, _total: None)
        return {(str(section.entity), section.anchor): section for section in reversed(sections)}


def _read(entity: Entity, folder: Path, root: Path, at: AtCommit, path: str) -> Page | None:
    configs, _ = config_pages(entity, tree=Tree(root), revisions=at)
    if path in {page.path for page in configs}:
        return next(page for page in configs if page.path == path)
    docs = read_techdocs(entity, folder, root=root, revisions=at, only=path)
    return next(iter(docs.pages), None)


def _in_history(entity: Entity, folder: Path, root: Path, at: AtCommit, path: str) -> _Page:
    """The page as it was, in a checkout of its commit that is gone afterwards."""
    by = "git history"
    with tempfile.TemporaryDirectory() as temporary:
        then = Path(temporary).resolve()
        if not at.check_out(then):
            problem = f"the repository of {root.name!r} does not have the commit {at.head[:12]}; fetch it, or ingest again"
            return _Page(None, by, problem)
        page = _read(entity, then / folder.relative_to(root), then, AtCommit(then, ""), path)
        return _Page(page, by, "" if page else f"there was no {path} at the commit {at.head[:12]}")


def _in_page(page: Page, cited: Cited, by: str) -> Opening:
    section = next((one for one in page.sections if one.anchor == cited.anchor), None)
    if section is None:
        problem = f"{page.path} has no heading {cited.anchor!r} at {cited.revision}"
        return Opening(opens=False, found=False, by=by, problem=problem)
    found = cited.quote in section.text
    return Opening(opens=True, found=found, by=by, problem="" if found else _absent(cited))


def _judged(section: Section, cited: Cited, by: str) -> Opening:
    found = cited.quote in section.text
    moved = section.revision != cited.revision
    problem = "" if found else _absent(cited)
    if moved and not found:
        problem += f", which is at {section.revision} by now; run `cuebook ingest` and ask again"
    return Opening(opens=True, found=found, by=by, problem=problem)


def _absent(cited: Cited) -> str:
    return f"the quote {' '.join(cited.quote.split())[:60]!r} does not stand there"
