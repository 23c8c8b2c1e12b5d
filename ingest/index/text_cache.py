"""What cutting and tokenising a section gave, by what it was computed from; shared by all generations of a home.

With it a run pays only for the sections that changed: counting tokens and stemming words cost more than reading
and writing everything else.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

from ingest.documents import Section
from ingest.index.cache_file import opened
from ingest.index.words import SectionTerms

FILE = "texts.sqlite"
_REVISION = "1"  # of what is kept; raise it when chunks or terms of the same text come out otherwise
_SPARE = 3  # times what the last build used may be kept before the rest goes
_SCHEMA = "CREATE TABLE IF NOT EXISTS texts (key BLOB PRIMARY KEY, chunks TEXT NOT NULL, terms BLOB NOT NULL)"

Cut = tuple[tuple[str, ...], SectionTerms]


class TextCache:
    """Chunks and terms of sections. One writer: whoever holds the build's lock."""

    def __init__(self, folder: Path, *, embedder: str, fresh: bool = False) -> None:
        """`fresh` reads nothing of what is there."""
        self._embedder, self._fresh = embedder, fresh
        self._used: set[bytes] = set()
        self._connection = opened(folder / FILE, schema=_SCHEMA)

    def cut(
        self,
        sections: Sequence[tuple[Section, str]],
        *,
        make: Callable[[Section, str], Cut],
    ) -> Iterable[Cut]:
        """What `make` gives for each section with the words of its links, from the cache where it is there."""
        for start in range(0, len(sections), 500):
            part = sections[start : start + 500]
            keys = [self._key(section, links) for section, links in part]
            known = self._get(keys)
            new: dict[bytes, Cut] = {}
            for (section, links), key in zip(part, keys, strict=True):
                if key not in known:
                    known[key] = new[key] = make(section, links)
                yield known[key]
            self._put(new)
            self._used.update(keys)

    def close(self, *, whole: bool) -> None:
        """`whole` when all sections went through: then what is long out of use is dropped."""
        if whole:
            (held,) = self._connection.execute("SELECT count(*) FROM texts").fetchone()
            if held > _SPARE * len(self._used):
                every = [key for (key,) in self._connection.execute("SELECT key FROM texts")]
                with self._connection:
                    self._connection.executemany(
                        "DELETE FROM texts WHERE key = ?", ((key,) for key in every if key not in self._used)
                    )
        self._connection.close()

    def _key(self, section: Section, links: str) -> bytes:
        made_from = [
            *(_REVISION, self._embedder, section.title, section.heading, section.breadcrumb, section.path),
            *(links, section.text),
        ]
        return blake2b(json.dumps(made_from).encode(), digest_size=16).digest()

    def _get(self, keys: Sequence[bytes]) -> dict[bytes, Cut]:
        if self._fresh:
            return {}
        marks = ",".join("?" * len(keys))
        return {
            key: (tuple(json.loads(chunks)), SectionTerms.unpacked(terms))
            for key, chunks, terms in self._connection.execute(
                f"SELECT key, chunks, terms FROM texts WHERE key IN ({marks})",  # noqa: S608 - only question marks
                keys,
            )
        }

    def _put(self, cuts: dict[bytes, Cut]) -> None:
        with self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO texts VALUES (?, ?, ?)",
                ((key, json.dumps(chunks), terms.packed()) for key, (chunks, terms) in cuts.items()),
            )
