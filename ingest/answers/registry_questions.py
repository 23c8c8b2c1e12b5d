"""Reads questions that the registry alone answers: which model is best, and about versions that no entity stands for.

Asked after the questions about models that the catalog stands for, so what the catalog knows comes first.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ingest.answers.mentions import mask
from ingest.answers.model_questions import known_models, metric_in, wants_facts
from ingest.graph import CatalogGraph
from ingest.model_book import ModelBook
from ingest.registry_pages import name_of, registry_holder

_BEST = r"(?:best|strongest|top|leading|highest)"
_RANKING = re.compile(
    rf"\b(?:which|what) (?:\w+ ){{0,3}}models? .{{0,40}}\b{_BEST}\b|\b{_BEST} (?:[\w@-]+ ){{0,3}}models?\b|"
    rf"\bmodels? (?:\w+ ){{0,2}}{_BEST}\b|\brank (?:\w+ ){{0,3}}models\b"
)
_PROTOCOL_TYPE = "evaluation-protocol"
_TOLD = re.compile(r"^\W*(?:what(?: is|'s)|tell me about|show(?: me)?|describe)\b")
#: What is surely no common word: it has a digit, a dash, a dot or an underscore.
_IDENTIFIER = re.compile(r"[\d._-]")
#: A protocol, or anything else, that no entity stands for.
_UNKNOWN = re.compile(r"\b(?:on|under|by) (?:the )?(?:protocol )?\w+-[\w-]+")
DEFAULT_METRIC = "ndcg@10"


@dataclass(frozen=True, slots=True)
class RankingQuestion:
    """Which model is best. protocol: its name, "" for every one."""

    metric: str
    protocol: str


@dataclass(frozen=True, slots=True)
class VersionQuestion:
    """About versions that no entity stands for. refs: as the registry takes them. metric: "" for none in particular."""

    refs: tuple[str, ...]
    metric: str


def read_registry_question(
    question: str, graph: CatalogGraph, book: ModelBook | None, *, whole: CatalogGraph
) -> RankingQuestion | VersionQuestion | None:
    """The question in `question`, or None for any other. `whole`: the catalog as nobody in particular sees it.

    Raises `ModelBookUnavailable`.
    """
    text = question.lower()
    ranking = _RANKING.search(text) is not None
    if (
        book is None
        or registry_holder(graph) is None
        or not (ranking or wants_facts(text) or _TOLD.search(text))
    ):
        return None
    if refs := tuple(_named(text, book.names(), whole)):
        return VersionQuestion(refs, metric_in(text))
    return _ranking(question, graph) if ranking else None


def _ranking(question: str, graph: CatalogGraph) -> RankingQuestion | None:
    """None where it names anything of the catalog but one protocol: then it is about that."""
    masked = mask(question, graph)
    mentions = [found[0] for found in masked.mentions]
    if _UNKNOWN.search(masked.text):
        return None
    if len(mentions) > 1 or any(one.spec.get("type") != _PROTOCOL_TYPE for one in mentions):
        return None
    metric = metric_in(question.lower()) or DEFAULT_METRIC
    cut = metric if "@" in metric or metric == "mrr" else f"{metric}@10"
    return RankingQuestion(cut, mentions[0].ref.name if mentions else "")


def _named(text: str, names: Iterable[str], whole: CatalogGraph) -> Iterable[str]:
    """Registered models that the text names and no entity stands for, with version or alias where one is written."""
    taken = {name_of(entity) for entity in known_models(whole)}
    for name in sorted(set(names) - taken, key=len, reverse=True):
        sure = r"" if _IDENTIFIER.search(name) else r"(?:model )"
        mark = r"(?P<mark>@[a-z0-9._-]*[a-z0-9]|:\d+)?"
        if found := re.search(rf"(?<![\w:/@.-]){sure}{re.escape(name)}{mark}(?![\w/@:-]|\.\w)", text):
            yield f"{name}{found['mark'] or ''}"
