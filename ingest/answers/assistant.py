"""Asking: a question and who asks, in; a cited answer, or that the docs do not say, out.

The catalog graph answers what it can answer exactly. Everything else is searched for, and told from the
passages found: by a chat model whose every sentence is checked against them when one is configured, by the
passages' own sentences when there is none or it fails.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.answers import plain
from ingest.answers.answer import Answer, AnswerEvent, Flag, Hit, Turn
from ingest.answers.catalog_answer import tell
from ingest.answers.catalog_questions import CatalogFinding, answer_from_graph, named_entities
from ingest.answers.checked_reply import CheckedReply
from ingest.answers.choose import Choice, choose, is_below, is_named
from ingest.answers.citations import cite
from ingest.answers.compose import compose
from ingest.answers.confidence import THRESHOLD, confidence
from ingest.answers.followup import standalone
from ingest.answers.injection import suspicious
from ingest.answers.joined import read_joined
from ingest.answers.model import ChatModel
from ingest.answers.on_call import asks_whom_to_page, question_of, with_contacts
from ingest.answers.prompt import messages, passages_of
from ingest.answers.question import Question, read_question
from ingest.answers.words import stems
from ingest.documents import Section
from ingest.entities import EntityRef
from ingest.errors import ModelUnavailable
from ingest.graph import CatalogGraph
from ingest.permissions import Principal

if TYPE_CHECKING:
    from ingest.library import Filters, Library

_LOG = logging.getLogger(__name__)
_EXACT = 0.97
_HITS = 10
_NEAREST = 3
_SUBSECTIONS = 4


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question in the making."""

    question: str
    principal: Principal
    graph: CatalogGraph
    history: Sequence[Turn]
    filters: "Filters | None"


@dataclass(frozen=True, slots=True)
class Subsection:
    """A hit that search did not give: it stands under one that it did."""

    section: Section
    score: float


class Assistant:
    """Answers from one library. Holds no conversation: history comes with each question."""

    def __init__(self, library: "Library", *, model: ChatModel | None = None) -> None:
        self._library = library
        self._model = model

    def ask(
        self,
        question: str,
        *,
        principal: Principal,
        history: Sequence[Turn] = (),
        filters: "Filters | None" = None,
    ) -> Answer:
        """The whole answer. Raises what the library raises (`IndexMissing`, `EmbedderUnavailable`)."""
        for event in self.stream(question, principal=principal, history=history, filters=filters):
            if event["type"] == "done":
                return event["answer"]
        raise AssertionError("a stream of answer events ends with `done`")

    def stream(
        self,
        question: str,
        *,
        principal: Principal,
        history: Sequence[Turn] = (),
        filters: "Filters | None" = None,
    ) -> Iterator[AnswerEvent]:
        """The answer as it is made: `retrieved`, then `citation`s and `text`, then `done`."""
        graph = self._library.catalog(principal)
        asked = _Asked(
            standalone(
                question,
                history,
                names=lambda text: [str(entity.ref) for entity in named_entities(text, graph)],
            ),
            principal,
            graph,
            history,
            filters,
        )
        finding = answer_from_graph(asked.question, graph)
        if finding is not None and asks_whom_to_page(finding):
            yield from self._whom_to_page(asked, finding)
        elif finding is not None:
            yield {"type": "retrieved", "hits": ()}
            yield from _told(self._exact(asked, finding))
        else:
            yield from self._from_docs(asked)

    def _from_docs(self, asked: _Asked) -> Iterator[AnswerEvent]:
        joined = read_joined(asked.question)
        topic = joined.topic if joined else asked.question
        hits = self._search(topic, asked)
        yield {"type": "retrieved", "hits": hits}
        question = self._read(topic, asked.graph)
        looked_at = self._with_subsections(question, hits, asked.principal)
        choice = choose(question, looked_at, similarity=self._library.similarity)
        sure = confidence(choice)
        if sure < THRESHOLD:
            yield from _told(_abstained(asked, hits, choice, sure))
            return
        if joined is not None:
            lead = choice.units[0].section
            finding = answer_from_graph(joined.about(str(lead.entity)), asked.graph)
            if finding is not None:
                yield from _told(_joined(self._exact(asked, finding), choice, hits, sure))
                return
        if self._model is not None:
            yield from self._from_model(asked, self._model, hits, choice, sure)
        else:
            yield from _told(_from_passages(asked, hits, choice, sure))

    def _from_model(
        self, asked: _Asked, model: ChatModel, hits: Sequence[Hit], choice: Choice, sure: float
    ) -> Iterator[AnswerEvent]:
        passages = passages_of([hit.section for hit in hits])
        reply = CheckedReply(passages)
        text, sent, note = "", 0, ""
        try:
            for part in reply.parts(model.stream(messages(asked.question, passages, history=asked.history))):
                for citation in reply.citations[sent:]:
                    yield {"type": "citation", "citation": citation}
                sent = len(reply.citations)
                text += part
                yield {"type": "text", "delta": part}
        except ModelUnavailable as error:
            _LOG.info("%s", error)  # whoever asked reads it in `note`
            note = str(error)
        if reply.abstained and not reply.citations:
            yield from _told(
                replace(_abstained(asked, hits, choice, sure), produced_by=f"model:{model.name}")
            )
        elif not reply.citations:
            note = note or f"the model {model.name!r} gave no sentence that its citations support"
            yield from _told(
                replace(_from_passages(asked, hits, choice, sure), note=f"Told from the passages: {note}.")
            )
        else:
            base = _from_passages(asked, hits, choice, sure)
            if note:
                note = f"The reply broke off: {note}."
            elif reply.dropped:
                note = f"{reply.dropped} unsupported sentence(s) of the model were dropped."
            answer = replace(
                base, text=text, citations=reply.citations, produced_by=f"model:{model.name}", note=note
            )
            yield {"type": "done", "answer": answer}

    def _exact(self, asked: _Asked, finding: CatalogFinding) -> Answer:
        told = tell(finding, asked.graph, card=lambda ref: self._card(ref, asked.principal))
        refs = (
            *finding.hops[-1].subjects,
            *(ref for hop in finding.hops for ref in hop.subjects),
            *finding.kept,
        )
        return Answer(
            text=told.text,
            abstained=False,
            confidence=_EXACT,
            citations=told.citations,
            facts=finding.facts,
            produced_by="catalog",
            standalone_question=asked.question,
            entities=tuple(dict.fromkeys(str(ref) for ref in refs))[:20],
        )

    def _whom_to_page(self, asked: _Asked, finding: CatalogFinding) -> Iterator[AnswerEvent]:
        wanted = question_of(finding)
        hits = [
            hit
            for ref in finding.hops[-1].subjects
            for hit in self._search(wanted, replace(asked, filters=_only(ref)))
        ]
        hits += self._search(wanted, asked)
        yield {"type": "retrieved", "hits": hits}
        cards = [self._card(ref, asked.principal) for ref in finding.kept if asked.graph.get(ref)]
        answer = self._exact(asked, finding)
        yield from _told(with_contacts(answer, finding, cards=cards, hits=hits, graph=asked.graph))

    def _card(self, ref: EntityRef, principal: Principal) -> Section:
        return self._library.section(str(ref), None, "", principal=principal)

    def _search(self, topic: str, asked: _Asked) -> Sequence[Hit]:
        if asked.filters is None:
            return self._library.search(topic, principal=asked.principal, k=_HITS)
        return self._library.search(topic, principal=asked.principal, k=_HITS, filters=asked.filters)

    def _with_subsections(
        self, question: Question, hits: Sequence[Hit], principal: Principal
    ) -> Sequence[Hit]:
        """The steps that are asked for may stand in subsections of the heading that the question names."""
        lead = hits[0].section if hits else None
        if lead is None or lead.path is None or not question.wants_procedure or not is_named(question, lead):
            return hits
        page = self._library.page(str(lead.entity), lead.path, principal=principal)
        below = [section for section in page.sections if is_below(section, lead)][:_SUBSECTIONS]
        keys = {section.key for section in below}
        others = [hit for hit in hits[1:] if hit.section.key not in keys]
        return (hits[0], *(Subsection(section, hits[0].score) for section in below), *others)

    def _read(self, text: str, graph: CatalogGraph) -> Question:
        named = named_entities(text, graph)
        return read_question(
            text,
            document_frequency=self._library.document_frequency,
            documents=int(self._library.status()["counts"]["sections"]),
            subject=frozenset(
                stem for entity in named for stem in stems(f"{entity.ref.name} {entity.title}")
            ),
        )


def _only(entity: EntityRef) -> "Filters":
    from ingest.library import Filters  # brings numpy and the index along

    return Filters(component=str(entity))


def _told(answer: Answer) -> Iterator[AnswerEvent]:
    """Events of an answer that is already whole: paragraphs, each after the citations it is the first to carry."""
    pending = list(answer.citations)
    paragraphs = answer.text.split("\n\n")
    for number, paragraph in enumerate(paragraphs):
        while pending and f"[{pending[0].number}]" in paragraph:
            yield {"type": "citation", "citation": pending.pop(0)}
        yield {"type": "text", "delta": paragraph + ("\n\n" if number + 1 < len(paragraphs) else "")}
    for citation in pending:
        yield {"type": "citation", "citation": citation}
    yield {"type": "done", "answer": answer}


def _from_passages(asked: _Asked, hits: Sequence[Hit], choice: Choice, sure: float) -> Answer:
    composed = compose(choice.units)
    return Answer(
        text=composed.text,
        abstained=False,
        confidence=round(sure, 3),
        citations=composed.citations,
        passages=tuple(hits),
        standalone_question=asked.question,
        entities=_about(asked, [unit.section for unit in choice.units]),
        flags=_flags(choice),
    )


def _joined(exact: Answer, choice: Choice, hits: Sequence[Hit], sure: float) -> Answer:
    number = len(exact.citations) + 1
    lead = choice.units[0]
    where = plain.inline(" › ".join(part for part in (lead.section.title, lead.section.heading) if part))
    return replace(
        exact,
        text=f"{exact.text}\n\nFound through *{where}* [{number}].",
        citations=(*exact.citations, cite(number, lead.section, lead.quote)),
        confidence=round(min(sure, exact.confidence), 3),
        passages=tuple(hits),
        flags=_flags(choice),
    )


def _abstained(asked: _Asked, hits: Sequence[Hit], choice: Choice, sure: float) -> Answer:
    nearest = [hit for hit in hits if not suspicious(" ".join((hit.section.title, hit.section.heading)))][
        :_NEAREST
    ]
    lines = ["The docs do not say."]
    if nearest:
        lines.append("Nearest pages:\n" + "\n".join(f"- {_place(hit.section)}" for hit in nearest))
    if owner := _owner_to_ask(asked, nearest):
        lines.append(f"Owner to ask: `{owner}`.")
    return Answer(
        text="\n\n".join(lines),
        abstained=True,
        confidence=round(sure, 3),
        passages=tuple(nearest),
        standalone_question=asked.question,
        entities=_about(asked, []),
        flags=_flags(choice),
    )


def _place(section: Section) -> str:
    names = dict.fromkeys(plain.inline(part) for part in (section.title, section.heading) if part)
    path = f", {section.path}" if section.path else ""
    return f"{' › '.join(names)} (`{section.entity}`{path})"


def _owner_to_ask(asked: _Asked, nearest: Sequence[Hit]) -> EntityRef | None:
    """The owner of what the question names, else of the nearest page."""
    for entity in named_entities(asked.question, asked.graph):
        if entity.ref.kind in {"group", "user"}:
            return entity.ref
        if entity.owner is not None:
            return entity.owner
    return next((hit.section.owner for hit in nearest if hit.section.owner), None)


def _about(asked: _Asked, sections: Sequence[Section]) -> tuple[str, ...]:
    named = [str(entity.ref) for entity in named_entities(asked.question, asked.graph)]
    return tuple(dict.fromkeys((*named, *(str(section.entity) for section in sections))))


def _flags(choice: Choice) -> tuple[Flag, ...]:
    return tuple(
        Flag(
            entity=str(section.entity),
            path=section.path,
            anchor=section.anchor,
            owner=str(section.owner) if section.owner else None,
            reason=reason,
        )
        for section, reason in choice.suspicious
    )
