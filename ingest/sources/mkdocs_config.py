"""`mkdocs.yml`, read as data: where the pages are, how they are ordered, how headings become anchors.

Nothing in it is executed: `!!python/name:…` and the like become their own text, `!ENV` becomes its default.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ingest.documents import Skipped
from ingest.markdown.slugs import MKDOCS_SLUG, Slug, named_slug
from ingest.sources.tree import LeavesTree, Tree, UnreadableFile

_NAMES = ("mkdocs.yml", "mkdocs.yaml")
_LIMIT = 1_000_000
_DEPTH = 12
_PYTHON = "tag:yaml.org,2002:python/"


@dataclass(frozen=True, slots=True)
class NavEntry:
    """One line of `nav`: a page or address (`target`), or a titled group of `entries`."""

    title: str | None
    target: str | None = None
    entries: tuple["NavEntry", ...] = ()


@dataclass(frozen=True, slots=True)
class MkdocsConfig:
    """What matters of a site's configuration. `nav` is None when mkdocs would list the files itself.

    `snippets` are the folders that includes are looked up in, and `excluded` the patterns of `exclude_docs`.
    """

    folder: Path
    site_name: str | None
    docs: Path
    nav: tuple[NavEntry, ...] | None
    slug: Slug
    snippets: tuple[Path, ...]
    excluded: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def read_mkdocs_config(folder: Path, *, tree: Tree) -> MkdocsConfig:
    """Read a folder's `mkdocs.yml`; without a readable one, the pages are those of its `docs/`."""
    file = next((folder / name for name in _NAMES if (folder / name).is_file()), None)
    if file is None:
        return _Reader(folder, folder / _NAMES[0], tree).config({})
    return read_config_file(file, tree=tree)


def read_config_file(file: Path, *, tree: Tree) -> MkdocsConfig:
    """Read one configuration file, whatever its name; its problems are in `skipped`."""
    reader = _Reader(file.parent, file, tree)
    return reader.config(reader.values(file, depth=3))


class _Reader:
    def __init__(self, folder: Path, file: Path, tree: Tree) -> None:
        self._folder = folder
        self._file = file
        self._tree = tree
        self._skipped: list[Skipped] = []

    def values(self, file: Path, *, depth: int) -> Mapping[str, Any]:
        """The file's settings over those it inherits; {} where they cannot be read."""
        try:
            file = self._tree.follow(file.name, folder=file.parent)
            values = yaml.load(self._tree.read_text(file, limit=_LIMIT)[1], Loader=_Data)  # noqa: S506 - a safe loader
        except (LeavesTree, UnreadableFile) as error:
            return self._unread(file, str(error))
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            return self._unread(file, f"is not valid YAML: {' '.join(str(error).split())}")
        if not isinstance(values, Mapping):
            return self._unread(file, "is not a YAML mapping")
        parent = values.get("INHERIT")
        if not isinstance(parent, str) or depth == 0:
            return values
        inherited = self.values(file.parent / parent, depth=depth - 1)
        return {**inherited, **values}

    def config(self, values: Mapping[str, Any]) -> MkdocsConfig:
        name = values.get("site_name")
        docs = self._docs(values.get("docs_dir"))
        extensions = _extensions(values.get("markdown_extensions"))
        nav = values.get("nav")
        excluded = values.get("exclude_docs")
        return MkdocsConfig(
            folder=self._folder,
            site_name=str(name).strip() or None if isinstance(name, str | int | float) else None,
            docs=docs,
            nav=_entries(nav, _DEPTH) if isinstance(nav, list) and nav else None,
            slug=self._slug(extensions.get("toc", {})),
            snippets=self._snippets(extensions.get("pymdownx.snippets", {}), docs),
            excluded=tuple(excluded.split("\n")) if isinstance(excluded, str) else (),
            skipped=tuple(self._skipped),
        )

    def _docs(self, value: object) -> Path:
        default = self._folder / "docs"
        if value is None:
            return default
        try:
            return self._tree.follow(str(value), folder=self._folder)
        except LeavesTree as error:
            self._note(f"docs_dir {error}; docs/ is read instead")
            return default

    def _slug(self, toc: Mapping[str, Any]) -> Slug:
        separator = str(toc.get("separator", "-"))
        chosen = toc.get("slugify")
        if chosen is None:
            return Slug(MKDOCS_SLUG.words, separator)
        name, keywords = (
            (chosen.get("python"), chosen.get("kwds") or {}) if isinstance(chosen, Mapping) else (chosen, {})
        )
        known = named_slug(str(name), keywords if isinstance(keywords, Mapping) else {}, separator=separator)
        if known is None:
            self._note(f"toc slugify {name!r} is not known; anchors are those of mkdocs' default")
        return known or Slug(MKDOCS_SLUG.words, separator)

    def _snippets(self, snippets: Mapping[str, Any], docs: Path) -> tuple[Path, ...]:
        given = snippets.get("base_path", [])
        named = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        folders = []
        for name in named:
            try:
                folders.append(self._tree.follow(str(name), folder=self._folder))
            except LeavesTree as error:
                self._note(f"snippets base_path {error}")
        return tuple(dict.fromkeys([*folders, self._folder, docs]))

    def _unread(self, file: Path, problem: str) -> Mapping[str, Any]:
        self._skipped.append(Skipped(self._tree.relative(file), f"{problem}; docs/ is read without it"))
        return {}

    def _note(self, reason: str) -> None:
        self._skipped.append(Skipped(self._tree.relative(self._file), reason))


def _extensions(value: object) -> dict[str, Mapping[str, Any]]:
    """`markdown_extensions` as name to settings, from its list or its mapping form."""
    items: Sequence[Any] = value if isinstance(value, list) else [value]
    settings: dict[str, Mapping[str, Any]] = {}
    for item in items:
        if isinstance(item, Mapping):
            settings.update((str(k), v) for k, v in item.items() if isinstance(v, Mapping))
    return settings


def _entries(value: Sequence[Any], depth: int) -> tuple[NavEntry, ...]:
    found: list[NavEntry] = []
    for item in value if depth else ():
        if isinstance(item, str):
            found.append(NavEntry(None, item))
        elif isinstance(item, Mapping):
            found.extend(_entry(str(title), target, depth) for title, target in item.items())
    return tuple(found)


def _entry(title: str, value: object, depth: int) -> NavEntry:
    if isinstance(value, list):
        return NavEntry(title, entries=_entries(value, depth - 1))
    return NavEntry(title, str(value) if value is not None else None)


class _Data(yaml.CSafeLoader):
    """A loader to which every unknown tag is data."""


def _unknown(loader: _Data, suffix: str, node: yaml.Node) -> object:
    value = _untagged(loader, node)
    named = re.match(r"(?:name|module|object(?:/apply|/new)?):(.*)$", suffix)
    if named is None:
        return value
    return {"python": named[1], **value} if isinstance(value, dict) else named[1]


def _environment(loader: _Data, node: yaml.Node) -> object:
    """`!ENV NAME` and `!ENV [NAME, …, default]`: the environment is not read, so only a default has a value."""
    value = _untagged(loader, node)
    return value[-1] if isinstance(value, list) and len(value) > 1 else None


def _untagged(loader: _Data, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Data.add_multi_constructor(_PYTHON, _unknown)
_Data.add_multi_constructor("!", lambda loader, _suffix, node: _untagged(loader, node))
_Data.add_constructor("!ENV", _environment)
