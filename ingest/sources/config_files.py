"""Configuration that an entity runs with, as pages beside its docs: what is live, to hold prose against.

An entity names its files in the annotation `cuebook.dev/config`, separated by commas, relative to the file that
describes it. Only text files of the tree are read; a value that looks like a secret is left out.
"""

import hashlib
import re
from pathlib import Path

from ingest.documents import Page, Section, SectionKind, Skipped
from ingest.entities import Entity
from ingest.revisions import Revisions
from ingest.sources.composed import code_block
from ingest.sources.tree import LeavesTree, Tree, UnreadableFile

CONFIG = "cuebook.dev/config"
_LIMIT = 64_000
_LANGUAGES = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".toml": "toml",
    ".ini": "ini",
    ".conf": "",
    ".env": "ini",
}
_SECRET = re.compile(
    r"^(?P<key>[^#\n]*?(?:password|passwd|secret|token|api_?key|private_?key|credential)s?[\"']?\s*[:=])\s*\S.*$",
    re.IGNORECASE | re.MULTILINE,
)


def config_pages(entity: Entity, *, tree: Tree, revisions: Revisions) -> tuple[list[Page], list[Skipped]]:
    """A page for each file that `entity` names, its path as the annotation has it."""
    pages: list[Page] = []
    skipped: list[Skipped] = []
    named = entity.annotations.get(CONFIG, "")
    folder = (tree.root / entity.origin.path).parent
    for name in filter(None, (part.strip() for part in named.split(","))):
        try:
            pages.append(_page(entity, name, folder, tree, revisions))
        except (LeavesTree, UnreadableFile) as error:
            skipped.append(Skipped(entity.origin.path, f"{CONFIG} {name!r}: {error}"))
    return pages, skipped


def _page(entity: Entity, name: str, folder: Path, tree: Tree, revisions: Revisions) -> Page:
    path = tree.follow(name, folder=folder)
    if path.suffix not in _LANGUAGES:
        raise UnreadableFile(f"is none of {', '.join(_LANGUAGES)}")
    content, text = tree.read_text(path, limit=_LIMIT)
    block = code_block(_SECRET.sub(r"\g<key> (left out)", text), _LANGUAGES[path.suffix])
    digest = hashlib.sha256(block.text.encode()).hexdigest()
    commit = revisions.commit_of(path, content)
    title = f"{entity.title}: {name}"
    section = Section(
        entity=entity.ref,
        path=name,
        anchor="",
        title=title,
        heading=name,
        breadcrumb=(entity.title, "Live configuration", name),
        text=block.text,
        blocks=(block,),
        revision=f"git:{commit}" if commit else f"sha256:{digest}",
        content_hash=digest,
        kind=SectionKind.CONFIG,
        modified=revisions.modified(path),
        owner=entity.owner,
    )
    return Page(
        entity=entity.ref,
        path=name,
        title=title,
        trail=section.breadcrumb[:-1],
        markdown=block.text,
        revision=section.revision,
        content_hash=digest,
        sections=(section,),
        modified=section.modified,
        owner=entity.owner,
    )
