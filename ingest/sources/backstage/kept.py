"""What was read of one Backstage before, on disk: so that only what changed is asked for, and an outage loses nothing.

Each file is replaced whole. What cannot be read, or was written by another format, counts as not there.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

_FORMAT = 1  # of what is kept, how a page's text is made from its HTML included


@dataclass(frozen=True, slots=True)
class KeptPage:
    """`path` as in citations, `location` in the site; `changed` is when it was first built like this (ISO 8601)."""

    path: str
    location: str
    title: str
    etag: str
    markdown: str
    changed: str


@dataclass(frozen=True, slots=True)
class KeptSite:
    """One entity's docs; `build` is equal for equal builds."""

    build: str
    name: str
    pages: tuple[KeptPage, ...]
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Reading:
    """When something was last read whole (ISO 8601), and why it was not since; "" while nothing is wrong."""

    read_at: str = ""
    problem: str = ""


@dataclass(slots=True)
class Readings:
    """Of the catalog, and of the docs by entity."""

    catalog: Reading = field(default_factory=Reading)
    docs: dict[str, Reading] = field(default_factory=dict)


class Kept:
    """The folder of one instance."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def entities(self) -> dict[str, dict[str, Any]]:
        """The catalog's entities as the backend gave them, by reference."""
        found = self._read("catalog.json")
        return dict(found) if isinstance(found, dict) else {}

    def keep_entities(self, entities: Mapping[str, Mapping[str, Any]]) -> None:
        self._write("catalog.json", entities)

    def site(self, ref: str) -> KeptSite | None:
        try:
            found = self._read(_site_file(ref))
            pages = tuple(KeptPage(**page) for page in found["pages"])
            left_out = tuple((str(path), str(reason)) for path, reason in found["left_out"])
            return KeptSite(str(found["build"]), str(found["name"]), pages, left_out)
        except (KeyError, TypeError, ValueError):
            return None

    def keep_site(self, ref: str, site: KeptSite) -> None:
        self._write(_site_file(ref), asdict(site))

    def drop_sites(self, kept: Mapping[str, object]) -> None:
        """Remove the docs of every entity but these."""
        names = {Path(_site_file(ref)).name for ref in kept}
        for path in (self._folder / "docs").glob("*.json"):
            if path.name not in names:
                path.unlink(missing_ok=True)

    def readings(self) -> Readings:
        found = self._read("readings.json")
        try:
            docs = {str(ref): Reading(**reading) for ref, reading in found["docs"].items()}
            return Readings(Reading(**found["catalog"]), docs)
        except (KeyError, TypeError, AttributeError):
            return Readings()

    def keep_readings(self, readings: Readings) -> None:
        self._write("readings.json", asdict(readings))

    def _read(self, name: str) -> Any:
        try:
            found = json.loads((self._folder / name).read_text(encoding="utf-8"))
            return found["kept"] if found["format"] == _FORMAT else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write(self, name: str, value: Any) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        text = json.dumps({"format": _FORMAT, "kept": value}, ensure_ascii=True)
        try:
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _site_file(ref: str) -> str:
    return f"docs/{sha256(ref.encode()).hexdigest()[:24]}.json"
