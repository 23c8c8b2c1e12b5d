"""Asks questions through the actions `ask` and `search_docs`, and keeps what came with what it cost."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from server.exam.asking.questions import Question

if TYPE_CHECKING:
    from server.composition import Cuebook
    from tools.principal import Principal

_DEPTH = 20


@dataclass(frozen=True)
class Answered:
    """answer: what `ask` gave, its citations verified. hits: what `search_docs` gave, for questions of docs. cpu_ms: of
    the answer; characters: of its JSON, as a client receives it."""

    question: Question
    answer: Mapping[str, Any]
    hits: Sequence[Mapping[str, Any]]
    cpu_ms: float
    characters: int


async def ask_all(
    cuebook: "Cuebook",
    principal: "Principal",
    questions: Sequence[Question],
    *,
    told: Callable[[int], None] = lambda _done: None,
) -> list[Answered]:
    """Every question once, in order, each a conversation of its own; verifying citations is not in the cost."""
    found = []
    for number, question in enumerate(questions, 1):
        started = time.process_time()
        answer = await cuebook.caller.call("ask", {"question": question.question}, principal)
        spent = 1_000 * (time.process_time() - started)
        checked = await cuebook.caller.call("ask", {"question": question.question, "verify": True}, principal)
        hits: Sequence[Mapping[str, Any]] = ()
        if question.kind == "docs":
            searched = {"question": question.question, "k": _DEPTH}
            hits = (await cuebook.caller.call("search_docs", searched, principal))["hits"]
        size = len(json.dumps(answer, ensure_ascii=False, separators=(",", ":")))
        found.append(Answered(question, {**answer, "checks": checked["checks"]}, hits, spent, size))
        told(number)
    return found
