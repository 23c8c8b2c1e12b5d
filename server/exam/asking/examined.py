"""The whole exam of asking: one column without a model, one more for the configured one, and the requests in words."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from server.exam.asking.answers import ask_all
from server.exam.asking.marks import marks_of
from server.exam.asking.questions import Question, QuestionsInvalid

if TYPE_CHECKING:
    from server.composition import Cuebook

NO_MODEL = "no model"
Columns = dict[str, dict[str, float]]


def examine_asking(
    open_cuebook: "Callable[..., Cuebook]",
    questions: Sequence[Question],
    *,
    requests: bool,
    told: Callable[[str, int], None] = lambda _column, _done: None,
) -> Columns:
    """Marks by name of the model. open_cuebook: composes the installation, keywords being settings on top.

    Raises `QuestionsInvalid` when the index has nothing of what the questions are about, and what asking raises.
    """
    columns: Columns = {}
    configured = open_cuebook()
    try:
        _refuse_another_catalog(configured, questions)
        if (name := configured.settings.model.name) is not None:
            columns[name] = _marked(configured, questions, partial(told, name))
    finally:
        configured.close()
    plain = open_cuebook(model={})
    try:
        columns = {NO_MODEL: _marked(plain, questions, partial(told, NO_MODEL)), **columns}
        if requests:
            columns[NO_MODEL] |= _requests(plain)
    finally:
        plain.close()
    return columns


def _marked(
    cuebook: "Cuebook", questions: Sequence[Question], told: Callable[[int], None]
) -> dict[str, float]:
    cuebook.warm()
    principal = cuebook.local_principal(door="cli")
    return marks_of(asyncio.run(ask_all(cuebook, principal, questions, told=told)))


def _requests(cuebook: "Cuebook") -> dict[str, float]:
    """Requests in words by the router that needs no model."""
    from server.exam.asking.requested import by_router, known_of
    from server.exam.asking.requests import exact_share, shipped_requests, tool_f1

    chosen = by_router(cuebook, shipped_requests(), known_of(cuebook))
    return {"request_f1": round(tool_f1(chosen), 4), "request_exact": round(exact_share(chosen), 4)}


def _refuse_another_catalog(cuebook: "Cuebook", questions: Sequence[Question]) -> None:
    principal = cuebook.local_principal(door="cli")
    known = {str(entity.ref) for entity in cuebook.library.catalog(principal).entities}
    missing = sorted({each.entity for each in questions if each.entity and each.entity not in known})
    if missing:
        raise QuestionsInvalid(
            f"{len(missing)} entities of the questions are not in this catalog, such as {missing[0]}; index what the "
            "questions are about (`cuebook ingest PATH`), or name what is indexed"
        )
