"""What the operator's sources mean: a folder, a catalog file, a Git repository, a Backstage, or MLflow."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.entities import EntityRef
from ingest.sources.backstage.address import BackstageAddress, is_backstage_address
from ingest.sources.git_address import GitAddress, is_git_address
from server.settings import Settings

if TYPE_CHECKING:
    from ingest.sources.backstage.source import BackstageSource
    from ingest.sources.git_source import GitSource
    from ingest.sources.source import Source

REGISTRY = "mlflow+registry"


def opened_sources(
    paths: Sequence[Path], settings: Settings, *, only: frozenset[EntityRef] | None = None
) -> "tuple[Source, ...]":
    """A source for each, once. Raises `SourceError` for an address or folder that is none; nothing is read yet.

    With `only`, running instances will be asked for these entities alone.
    """
    from ingest.sources.folder import FolderSource
    from ingest.sources.tree import Tree

    found: dict[str, Source] = {}
    for path in paths:
        source: Source
        if str(path) == REGISTRY:
            source = _registry(settings)
        elif is_backstage_address(str(path)):
            source = backstage_source(path, settings, only=only)
        else:
            source = git_source(path, settings) if is_git_address(str(path)) else FolderSource(Tree.at(path))
        found.setdefault(source.address, source)
    return tuple(found.values())


def is_address(path: Path) -> bool:
    """Whether a source is no folder or file of this machine."""
    return str(path) == REGISTRY or is_git_address(str(path)) or is_backstage_address(str(path))


def shown(path: Path, settings: Settings) -> str:
    """A source as the operator wrote it; a path has lost slashes of an address. Raises `SourceError`."""
    text = str(path)
    if is_backstage_address(text):
        return backstage_source(path, settings).address
    return git_source(path, settings).address if is_git_address(text) else text


def roots_of(paths: Sequence[Path], settings: Settings) -> tuple[Path, ...]:
    """The folders that they are read from: of a repository its checkout, where it was fetched."""
    return tuple(_roots(paths, settings))


def git_source(path: Path, settings: Settings) -> "GitSource":
    """The repository at this address. Raises `SourceError` when it is none."""
    from ingest.sources.git_source import GitSource

    return GitSource(GitAddress.parse(str(path)), settings.home / "sources", settings.source_hosts)


def backstage_source(
    path: Path, settings: Settings, *, only: frozenset[EntityRef] | None = None
) -> "BackstageSource":
    """The Backstage at this address. Raises `SourceError` when it is none."""
    from ingest.sources.backstage.source import BackstageSource

    address = BackstageAddress.parse(str(path))
    return BackstageSource(
        address, settings.home / "sources", settings.backstage.token, hosts=settings.source_hosts, only=only
    )


def backstage_sources(paths: Sequence[Path], settings: Settings) -> "tuple[BackstageSource, ...]":
    """Those of the sources that are Backstage instances. Raises `SourceError` for an address that is none."""
    return tuple(backstage_source(path, settings) for path in paths if is_backstage_address(str(path)))


def _registry(settings: Settings) -> "Source":
    from server.parts import model_book
    from server.registry_source import RegistrySource

    return RegistrySource(model_book(settings))


def _roots(paths: Sequence[Path], settings: Settings) -> Iterator[Path]:
    for path in paths:
        if is_backstage_address(str(path)):
            continue
        root = git_source(path, settings).checkout if is_git_address(str(path)) else path
        if root.exists():
            yield root
