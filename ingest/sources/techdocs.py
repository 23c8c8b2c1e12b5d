"""The pages of one TechDocs site: its files in the order and under the titles that mkdocs gives them."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from ingest.documents import Page, Section, Skipped
from ingest.entities import Entity
from ingest.markdown.front_matter import FrontMatter, split_front_matter
from ingest.markdown.includes import Included, expand_includes
from ingest.markdown.sections import Cut, split_sections
from ingest.reviews import reviewed
from ingest.revisions import Revisions
from ingest.sources.mkdocs_config import MkdocsConfig, NavEntry, read_config_file, read_mkdocs_config
from ingest.sources.site_files import SUFFIXES, SiteFile, site_files
from ingest.sources.tree import LeavesTree, Tree, UnreadableFile

_PAGE_LIMIT = 5_000_000
_INCLUDES = ("!include ", "*include ")


@dataclass(frozen=True, slots=True)
class Docs:
    """A site's pages in reading order: those of `nav`, then the others."""

    pages: tuple[Page, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def read_techdocs(
    entity: Entity, folder: Path, *, root: Path, revisions: Revisions, only: str | None = None
) -> Docs:
    """Read the site of `folder`: its `mkdocs.yml`, or its `docs/` where it has none.

    `Page.path` is relative to the docs folder. A site taken in with `!include` has its pages under its own
    name, as mkdocs-monorepo-plugin has them. Nothing outside `root` is read; what cannot be read is in
    `skipped`, with paths relative to `root`. `only` is the path of the one page that is wanted.
    """
    tree = Tree(root.resolve())
    site = _Site(entity, tree, revisions, only)
    site.read(read_mkdocs_config(folder.resolve(), tree=tree))
    return Docs(tuple(site.pages), tuple(site.skipped))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the navigation puts a page: its title there, the groups above it, its path's prefix."""

    file: SiteFile
    title: str | None
    trail: tuple[str, ...]
    under: str

    @property
    def path(self) -> str:
        return f"{self.under}{self.file.path}"


@dataclass(slots=True)
class _Site:
    entity: Entity
    tree: Tree
    revisions: Revisions
    only: str | None = None
    pages: list[Page] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)

    def read(self, config: MkdocsConfig) -> None:
        """Read the pages of `config` and of the sites that its navigation includes."""
        self._read(config, (config.site_name or self.entity.title,), under="")

    def _read(self, config: MkdocsConfig, trail: tuple[str, ...], *, under: str) -> None:
        self.skipped.extend(config.skipped)
        listing = site_files(config.docs, tree=self.tree, excluded=config.excluded)
        self.skipped.extend(listing.skipped)
        rest = {file.path: file for file in listing.files}
        for entry, above in _leaves(config.nav or (), trail):
            target = entry.target or ""
            if target.startswith(_INCLUDES):
                self._take_in(config, entry, above, nested=bool(under))
            elif not _is_address(target):
                self._place(config, entry, above, rest, under)
        for file in rest.values():
            self._add(config, _Place(file, None, (*trail, *file.folders), under))

    def _place(
        self,
        config: MkdocsConfig,
        entry: NavEntry,
        trail: tuple[str, ...],
        rest: dict[str, SiteFile],
        under: str,
    ) -> None:
        """Add a page that the navigation names, once."""
        target = PurePosixPath(unquote(entry.target or "")).as_posix()
        file = rest.pop(target, None)
        if file is not None:
            self._add(config, _Place(file, entry.title, trail, under))
        elif target.lower().endswith(SUFFIXES) and not (config.docs / target).is_file():
            self._skip(config.docs / target, "nav names this page, which does not exist")

    def _take_in(
        self, config: MkdocsConfig, entry: NavEntry, trail: tuple[str, ...], *, nested: bool
    ) -> None:
        """Read the site that `!include path/mkdocs.yml` names, its pages under the slug of its name."""
        target = entry.target or ""
        try:
            file = self.tree.follow(target[len(_INCLUDES[0]) :].strip(), folder=config.folder)
        except LeavesTree as error:
            self._skip(config.folder, f"nav {target!r}: {error}")
            return
        if nested or target.startswith("*") or not file.is_file():
            problem = "is not followed" if nested or target.startswith("*") else "names no file"
            self._skip(config.folder, f"nav {target!r} {problem}; its pages are left out")
            return
        included = read_config_file(file, tree=self.tree)
        name = included.site_name or file.parent.name
        alias = re.sub(r"[^a-z0-9/]+", "-", name.lower()).strip("-/") or "included"
        self._read(included, (*trail, entry.title or name), under=f"{alias}/")

    def _add(self, config: MkdocsConfig, place: _Place) -> None:
        if self.only not in (None, place.path):
            return
        if place.path in self.paths:
            self._skip(place.file.location, f"another page of this site is already at {place.path!r}")
            return
        try:
            content, text = self.tree.read_text(place.file.location, limit=_PAGE_LIMIT)
        except UnreadableFile as error:
            self._skip(place.file.location, str(error))
            return
        matter = split_front_matter(text.replace("\r\n", "\n").replace("\r", "\n"))
        included = expand_includes(matter.body, folders=config.snippets, tree=self.tree.root)
        for problem in (*([matter.problem] if matter.problem else []), *included.problems):
            self._skip(place.file.location, problem)
        self.paths.add(place.path)
        self.pages.append(self._page(config, place, content, matter, included))

    def _page(
        self, config: MkdocsConfig, place: _Place, content: bytes, matter: FrontMatter, included: Included
    ) -> Page:
        split = split_sections(included.text, slug=config.slug)
        title = place.title or _text(matter.values.get("title")) or split.title or place.file.title
        content_hash = content_hash_of(included.text)
        page = Page(
            entity=self.entity.ref,
            path=place.path,
            title=title,
            trail=place.trail,
            markdown=included.text,
            revision=self._revision(place.file.location, content, included.files) or f"sha256:{content_hash}",
            content_hash=content_hash,
            sections=(),
            front_matter=matter.values,
            modified=self.revisions.modified(place.file.location),
            owner=self.entity.owner,
            reviewed=reviewed(matter.values, self.entity),
        )
        return _with_sections(page, split.cuts)

    def _revision(self, file: Path, content: bytes, included: Sequence[Path]) -> str | None:
        """The commit that holds the page as it is, includes and all; None when none does."""
        commit = self.revisions.commit_of(file, content)
        if commit is None or not included:
            return commit and f"git:{commit}"
        clean = all(self.revisions.commit_of(path, path.read_bytes()) for path in included)
        return f"git:{self.revisions.head}" if clean else None

    def _skip(self, path: Path, reason: str) -> None:
        self.skipped.append(Skipped(self.tree.relative(path), reason))


def _with_sections(page: Page, cuts: Sequence[Cut]) -> Page:
    return replace(page, sections=tuple(section_of(page, cut) for cut in cuts))


def section_of(page: Page, cut: Cut) -> Section:
    """What one cut of a page is, with all that it takes over from the page."""
    heading = cut.heading or page.title
    return Section(
        entity=page.entity,
        path=page.path,
        anchor=cut.anchor,
        title=page.title,
        heading=heading,
        breadcrumb=_without_repetitions((*page.trail, page.title, *cut.parents, heading)),
        text=cut.text,
        blocks=cut.blocks,
        revision=page.revision,
        content_hash=content_hash_of(cut.text),
        modified=page.modified,
        owner=page.owner,
        reviewed=page.reviewed,
    )


def _leaves(
    entries: Sequence[NavEntry], trail: tuple[str, ...]
) -> Iterator[tuple[NavEntry, tuple[str, ...]]]:
    for entry in entries:
        if entry.entries:
            yield from _leaves(entry.entries, (*trail, entry.title or ""))
        elif entry.target:
            yield entry, trail


def _is_address(target: str) -> bool:
    return not target or bool(urlsplit(target).scheme) or target.startswith(("/", "#"))


def _without_repetitions(parts: Sequence[str]) -> tuple[str, ...]:
    named = [part for part in parts if part]
    return tuple(part for part, before in zip(named, ["", *named], strict=False) if part != before)


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int | float) else ""


def content_hash_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
