"""What the model registry recorded, as changes of the entities that stand for models: versions made, aliases moved.

Read when it is asked for, over the registry that actions ask too; a model that no entity stands for has no changes here.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ingest.changes import MOST, Change, Changes, Period
from ingest.entities import Entity
from ingest.registry_pages import name_of
from server.model_book import PROJECTION
from tools.errors import ActionError

if TYPE_CHECKING:
    from recsys_core.registry import AliasChange, ModelVersion
    from tools.models import ModelBook

_ID = re.compile(r"registry/[a-z0-9][a-z0-9._-]*/.{1,120}")


class RegistryHistory:
    """Changes of the models of a registry. A registry that cannot be read says so in `problem`."""

    def __init__(self, book: "ModelBook") -> None:
        self._book = book

    def changes(self, entities: Sequence[Entity], period: Period) -> Changes:
        """See `ingest.changes.History`. After a version of a repository nothing is known here: it has no time."""
        if period.after or not (self._book.home / PROJECTION).exists():
            return Changes()
        try:
            found = [change for entity in entities for change in self._of(entity) if _within(change, period)]
        except ActionError as error:
            return Changes(problem=f"The model registry cannot be read: {error}.")
        found.sort(key=lambda change: change.at, reverse=True)
        kept = any(name_of(entity) for entity in entities)
        return Changes(tuple(found[:MOST]), len(found), kept=kept)

    def change(self, id: str, entity: Entity) -> Change | None:
        """See `ingest.changes.History`."""
        if not _ID.fullmatch(id) or not (self._book.home / PROJECTION).exists():
            return None
        try:
            return next((change for change in self._of(entity) if change.id == id), None)
        except ActionError:
            return None

    def _of(self, entity: Entity) -> Iterator[Change]:
        name = name_of(entity)
        if name and name in self._book.names():
            for version in self._book.query(name=name, limit=MOST).rows:
                yield _made(version, entity)
            for move in self._book.history(name):
                yield _moved(move, entity)


def _made(version: "ModelVersion", entity: Entity) -> Change:
    return Change(
        id=f"registry/{version.name}/{version.version}",
        entity=entity,
        at=_moment(version.created_at),
        what=f"`{version.ref}` of kind `{version.model}` was made by run `{version.run_id}`, registered for `{version.owner}`",
        revision=f"run:{version.run_id}",
        details=(f"Trained on the data `{version.data_name}`, hash `{version.data_hash[:12]}`",),
    )


def _moved(move: "AliasChange", entity: Entity) -> Change:
    old, new = (f"`{move.name}:{number}`" if number else "nothing" for number in (move.old, move.new))
    return Change(
        id=f"registry/{move.name}/{move.alias}/{move.at}",
        entity=entity,
        at=_moment(move.at),
        what=f"the alias `{move.alias}` of `{move.name}` was moved from {old} to {new} by `{move.by}`",
        revision=f"registry:{move.name}@{move.alias}:{move.new or 0}",
    )


def _within(change: Change, period: Period) -> bool:
    return (period.since is None or change.at >= period.since) and (
        period.until is None or change.at < period.until
    )


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
