"""Tells what was asked about models: the catalog's lines, the registry's and the docs', each with its citation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.answers import plain
from ingest.answers.answer import Answer, Citation, Fact
from ingest.answers.citations import cite
from ingest.answers.compose import compose
from ingest.answers.injection import suspicious
from ingest.answers.model_facts import Known, figures_in, other_claims, registry_lines
from ingest.answers.model_questions import SERVES, SURFACE, ModelQuestion, served_by
from ingest.answers.units import Unit
from ingest.documents import Section
from ingest.registry_pages import HEADLINES, MODEL, figure, identity, judged, protocol, trained_on

_EXACT = 0.97
_LISTED = 8  # models told in full; more are named
_QUOTED = 2  # pieces of docs
_PARTS = {"quality": "figures", "protocol": "figures", "run": "made", "version": "made", "data": "data"}


@dataclass(slots=True)
class _Cited:
    """Citations so far; the same quote keeps its number."""

    citations: list[Citation] = field(default_factory=list)

    def mark(self, section: Section | None, quote: str) -> str:
        if section is None or not quote or quote not in section.text:
            return ""
        for known in self.citations:
            if (known.entity, known.path, known.quote) == (str(section.entity), section.path, quote):
                return f" [{known.number}]"
        self.citations.append(cite(len(self.citations) + 1, section, quote))
        return f" [{len(self.citations)}]"

    def has(self, unit: Unit) -> bool:
        return any(known.quote == unit.quote for known in self.citations)


def about_models(question: ModelQuestion, models: Sequence[Known], *, quoted: Sequence[Unit]) -> Answer:
    """The first model in full, others with figures and owner, then `quoted` from the docs."""
    cited = _Cited()
    blocks = [
        _block(question, known, cited, whole=number == 0) for number, known in enumerate(models[:_LISTED])
    ]
    if len(models) > _LISTED:
        names = ", ".join(f"`{known.entity.ref}`" for known in models[_LISTED:])
        blocks.append(f"And {len(models) - _LISTED} more: {names}.")
    if fresh := [unit for unit in quoted if not cited.has(unit)][:_QUOTED]:
        said = compose(fresh, first=len(cited.citations) + 1)
        cited.citations.extend(said.citations)
        blocks.append(said.text)
    owners = [str(known.entity.owner) for known in models if known.entity.owner]
    return Answer(
        text="\n\n".join(blocks),
        abstained=False,
        confidence=_EXACT,
        citations=tuple(cited.citations),
        facts=_facts(question, models),
        produced_by="registry" if any(known.registered for known in models) else "catalog",
        entities=tuple(dict.fromkeys([*(str(known.entity.ref) for known in models), *owners]))[:20],
    )


def shown_to_a_model(models: Sequence[Known]) -> tuple[Section, ...]:
    """What a chat model words the answer from: registry pages, cards, docs."""
    pages = [page for known in models if (page := known.page)]
    cards = [known.card for known in models if known.card]
    return (*pages, *cards, *(section for known in models for section in known.described))


def must_be_told(models: Sequence[Known]) -> tuple[tuple[Section, str], ...]:
    """Registry lines that an answer about the figures of these models may not leave out: headline figures."""
    return tuple(
        (page, line)
        for known in models
        if known.registered is not None and (page := known.page) is not None
        for line in judged(known.registered)
        if is_headline(line) and line in registry_lines(page)
    )


def _block(question: ModelQuestion, known: Known, cited: _Cited, *, whole: bool) -> str:
    lines = [_what(known, cited), ""]
    if question.aspect == "owner":
        lines.append(_owner(known, cited))
    lines += _registry(question, known, cited, whole=whole)
    if not question.narrow:
        lines += _of_docs(known, cited)
        lines += [_owner(known, cited)] if question.aspect != "owner" else []
    elif "owner" in question.aspects[1:]:
        lines.append(_owner(known, cited))
    return "\n".join(lines).rstrip()


def _of_docs(known: Known, cited: _Cited) -> list[str]:
    """Figures of a model that no registry has, and those that contradict the registry's."""
    own = [] if known.registered else figures_in(known.described)[:_QUOTED]
    others = [claim.unit for claim in other_claims(known)][:_QUOTED]
    return [
        f"- {intro}{plain.inline(_with_head(unit))}{cited.mark(unit.section, unit.quote)}"
        for intro, units in (("", own), ("The docs state another figure: ", others))
        for unit in units
    ]


def _what(known: Known, cited: _Cited) -> str:
    entity, items = known.entity, served_by(known.entity)
    title = plain.inline(entity.title)
    name = (
        f"`{entity.ref}`"
        if suspicious(title) or title == entity.ref.name
        else f"**{title}** (`{entity.ref}`)"
    )
    surface = entity.annotations.get(SURFACE, "")
    if not items or suspicious(f"{items} {surface}"):
        mark = cited.mark(known.card, f"Annotation {MODEL}: {known.entity.annotations.get(MODEL, '')}")
        return f"{name} stands for `{entity.annotations.get(MODEL) or entity.ref.name}`{mark}:"
    where = f" ({plain.inline(surface)})" if surface else ""
    return f"{name} serves {plain.inline(', '.join(items))}{where}{_serving_mark(known, cited)}:"


def _serving_mark(known: Known, cited: _Cited) -> str:
    lines = known.card.text.splitlines() if known.card else []
    wanted = (f"- Annotation {SERVES}: ", f"- Annotation {SURFACE}: ")
    return "".join(
        cited.mark(known.card, line.removeprefix("- ")) for line in lines if line.startswith(wanted)
    )


def _owner(known: Known, cited: _Cited) -> str:
    lines = known.card.text.splitlines() if known.card else []
    line = next((text.removeprefix("- ") for text in lines if text.startswith("- Owner: ")), "")
    shown = line if line and not suspicious(line) else f"Owner: `{known.entity.owner}`"
    return f"- {plain.inline(shown)}{cited.mark(known.card, line)}"


def _registry(question: ModelQuestion, known: Known, cited: _Cited, *, whole: bool) -> list[str]:
    """The registry's lines that this question needs, what it asks for first."""
    page, model = known.page, known.registered
    if page is None or model is None:
        return []
    figures = list(judged(model))
    wanted = [line for line in figures if states(line, question.metric)]
    parts = {
        "figures": wanted or [line for line in figures if is_headline(line)] or figures,
        "made": [identity(model, owned=known.entity.owner is not None)],
        "data": [trained_on(model)],
    }
    asked = list(dict.fromkeys(_PARTS[aspect] for aspect in question.aspects if aspect in _PARTS))
    rest = [] if question.narrow else [part for part in parts if whole or part == "figures"]
    shown = registry_lines(page)
    return [
        f"- {plain.inline(line)}{cited.mark(page, line)}"
        for part in dict.fromkeys((*asked, *rest))
        for line in parts[part]
        if line in shown
    ]


def _exactly(metric: str) -> str:
    """A pattern for `recall@5` that is not `recall@50`; for `recall`, at any cutoff."""
    return rf"(?<!\w){re.escape(metric)}(?!\d)"


def states(line: str, metric: str) -> bool:
    """Whether a line of the registry has a figure of `metric`; never for ""."""
    return bool(metric) and re.search(_exactly(metric), line) is not None


def is_headline(line: str) -> bool:
    """Whether a line of the registry says how good a model is, or that nobody knows."""
    return line.startswith("ndcg@10") or "has not been judged" in line


def _with_head(unit: Unit) -> str:
    """A table's row with the names of its columns."""
    if not unit.header:
        return unit.quote
    head, cells = (
        [cell.strip() for cell in text.strip().strip("|").split("|")]
        for text in (unit.header.splitlines()[0], unit.quote)
    )
    return "; ".join(f"{name}: {cell}" for name, cell in zip(head, cells, strict=False))


def _facts(question: ModelQuestion, models: Sequence[Known]) -> tuple[Fact, ...]:
    """The exact answer, of the kind that was asked for."""
    registered = [known.registered for known in models if known.registered]
    judgements = [judgement for model in registered for judgement in model.judgements]
    by_aspect: dict[str, list[Fact]] = {
        "owner": [str(known.entity.owner) for known in models if known.entity.owner],
        "run": [model.run_id for model in registered],
        "version": [f"{model.name}:{model.version}" for model in registered],
        "data": [f"{model.data_name} {model.data_hash[:12]}" for model in registered],
        "protocol": [protocol(judgement) for judgement in judgements],
        "quality": [
            f"{figure(one)} {protocol(judgement)} run {judgement.run_id}"
            for judgement in judgements
            for one in judgement.measures
            if (re.match(_exactly(question.metric), one.name) if question.metric else one.name in HEADLINES)
        ],
    }
    facts = by_aspect.get(question.aspect) or [str(known.entity.ref) for known in models]
    return tuple(dict.fromkeys(facts))
