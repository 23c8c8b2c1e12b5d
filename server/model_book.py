"""The registry as `ingest` asks for it: what questions about models are looked up in.

Only where a registry is already, since asking makes no files. A read imports neither MLflow nor numpy, and sees what was
registered a moment ago.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.errors import ModelBookUnavailable
from ingest.model_book import Judgement, Measure, Ranking, RegisteredModel
from tools.errors import ActionError, NotFound

if TYPE_CHECKING:
    from recsys_core.registry import Figure, ModelCard, ModelVersion
    from tools.models import ModelBook
    from tools.models.book import Judge

PROJECTION = "registry.sqlite"
_LISTED = 500  # versions of a protocol that a ranking looks at, the best


class RegistryBook:
    """Looks models up in the registry that actions ask too."""

    def __init__(self, book: "ModelBook") -> None:
        self._book = book

    def find(self, ref: str) -> RegisteredModel | None:
        """See `ingest.model_book.ModelBook.find`."""
        if not (self._book.home / PROJECTION).exists():
            return None
        try:
            return _registered(self._book.card(self._book.version(ref)))
        except NotFound:
            return None
        except ActionError as error:
            raise ModelBookUnavailable(str(error)) from error

    def names(self) -> frozenset[str]:
        """See `ingest.model_book.ModelBook.names`."""
        if not (self._book.home / PROJECTION).exists():
            return frozenset()
        try:
            return self._book.names()
        except ActionError as error:
            raise ModelBookUnavailable(str(error)) from error

    def ranked(self, metric: str, *, protocol: str, limit: int) -> tuple[Ranking, ...]:
        """See `ingest.model_book.ModelBook.ranked`."""
        if not (self._book.home / PROJECTION).exists():
            return ()
        try:
            judges = [one for one in self._book.protocols() if protocol in ("", one.name)]
            found = [each for judge in judges for each in self._ranked(metric, judge, limit)]
        except ActionError as error:
            raise ModelBookUnavailable(str(error)) from error
        return tuple(sorted(found, key=lambda each: -each.total))

    def _ranked(self, metric: str, judge: "Judge", limit: int) -> "Iterator[Ranking]":
        """One for each data set among the versions that a list holds at most."""
        by_data: dict[str, list[ModelVersion]] = {}
        for version in self._book.query(sort_by=metric, protocol=judge.hash, limit=_LISTED).rows:
            by_data.setdefault(version.data_hash, []).append(version)
        for versions in by_data.values():
            models = tuple(_registered(self._book.card(version)) for version in versions[:limit])
            name = versions[0].data_name
            yield Ranking(metric, judge.name, judge.hash, name, models, len(versions))


def _registered(card: "ModelCard") -> RegisteredModel:
    version = card.version
    return RegisteredModel(
        name=version.name,
        version=version.version,
        kind=version.model,
        owner=version.owner,
        run_id=version.run_id,
        created_at=version.created_at[:19] + "Z",
        data_name=version.data_name,
        data_hash=version.data_hash,
        aliases=version.aliases,
        judgements=tuple(_judgements(card)),
    )


def _judgements(card: "ModelCard") -> "Iterator[Judgement]":
    """One a protocol: its headline figures, and the newest run that measured by it."""
    by_protocol: dict[tuple[str, str], list[Figure]] = {}
    for figure in card.version.metrics:
        by_protocol.setdefault((figure.protocol, figure.protocol_hash), []).append(figure)
    for (protocol, digest), figures in by_protocol.items():
        yield Judgement(
            protocol=protocol,
            protocol_hash=digest,
            view=figures[0].view,
            run_id=_judged_by(card, digest),
            measures=tuple(
                Measure(figure.metric, figure.value.mean, figure.value.low, figure.value.high)
                for figure in figures
            ),
        )


def _judged_by(card: "ModelCard", protocol_hash: str) -> str:
    """The run whose figures the listing shows: the last that was recorded, else the one that made the version."""
    runs = (
        evaluation.run_id
        for evaluation in card.evaluations
        if any(found.hash == protocol_hash for found in evaluation.metrics)
    )
    return next(runs, card.version.run_id)
