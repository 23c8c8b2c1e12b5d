"""MLflow as a source: what others registered there and wrote about it, a page for each model.

What this deployment judged itself is not among it: answers look that up in the registry (`server.model_book`).
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING

from ingest.documents import Page, Section, Skipped
from ingest.entities import Entity, EntityRef, Origin
from ingest.errors import SourceError
from ingest.markdown.sections import split_sections
from ingest.sources.source import PagesRead
from server.sources import REGISTRY
from tools.errors import ActionError

if TYPE_CHECKING:
    from recsys_core.registry.others import UnjudgedVersion
    from tools.models import ModelBook

ADDRESS = REGISTRY
_REF = EntityRef("resource", "default", "mlflow")
_MOST = 1_000  # versions
_VERSIONS = 5  # of a model


class RegistrySource:
    """The MLflow that the settings name. Nobody here vouches for what others wrote, so it is marked untrusted."""

    address = ADDRESS

    def __init__(self, book: "ModelBook") -> None:
        self._book = book

    def read(self) -> PagesRead:
        """See `ingest.sources.source.Source`; MLflow is read anew."""
        try:
            state = self._book.sync()
            total, found, _ = self._book.unjudged(
                text=None, name=None, alias=None, by_name=True, limit=_MOST, offset=0
            )
        except ActionError as error:
            raise SourceError(f"{ADDRESS} cannot be read: {error}") from error
        skipped = (
            [Skipped(".", f"was not read again, what was there before is: {state.problem}")]
            if state.problem
            else []
        )
        if total > len(found):
            skipped.append(Skipped(".", f"has {total} versions; the first {len(found)} are read"))
        pages = [_page(name, list(versions)) for name, versions in groupby(found, key=lambda one: one.name)]
        return PagesRead(ADDRESS, [_entity()], pages, skipped, untrusted=True)


def _entity() -> Entity:
    return Entity(
        ref=_REF,
        kind="Resource",
        api_version="backstage.io/v1alpha1",
        metadata={
            "name": _REF.name,
            "title": "MLflow",
            "description": "Models that others registered in MLflow.",
        },
        spec={"type": "mlflow"},
        origin=Origin(path="", line=1, revision=f"mlflow:{_REF.name}"),
    )


def _page(name: str, versions: "Sequence[UnjudgedVersion]") -> Page:
    newest = sorted(versions, key=lambda one: -one.version)
    text = "\n\n".join([f"# {name}", *(part for one in newest[:_VERSIONS] for part in _told(one))])
    revision = f"run:{newest[0].run_id}" if newest[0].run_id else f"mlflow:{name}:{newest[0].version}"
    sections = tuple(
        Section(
            entity=_REF,
            path=f"{name}.md",
            anchor=cut.anchor,
            title=name,
            heading=cut.heading or name,
            breadcrumb=("MLflow", name, *cut.parents, *([cut.heading] if cut.heading else [])),
            text=cut.text,
            blocks=cut.blocks,
            revision=revision,
            content_hash=_hash(cut.text),
        )
        for cut in split_sections(text).cuts
    )
    return Page(_REF, f"{name}.md", name, ("MLflow",), text, revision, _hash(text), sections)


def _told(version: "UnjudgedVersion") -> Iterator[str]:
    yield f"## {version.name} version {version.version}"
    if version.description.strip():
        yield version.description.strip()
    lines = [
        f"- Registered by `{version.by or 'nobody'}` at {version.created_at[:19]}, run `{version.run_id or 'none'}`"
    ]
    if version.aliases:
        lines.append(f"- Aliases: {', '.join(f'`{alias}`' for alias in version.aliases)}")
    if version.metrics:
        figures = ", ".join(f"{metric} {value:g}" for metric, value in version.metrics.items())
        lines.append(f"- Metrics of its run, judged by no protocol of ours: {figures}")
    yield "\n".join(lines)


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
