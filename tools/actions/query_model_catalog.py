"""The action `query_model_catalog`."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from tools.action import action
from tools.bounds import fitting
from tools.effect import Effect
from tools.errors import InvalidArguments, NotComparable, NotFound, Unavailable
from tools.example import Example
from tools.models.cards import DataRef, ModelLine, Unjudged, model_line, unjudged_line
from tools.run import Run
from tools.shapes import Input, Output
from tools.things import Names, Said, Thing

if TYPE_CHECKING:
    from tools.models import ModelBook
    from tools.models.book import Judge


_JUDGED = Said(
    values=(
        (
            False,
            (
                "unjudged",
                "not judged",
                "never judged",
                "nobody has judged",
                "nobody judged",
                "no evaluation",
                "not evaluated",
                "without evaluation",
                "unevaluated",
            ),
        ),
    )
)


class QueryModelCatalog(Input):
    text: str = Field(default="", max_length=200, description="Words in name, kind, owner, data.")
    name: Annotated[str, Names(Thing.MODEL_NAME)] = Field(
        default="", max_length=63, description="Exact name."
    )
    kind: Annotated[str, Names(Thing.MODEL_KIND)] = Field(
        default="", max_length=40, description="E.g. als, pipeline, embedding."
    )
    owner: str = Field(default="", max_length=200, description="Exact owner.")
    alias: str = Field(default="", max_length=63, description="E.g. production.")
    data: str = Field(default="", max_length=80, description="Data set, name or hash.")
    protocol: str = Field(default="", max_length=80, description="Name or hash.")
    sort_by: Annotated[str, Names(Thing.METRIC)] = Field(
        default="created_at",
        pattern=r"^[\w@./-]{1,60}$",
        description="created_at (newest first), name, or a metric, e.g. ndcg@10 (best first).",
    )
    judged: Annotated[bool, _JUDGED] = Field(
        default=True,
        description="false: versions that others registered in MLflow, with their runs' own metrics.",
    )
    limit: int = Field(default=20, ge=1, le=100, description="Most versions to return.")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="next_offset of the last answer.")


class Ranking(Output):
    """The figure that decides an order."""

    protocol: str = Field(description="Name of the protocol.")
    hash: str = Field(description="Its SHA-256.")
    view: str = Field(description="masked or unmasked.")
    metric: str = Field(description="E.g. ndcg@10; higher is better.")


class Models(Output):
    total: int = Field(description="How many versions fit in all.")
    items: tuple[ModelLine, ...] = Field(description="This part of them, in the order asked for.")
    next_offset: int | None = Field(description="Pass it as offset for the rest; null when this is the end.")
    unmeasured: int = Field(
        description="How many more fit the other filters, but were not measured so: they are left out of a sort by "
        "metric."
    )
    ranked_by: Ranking | None = Field(description="What decides the order; null if it is no metric.")
    data: tuple[DataRef, ...] = Field(
        description="Data sets of this part; figures are comparable within one only."
    )
    unjudged: Unjudged = Field(description="What others registered in the same MLflow.")


_EXAMPLES: tuple[str | Example, ...] = (
    "list the models",
    "which models are registered",
    "show all {kind} models",
    "show all {kind} models in the registry",
    "what is in {alias}",
    "list the models owned by {owner}",
    "which models are in {alias}",
    "rank the models by {sort_by}",
    "which model has the best {sort_by}",
    "sort the registered models by {sort_by}",
    "leaderboard by {sort_by}",
    "show the newest models in the registry",
    "list the models trained on {data}",
    Example("list models that others registered in mlflow", means={"judged": False}),
    "sort models by {sort_by}",
    "what models does the registry have",
    "best models by {sort_by} under {protocol}",
    "top models",
    "show me the registry",
    "which model is the best one",
    "who owns the registered models",
    "newest registered versions",
    "models with alias {alias}",
    "which models were measured with {protocol}",
    "models from {data}",
    "any {alias} models",
    "list all versions",
    "overview of all registered model versions",
    "top of the table by {sort_by}",
    "show every version of {name}",
    "ranking of models by {sort_by} on {data}",
    "what have others registered lately",
    Example("which model version is live right now", means={"alias": "production"}),
    Example("what is live", means={"alias": "production"}),
    "order the models by {sort_by}",
    "do we have any {kind} models registered",
    "are there {kind} models",
    "compare all models by {sort_by}",
    "list {kind} models of {owner}",
    "top {limit} models by {sort_by}",
    "models that were never judged",
    "anything registered that was trained on {data}",
    "versions owned by {owner}",
    "which models serve now",
    "anything in {alias}",
    "versions of {name}",
    "what sits in {alias}",
    "every {kind} in the registry",
)


@action(effect=Effect.READS, scope="models:read", examples=_EXAMPLES)
async def query_model_catalog(input: QueryModelCatalog, run: Run) -> Models:
    """List or rank registered models: metrics with intervals, protocol, aliases, owner, run id.

    Sorting by a metric takes one protocol.
    """
    return await run.in_thread(_models, input)


_ORDERS = {"created_at", "name"}
_NAMES = ("text", "name", "kind", "owner", "alias", "data")


def _models(input: QueryModelCatalog, run: Run) -> Models:
    if not input.judged:
        return _registered_by_others(input, run.models)
    book, by_metric = run.models, input.sort_by not in _ORDERS
    protocol = _protocol(input, book, needed=by_metric)
    filters: dict[str, Any] = {name: getattr(input, name) or None for name in _NAMES}
    digest = protocol.hash if protocol else None
    page = book.query(
        **filters,
        protocol=digest or input.protocol or None,
        sort_by=input.sort_by,
        limit=input.limit,
        offset=input.offset,
    )
    ranking = _ranking(input, protocol) if by_metric and protocol else None
    if ranking and not page.total:
        _measured_at_all(ranking, book)
    items = fitting(
        model_line(row, protocol_hash=digest, metric=ranking.metric if ranking else None) for row in page.rows
    )
    end = input.offset + len(items)
    return Models(
        total=page.total,
        items=items,
        next_offset=end if items and end < page.total else None,
        unmeasured=book.query(**filters, limit=1).total - page.total if ranking else 0,
        ranked_by=ranking,
        data=tuple({item.data.hash: item.data for item in items}.values()),
        unjudged=_unjudged(input, book, listed=False),
    )


def _registered_by_others(input: QueryModelCatalog, book: "ModelBook") -> Models:
    """Alone, so that none of their figures stands beside a judged one."""
    asked = [name for name in ("kind", "owner", "data", "protocol") if getattr(input, name)]
    if asked or input.sort_by not in _ORDERS:
        raise InvalidArguments(
            f"{', '.join(asked) or 'sort_by'}: nothing of that is known of versions that others registered; they are found "
            "by text, name and alias, and sorted by created_at or name"
        )
    found = _unjudged(input, book, listed=True)
    end = input.offset + len(found.items)
    return Models(
        total=found.total,
        items=(),
        next_offset=end if found.items and end < found.total else None,
        unmeasured=0,
        ranked_by=None,
        data=(),
        unjudged=found,
    )


def _unjudged(input: QueryModelCatalog, book: "ModelBook", *, listed: bool) -> Unjudged:
    try:
        total, found, state = book.unjudged(
            text=input.text or None,
            name=input.name or None,
            alias=input.alias or None,
            by_name=input.sort_by == "name",
            limit=input.limit if listed else 1,
            offset=input.offset if listed else 0,
        )
    except Unavailable as error:  # the copy is damaged, and judged models are answered all the same
        return Unjudged(total=0, items=(), synced_at=None, unread=0, problem=str(error))
    return Unjudged(
        total=total,
        items=tuple(unjudged_line(version) for version in found) if listed else (),
        synced_at=state.synced_at,
        unread=state.unread,
        problem=state.problem,
    )


def _protocol(input: QueryModelCatalog, book: "ModelBook", *, needed: bool) -> "Judge | None":
    """The one protocol that is meant; None when none is, or several of one name are and that does not matter.

    Raises `NotFound` for an unknown one, `NotComparable` where a metric needs one and several are meant.
    """
    known, asked = book.protocols(), input.protocol
    found = [each for each in known if not asked or each.is_called(asked)]
    held = ", ".join(f"{each.name} {each.hash[:12]}" for each in known) or "none yet"
    if asked and not found:
        raise NotFound(
            f"protocol: {asked!r} has measured no registered model; those that have are: {held}",
            near=tuple(each.name for each in known[:5]),
        )
    if len(found) == 1 and (asked or needed):
        return found[0]
    if found and needed:
        raise NotComparable(
            f"sort_by: {input.sort_by!r} needs one protocol, since figures of several cannot be compared, and "
            f"{asked or 'none given'} means {len(found)} of them; give protocol as one of: {held}"
        )
    return None


def _ranking(input: QueryModelCatalog, protocol: "Judge") -> Ranking:
    view, _, metric = input.sort_by.rpartition("/")
    return Ranking(protocol=protocol.name, hash=protocol.hash, view=view or protocol.headline, metric=metric)


def _measured_at_all(ranking: Ranking, book: "ModelBook") -> None:
    """Raises `InvalidArguments` for a metric that the protocol has never measured, with those it has."""
    measured = book.metrics(ranking.hash)
    if f"{ranking.view}/{ranking.metric}" not in measured:
        raise InvalidArguments(
            f"sort_by: {ranking.protocol} {ranking.hash[:12]} has never measured {ranking.view}/{ranking.metric}; "
            f"what it measures: {', '.join(measured)}"
        )
