"""Reads the sources and builds the index: for `cuebook ingest` and `up`, and for the action `refresh_index`.

Which sources an index was built from is noted beside it, so that a refresh reads the same ones.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.entities import EntityRef
from ingest.errors import IngestError, SourceError
from server.settings import Settings
from server.sources import is_address, shown
from tools.plan import Target

if TYPE_CHECKING:
    from ingest.index.build import BuildReport
    from ingest.index.generations import Generations

Progress = Callable[[str, int, int], None]


def index_sources(
    paths: Sequence[Path] | None,
    *,
    settings: Settings,
    rebuild: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Build the index out of `paths`, or of the sources that `chosen_sources` settles on.

    Returns the build's report as JSON-able values, `skipped` included. Raises `SourceError` when there is
    nothing to read, and what `build_index` raises; the index that was there stays until the new one is whole.
    """
    sources = tuple(paths) if paths else chosen_sources(settings)
    report = _build(sources, settings=settings, rebuild=rebuild, progress=progress)
    _note(settings.home, sources, named=bool(paths))
    found = asdict(report) | {"sources": [shown(path, settings) for path in sources]}
    if report.changed:
        from server.asking_again import asked_again

        found |= {"asked_again": asked_again(settings, report.generation)}
    return found


def chosen_sources(settings: Settings) -> tuple[Path, ...]:
    """Set sources; else those that `cuebook ingest` was last given; else the defaults. Raises `SourceError`."""
    if settings.sources and settings.source_of("sources") != "default":
        return settings.sources
    sources = _noted(settings.home) or settings.sources
    if not sources:
        raise SourceError(
            "there is nothing to index: name a folder with catalog YAML, as in `cuebook ingest PATH`, or set "
            "CUEBOOK_SOURCES (a checkout of Cuebook brings examples/org, which is found from its own folder)"
        )
    return sources


class SourceIndexer:
    """What `refresh_index` asks for: the same sources, read again. The operator settled which; no caller does."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def sources(self) -> tuple[Target, ...]:
        """The sources. Their content is no part of the plan: a refresh reads whatever is there by then."""
        return tuple(
            Target(
                ref=shown(path, self._settings), revision="found" if is_address(path) or path.exists() else ""
            )
            for path in chosen_sources(self._settings)
        )

    def before(self, generation: str) -> str:
        """The generation that answered before this one; empty when it cannot answer again."""
        return self._generations().before(generation) or ""

    def go_back(self, generation: str) -> str:
        """Let the generation before this one answer again. Raises `IndexMissing` and `IndexBusy`."""
        return self._generations().go_back(generation)

    def _generations(self) -> "Generations":
        from ingest.index.generations import Generations

        return Generations(self._settings.home)

    def refresh(self, only: frozenset[EntityRef] | None = None) -> "BuildReport":
        """With `only`, running instances are asked for these entities alone."""
        return _build(chosen_sources(self._settings), settings=self._settings, only=only)


def _build(
    sources: Sequence[Path],
    *,
    settings: Settings,
    rebuild: bool = False,
    progress: Progress | None = None,
    only: frozenset[EntityRef] | None = None,
) -> "BuildReport":
    from ingest.index.build import build_index
    from ingest.sources import read_sources
    from server.parts import make_embedder
    from server.sources import opened_sources

    opened = opened_sources(sources, settings, only=only)
    corpus = read_sources(opened, progress=progress, untrusted=settings.untrusted)
    embedder = make_embedder(settings)
    return build_index(corpus, home=settings.home, embedder=embedder, rebuild=rebuild, progress=progress)


def _notes(home: Path) -> Path:
    return home / "index" / "sources.json"


def _note(home: Path, sources: Sequence[Path], *, named: bool) -> None:
    """Remember sources that somebody named; the defaults are found anew each time, they may have grown."""
    path = _notes(home)
    if not named:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        temporary.write_text(
            json.dumps({"sources": [_absolute(source) for source in sources]}), encoding="utf-8"
        )
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise IngestError(
            f"the index is built and answers, but {path} cannot be written ({error.strerror}): a refresh would "
            f"not know the sources; once that is mended, run `cuebook ingest` again with the same paths"
        ) from error


def _absolute(source: Path) -> str:
    return str(source) if is_address(source) else str(source.resolve())


def _noted(home: Path) -> tuple[Path, ...]:
    path = _notes(home)
    try:
        return tuple(Path(source) for source in json.loads(path.read_text(encoding="utf-8"))["sources"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{path} cannot be read ({error}); remove it and run `cuebook ingest PATH`"
        ) from error
