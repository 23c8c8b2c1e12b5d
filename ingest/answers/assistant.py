"""Asking: a question and who asks, in; a cited answer, or that the docs do not say, out.

The catalog graph answers what it can answer exactly. Everything else is searched for, and told from the
passages found: by a chat model whose every sentence is checked against them when one is configured, by the
passages' own sentences when there is none or it fails.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING

from ingest.answers.agent_tools import AgentTools
from ingest.answers.answer import Answer, AnswerEvent, Citation, Hit, Turn
from ingest.answers.catalog_answer import tell
from ingest.answers.catalog_questions import CatalogFinding, answer_from_graph, named_entities
from ingest.answers.caveats import Caveats, no_caveats
from ingest.answers.change_answer import answer_from_histories, read_change_question
from ingest.answers.checked_reply import CheckedReply
from ingest.answers.choose import Choice, choose, is_below, is_named
from ingest.answers.confidence import confidence, is_enough
from ingest.answers.events import told
from ingest.answers.evidence import evidence
from ingest.answers.followup import standalone
from ingest.answers.joined import read_joined
from ingest.answers.model import ChatModel
from ingest.answers.model_answer import about_models, must_be_told, shown_to_a_model
from ingest.answers.model_facts import Known, is_about, looked_up, pages_about
from ingest.answers.model_questions import ModelQuestion, read_model_question
from ingest.answers.on_call import asks_whom_to_page, question_of, with_contacts
from ingest.answers.passages_answer import (
    Found,
    abstained,
    caveats_of,
    flag_of,
    flags_of,
    from_passages,
    joined_with,
    leads_to_the_thing,
    with_said_lifecycles,
)
from ingest.answers.prompt import messages, passages_of
from ingest.answers.question import Question, read_question
from ingest.answers.registry_answer import from_registry
from ingest.answers.registry_questions import read_registry_question
from ingest.answers.said_lifecycles import asks_for_lifecycle
from ingest.answers.units import Unit
from ingest.answers.unknown_team import unknown_team
from ingest.answers.words import stems
from ingest.changes import Histories
from ingest.documents import Section
from ingest.entities import EntityRef
from ingest.errors import ModelBookUnavailable, ModelUnavailable
from ingest.graph import CatalogGraph
from ingest.model_book import ModelBook
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

    def __init__(
        self,
        library: "Library",
        *,
        model: ChatModel | None = None,
        models: ModelBook | None = None,
        histories: Histories | None = None,
        today: Callable[[], date] = date.today,
        tokens: int = 8_000,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`tokens` is how much more than the first passages a model may read for one answer. `model` words answers; `models` is the registry that questions about models are looked up in. `today`
        tells how old a review is. `histories` are asked what changed, counted back from `now` (aware)."""
        self._library = library
        self._model = model
        self._models = models
        self._today = today
        self._tokens = tokens
        self._histories, self._now = histories, now

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
        if (changed := self._from_histories(asked)) is not None:
            yield {"type": "retrieved", "hits": ()}
            yield from told(changed)
            return
        if (wanted := read_model_question(asked.question, graph)) is not None:
            yield from self._about_models(asked, wanted)
            return
        if (known := self._from_registry(asked)) is not None:
            yield {"type": "retrieved", "hits": ()}
            yield from told(known)
            return
        finding = answer_from_graph(asked.question, graph) or _about_the_named(asked)
        if finding is not None and asks_whom_to_page(finding):
            yield from self._whom_to_page(asked, finding)
        elif finding is not None and asks_for_lifecycle(asked.question):
            yield from self._lifecycle(asked, finding)
        elif finding is not None:
            yield {"type": "retrieved", "hits": ()}
            yield from told(self._exact(asked, finding))
        elif nobody := unknown_team(asked.question, graph):
            yield from self._about_nobody(asked, nobody)
        else:
            yield from self._from_docs(asked)

    def evidence(self, question: str, *, principal: Principal) -> Mapping[str, float]:
        """What speaks for an answer to `question` from the docs, for judging the confidence that is read from it."""
        asked = _Asked(question, principal, self._library.catalog(principal), (), None)
        hits = self._search(question, asked)
        read = self._read(question, asked.graph)
        looked_at = self._with_subsections(read, hits, principal)
        return evidence(read, choose(read, looked_at, similarity=self._library.similarity), looked_at)

    def _from_histories(self, asked: _Asked) -> Answer | None:
        if self._histories is None:
            return None
        now = self._now()
        wanted = read_change_question(asked.question, asked.graph, now)
        if wanted is None:
            return None
        answer = answer_from_histories(wanted, self._histories, asked.graph, now)
        return None if answer is None else replace(answer, standalone_question=asked.question)

    def _from_registry(self, asked: _Asked) -> Answer | None:
        """What the registry alone knows; a registry that cannot be read leaves the question to catalog and docs."""
        whole = self._library.whole_catalog()
        with suppress(ModelBookUnavailable):
            wanted = read_registry_question(asked.question, asked.graph, self._models, whole=whole)
            if wanted is not None and self._models is not None:
                found = from_registry(wanted, self._models, asked.graph, whole=whole)
                return replace(found, standalone_question=asked.question) if found else None
        return None

    def _from_docs(self, asked: _Asked) -> Iterator[AnswerEvent]:
        joined = read_joined(asked.question)
        topic = joined.topic if joined else asked.question
        hits = self._search(topic, asked)
        found = self._found(topic, hits, asked)
        if joined is not None and joined.is_the_thing and not leads_to_the_thing(found):
            joined = None  # an ordinary question after all
            hits = self._search(asked.question, asked)
            found = self._found(asked.question, hits, asked)
        yield {"type": "retrieved", "hits": hits}
        if not is_enough(found.sure):
            yield from told(abstained(found))
            return
        if joined is not None:
            lead = found.choice.units[0].section
            finding = answer_from_graph(joined.about(str(lead.entity)), asked.graph)
            if finding is not None:
                exact = (
                    self._with_contacts(asked, finding, hits)
                    if asks_whom_to_page(finding)
                    else self._exact(asked, finding)
                )
                yield from told(joined_with(exact, found))
                return
        base = from_passages(found)
        if self._model is not None:
            yield from self._from_model(
                asked,
                self._model,
                [hit.section for hit in hits],
                base,
                silent=abstained(found),
                caveats=partial(caveats_of, found),
            )
        else:
            yield from told(base)

    def _about_nobody(self, asked: _Asked, nobody: str) -> Iterator[AnswerEvent]:
        hits = self._search(asked.question, asked)
        yield {"type": "retrieved", "hits": hits}
        silent = abstained(self._found(asked.question, hits, asked))
        nearest = silent.text.partition("\n\n")[2]
        yield from told(replace(silent, text=f"{nobody}\n\n{nearest}".strip(), confidence=0.0))

    def _found(self, topic: str, hits: Sequence[Hit], asked: _Asked) -> Found:
        question = self._read(topic, asked.graph)
        looked_at = self._with_subsections(question, hits, asked.principal)
        choice = choose(question, looked_at, similarity=self._library.similarity)
        return Found(
            asked=asked.question,
            read=question,
            hits=hits,
            choice=choice,
            sure=confidence(evidence(question, choice, looked_at)),
            graph=asked.graph,
            card=lambda ref: self._card(ref, asked.principal),
            today=self._today(),
        )

    def _about_models(self, asked: _Asked, wanted: ModelQuestion) -> Iterator[AnswerEvent]:
        known, note = looked_up(wanted.models, self._models)
        if note and all(one.is_named_in_vain for one in known):
            known = tuple(self._described(one, (), asked) for one in known)
            answer = replace(about_models(wanted, known, quoted=()), abstained=True, facts=(), note="")
            text = f"{note}\n\n{answer.text}"
            yield from told(replace(answer, text=text, confidence=0.0, standalone_question=asked.question))
            return
        if wanted.of_registry_alone and not any(one.registered for one in known):
            for event in self._from_docs(asked):
                if event["type"] == "done":
                    event["answer"] = replace(event["answer"], note=f"{note} {event['answer'].note}".strip())
                yield event
            return
        hits = self._search(wanted.topic, asked)
        yield {"type": "retrieved", "hits": hits}
        known = tuple(self._described(one, hits, asked) for one in known)
        choice = self._chosen_about(wanted.topic, known, hits, asked)
        sure = confidence(evidence(self._read(wanted.topic, asked.graph), choice, hits))
        quoted = choice.units if is_enough(sure) and not wanted.narrow else ()
        answer = replace(
            about_models(wanted, known, quoted=quoted),
            passages=tuple(hits),
            flags=flags_of(choice),
            standalone_question=asked.question,
            note=note,
        )
        if self._model is None:
            yield from told(answer)
            return
        yield from self._from_model(
            asked, self._model, shown_to_a_model(known), answer, silent=answer, needed=must_be_told(known)
        )

    def _described(self, known: Known, hits: Sequence[Hit], asked: _Asked) -> Known:
        """`known` with its card and with what the docs say of it; a model without registry has its figures there."""
        found = [hit.section for hit in hits if is_about(hit.section, known.entity)]
        more = () if known.registered else pages_about(known.entity, self._library, asked.principal)
        sections = {section.key: section for section in (*found, *more)}
        card = self._card(known.entity.ref, asked.principal)
        return replace(known, card=card, described=tuple(sections.values()))

    def _chosen_about(self, topic: str, known: Sequence[Known], hits: Sequence[Hit], asked: _Asked) -> Choice:
        """What the docs answer, of pages that name one of the models."""
        about = [hit for hit in hits if any(is_about(hit.section, one.entity) for one in known)]
        return choose(self._read(topic, asked.graph), about, similarity=self._library.similarity)

    def _from_model(
        self,
        asked: _Asked,
        model: ChatModel,
        sections: Sequence[Section],
        base: Answer,
        *,
        silent: Answer,
        needed: Sequence[tuple[Section, str]] = (),
        caveats: Callable[[Sequence[Citation]], Caveats] = no_caveats,
    ) -> Iterator[AnswerEvent]:
        """The model's words over `sections`; `base` when they do not hold, `silent` when the model finds nothing.
        `needed` are lines that are added when the reply leaves out what they say, `caveats` what goes below it."""
        passages = list(passages_of(sections))
        work = self._tools(asked, passages)
        reply = CheckedReply(passages)
        talk = messages(asked.question, passages, history=asked.history)
        text, sent, note = "", 0, ""
        try:
            for part in reply.parts(model.stream(talk, tools=work.all())):
                for citation in reply.citations[sent:]:
                    yield {"type": "citation", "citation": citation}
                sent = len(reply.citations)
                text += part
                yield {"type": "text", "delta": part}
            for part in reply.left_out(needed, text) if reply.citations else ():
                for citation in reply.citations[sent:]:
                    yield {"type": "citation", "citation": citation}
                sent = len(reply.citations)
                text += part
                yield {"type": "text", "delta": part}
        except ModelUnavailable as error:
            _LOG.info("%s", error)  # whoever asked reads it in `note`
            note = str(error)
        if reply.abstained and not reply.citations:
            yield from told(
                replace(silent, produced_by=f"model:{model.name}") if silent.abstained else silent
            )
        elif not reply.citations:
            note = note or f"the model {model.name!r} gave no sentence that its citations support"
            yield from told(replace(base, note=f"{base.note} Told from the passages: {note}.".strip()))
        else:
            if note:
                note = f"The reply broke off: {note}."
            elif reply.dropped:
                note = f"{reply.dropped} unsupported sentence(s) of the model were dropped."
            note = f"{base.note} {note}".strip()
            below = caveats(reply.citations)
            for citation in below.cited[sent:]:
                yield {"type": "citation", "citation": citation}
            for paragraph in below.paragraphs:
                text += f"\n\n{paragraph}"
                yield {"type": "text", "delta": f"\n\n{paragraph}"}
            answer = replace(
                base,
                text=text,
                citations=tuple(below.cited),
                conflicts=tuple(below.conflicts),
                produced_by=f"model:{model.name}",
                flags=(*base.flags, *(flag_of(section, why) for section, why in work.flagged)),
                note=note,
            )
            yield {"type": "done", "answer": answer}

    def _tools(self, asked: _Asked, passages: list[tuple[Unit, ...]]) -> AgentTools:
        def found(query: str) -> list[Section]:
            return [hit.section for hit in self._search(query, asked)]

        def opened(entity: str, path: str | None, anchor: str) -> Section:
            return self._library.section(entity, path, anchor, principal=asked.principal)

        return AgentTools(passages, found, opened, asked.graph, self._tokens)

    def _exact(self, asked: _Asked, finding: CatalogFinding) -> Answer:
        told = tell(finding, asked.graph, card=lambda ref: self._card(ref, asked.principal))
        refs = (
            *(ref for hop in finding.hops[-1:] for ref in hop.subjects),
            *(ref for _, found in finding.unclear for ref in found),
            *(ref for hop in finding.hops for ref in hop.subjects),
            *finding.kept,
        )
        return Answer(
            text=told.text,
            abstained=bool(finding.unclear),
            confidence=0.0 if finding.unclear else _EXACT,
            citations=told.citations,
            facts=finding.facts,
            produced_by="catalog",
            standalone_question=asked.question,
            entities=tuple(dict.fromkeys(str(ref) for ref in refs))[:20],
        )

    def _lifecycle(self, asked: _Asked, finding: CatalogFinding) -> Iterator[AnswerEvent]:
        """The catalog's answer; about one named thing, with what docs say otherwise of it."""
        answer = self._exact(asked, finding)
        named = named_entities(asked.question, asked.graph)
        if len(named) == 1 and not answer.abstained:
            hits = self._search(f"{named[0].ref.name} is deprecated, retired, experimental", asked)
            answer = with_said_lifecycles(
                answer, named[0], hits, card=lambda ref: self._card(ref, asked.principal)
            )
        yield {"type": "retrieved", "hits": ()}
        yield from told(answer)

    def _whom_to_page(self, asked: _Asked, finding: CatalogFinding) -> Iterator[AnswerEvent]:
        wanted = question_of(finding)
        hits = [
            hit
            for ref in finding.hops[-1].subjects
            for hit in self._search(wanted, replace(asked, filters=_only(ref)))
        ]
        hits += self._search(wanted, asked)
        yield {"type": "retrieved", "hits": hits}
        yield from told(self._with_contacts(asked, finding, hits))

    def _with_contacts(self, asked: _Asked, finding: CatalogFinding, hits: Sequence[Hit]) -> Answer:
        cards = [self._card(ref, asked.principal) for ref in finding.kept if asked.graph.get(ref)]
        answer = self._exact(asked, finding)
        return with_contacts(answer, finding, cards=cards, hits=hits, graph=asked.graph)

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


def _about_the_named(asked: _Asked) -> CatalogFinding | None:
    """Whom to turn to when something that the question names behaves in a way that the catalog has no words for."""
    joined = read_joined(asked.question)
    if joined is None or not joined.for_help:
        return None
    named = {str(entity.ref) for entity in named_entities(joined.topic, asked.graph)}
    return answer_from_graph(joined.about(*named), asked.graph) if len(named) == 1 else None


def _only(entity: EntityRef) -> "Filters":
    from ingest.library import Filters  # brings numpy and the index along

    return Filters(component=str(entity))
