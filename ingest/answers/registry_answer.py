"""Tells what the registry alone knows: rankings, and versions that no entity stands for, each line with its citation."""

from collections.abc import Iterator, Sequence

from ingest.answers import plain
from ingest.answers.answer import Answer, Citation
from ingest.answers.citations import cite
from ingest.answers.model_answer import is_headline, states
from ingest.answers.model_facts import registry_lines
from ingest.answers.model_questions import known_models
from ingest.answers.registry_questions import RankingQuestion, VersionQuestion
from ingest.documents import Section
from ingest.entities import Entity
from ingest.graph import CatalogGraph
from ingest.model_book import ModelBook, Ranking, RegisteredModel
from ingest.registry_pages import (
    HASH_DIGITS,
    identity,
    judged,
    name_of,
    registry_holder,
    registry_section,
    trained_on,
)

_EXACT = 0.97
_SHOWN = 5  # versions of a ranking
_RANKINGS = 4  # protocols and data sets
_VERSIONS = 4


def from_registry(
    question: RankingQuestion | VersionQuestion, book: ModelBook, graph: CatalogGraph, *, whole: CatalogGraph
) -> Answer | None:
    """None where the registry has nothing to say. Raises `ModelBookUnavailable`."""
    pages = _Pages(graph, whole)
    if isinstance(question, VersionQuestion):
        found = [model for ref in question.refs[:_VERSIONS] if (model := book.find(ref)) is not None]
        blocks = [_version(model, question.metric, pages) for model in found]
        facts = [f"{model.name}:{model.version}" for model in found]
        note = ""
    else:
        rankings = book.ranked(question.metric, protocol=question.protocol, limit=_SHOWN)[:_RANKINGS]
        shown = [(ranking, [model for model in ranking.models if pages.shows(model)]) for ranking in rankings]
        blocks = [_ranking(ranking, models, pages) for ranking, models in shown if models]
        facts = [f"{model.name}:{model.version}" for _, models in shown for model in models]
        note = _how_to_compare(facts)
    if not blocks:
        return None
    return Answer(
        text="\n\n".join(blocks),
        abstained=False,
        confidence=_EXACT,
        citations=tuple(pages.citations),
        facts=tuple(dict.fromkeys(facts)),
        produced_by="registry",
        entities=tuple(dict.fromkeys(citation.entity for citation in pages.citations)),
        note=note,
    )


class _Pages:
    """The registry's page of each version: of the entity that stands for it, else of the registry's own entity."""

    def __init__(self, graph: CatalogGraph, whole: CatalogGraph) -> None:
        self.citations: list[Citation] = []
        self._holder = registry_holder(graph)
        self._seen = {name_of(entity): entity for entity in reversed(known_models(graph))}
        self._taken = {name_of(entity) for entity in known_models(whole)}

    def entity(self, model: RegisteredModel) -> Entity | None:
        """None for a model whose entity this principal may not see."""
        return self._seen.get(model.name) or (None if model.name in self._taken else self._holder)

    def shows(self, model: RegisteredModel) -> bool:
        entity = self.entity(model)
        return entity is not None and bool(registry_lines(registry_section(model, entity)))

    def told(self, model: RegisteredModel, lines: Sequence[str]) -> Iterator[str]:
        """Those of `lines` that may be shown, with their marks."""
        if (entity := self.entity(model)) is None:
            return
        page = registry_section(model, entity)
        shown = registry_lines(page)
        for line in lines:
            if line in shown:
                yield f"{plain.inline(line)} [{self._mark(page, line)}]"

    def _mark(self, page: Section, line: str) -> int:
        self.citations.append(cite(len(self.citations) + 1, page, line))
        return len(self.citations)


def _version(model: RegisteredModel, metric: str, pages: _Pages) -> str:
    """What it is, the figures that were asked for or else the headlines, and its data."""
    figures = list(judged(model))
    wanted = [line for line in figures if states(line, metric)] or [
        line for line in figures if is_headline(line)
    ]
    lines = (identity(model), *(wanted or figures), trained_on(model))
    return "\n".join(f"- {line}" for line in pages.told(model, lines))


def _ranking(ranking: Ranking, models: Sequence[RegisteredModel], pages: _Pages) -> str:
    first = models[0]
    head = (
        f"Of {ranking.total} versions that `{ranking.protocol}` (hash `{ranking.protocol_hash[:HASH_DIGITS]}`) judged on "
        f"the data `{ranking.data_name}`, `{first.name}:{first.version}` has the highest {ranking.metric}:"
    )
    lines = [line for model in models for line in pages.told(model, _figures(model, ranking))]
    return "\n".join([head, "", *(f"{place}. {line}" for place, line in enumerate(lines, 1))])


def _figures(model: RegisteredModel, ranking: Ranking) -> Sequence[str]:
    """The line with the figure that decided."""
    found = [
        line for line in judged(model) if f"`{ranking.protocol}`" in line and f"{ranking.metric} " in line
    ]
    return found[:1]


def _how_to_compare(refs: Sequence[str]) -> str:
    if len(refs) < 2:
        return ""
    return f"Whether a difference is more than chance: `cuebook models compare {refs[0]} {refs[1]}` pairs the users of both."
