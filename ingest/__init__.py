"""Reads catalog and TechDocs, indexes them, searches, and answers with citations.

What costs time to import is imported from its own module, where it is used: `ingest.sources.folder.read_folder`,
`ingest.index.build.build_index`, `ingest.library.Library`, `ingest.answers.Assistant`, and one of the embedders
`ingest.index.minilm`, `ingest.index.openai_embedder`, `ingest.index.hashing`.
"""

from ingest.documents import Block, Corpus, Page, Section, SectionKind, Skipped
from ingest.entities import Entity, EntityRef, Origin, Relation
from ingest.errors import (
    EmbedderUnavailable,
    IndexBusy,
    IndexDamaged,
    IndexMissing,
    IngestError,
    InvalidEntityRef,
    ModelUnavailable,
    NotFound,
    SourceError,
)
from ingest.permissions import MaySee, Principal, everyone_sees_everything

__all__ = [
    "Block",
    "Corpus",
    "EmbedderUnavailable",
    "Entity",
    "EntityRef",
    "IndexBusy",
    "IndexDamaged",
    "IndexMissing",
    "IngestError",
    "InvalidEntityRef",
    "MaySee",
    "ModelUnavailable",
    "NotFound",
    "Origin",
    "Page",
    "Principal",
    "Relation",
    "Section",
    "SectionKind",
    "Skipped",
    "SourceError",
    "everyone_sees_everything",
]
