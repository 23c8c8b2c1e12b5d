"""Asking: a question and who asks, in; a cited answer, or that the docs do not say, out.

The catalog graph answers what it can answer exactly. Everything else is searched for, and told from the
passages found: by a chat model whose every sentence is checked against them when one is configured, by the
passages' own sentences when there is none or it fails.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING

from ingest.answers.answer import Answer, AnswerEvent, Turn
from ingest.answers.asked import Asked
from ingest.answers.catalog_questions import CatalogFinding, answer_from_graph, named_entities
from ingest.answers.change_answer import answer_from_histories, read_change_question
from ingest.answers.choose import choose
from ingest.answers.confidence import confidence, is_enough
from ingest.answers.events import told
from ingest.answers.evidence import evidence
from ingest.answers.exact import exact, lifecycle, whom_to_page, with_pager
from ingest.answers.followup import standalone
from ingest.answers.joined import read_joined
from ingest.answers.model import ChatModel
from ingest.answers.model_answer import about_models, must_be_told, shown_to_a_model
from ingest.answers.model_facts import looked_up
from ingest.answers.model_questions import ModelQuestion, read_model_question
from ingest.answers.on_call import asks_whom_to_page
from ingest.answers.passages_answer import (
    abstained,
    caveats_of,
    flags_of,
    from_passages,
    joined_with,
    leads_to_the_thing,
)
from ingest.answers.registry_answer import from_registry
from ingest.answers.registry_questions import read_registry_question
from ingest.answers.said_lifecycles import asks_for_lifecycle
from ingest.answers.shelf import Shelf
from ingest.answers.unknown_team import unknown_team
from ingest.answers.worded import worded
from ingest.changes import Histories
from ingest.errors import ModelBookUnavailable
from ingest.model_book import ModelBook
from ingest.permissions import Principal

if TYPE_CHECKING:
    from ingest.library import Filters, Library


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
        link_hosts: Collection[str] = (),
    ) -> None:
        """`tokens` is how much more than the first passages a model may read for one answer. `model` words answers; `models` is the registry that questions about models are looked up in. `today`
        tells how old a review is. `histories` are asked what changed, counted back from `now` (aware). Links of the docs to
        `link_hosts` stay links in an answer."""
        self._library = library
        self._model = model
        self._models = models
        self._shelf = Shelf(library, today=today, hosts=link_hosts)
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
        asked = Asked(
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
            yield from whom_to_page(asked, finding, self._shelf)
        elif finding is not None and asks_for_lifecycle(asked.question):
            yield from lifecycle(asked, finding, self._shelf)
        elif finding is not None:
            yield {"type": "retrieved", "hits": ()}
            yield from told(exact(asked, finding, self._shelf))
        elif nobody := unknown_team(asked.question, graph):
            yield from self._about_nobody(asked, nobody)
        else:
            yield from self._from_docs(asked)

    def evidence(self, question: str, *, principal: Principal) -> Mapping[str, float]:
        """What speaks for an answer to `question` from the docs, for judging the confidence that is read from it."""
        asked = Asked(question, principal, self._library.catalog(principal), (), None)
        hits = self._shelf.search(question, asked)
        read = self._shelf.read(question, asked.graph)
        looked_at = self._shelf.with_subsections(read, hits, principal)
        return evidence(read, choose(read, looked_at, similarity=self._library.similarity), looked_at)

    def _from_histories(self, asked: Asked) -> Answer | None:
        if self._histories is None:
            return None
        now = self._now()
        wanted = read_change_question(asked.question, asked.graph, now)
        if wanted is None:
            return None
        answer = answer_from_histories(wanted, self._histories, asked.graph, now)
        return None if answer is None else replace(answer, standalone_question=asked.question)

    def _from_registry(self, asked: Asked) -> Answer | None:
        """What the registry alone knows; a registry that cannot be read leaves the question to catalog and docs."""
        whole = self._library.whole_catalog()
        with suppress(ModelBookUnavailable):
            wanted = read_registry_question(asked.question, asked.graph, self._models, whole=whole)
            if wanted is not None and self._models is not None:
                found = from_registry(wanted, self._models, asked.graph, whole=whole)
                return replace(found, standalone_question=asked.question) if found else None
        return None

    def _from_docs(self, asked: Asked) -> Iterator[AnswerEvent]:
        joined = read_joined(asked.question)
        topic = joined.topic if joined else asked.question
        hits = self._shelf.search(topic, asked)
        found = self._shelf.found(topic, hits, asked)
        if joined is not None and joined.is_the_thing and not leads_to_the_thing(found):
            joined = None  # an ordinary question after all
            hits = self._shelf.search(asked.question, asked)
            found = self._shelf.found(asked.question, hits, asked)
        yield {"type": "retrieved", "hits": found.hits}
        if not is_enough(found.sure):
            yield from told(abstained(found))
            return
        if joined is not None:
            lead = found.choice.units[0].section
            finding = answer_from_graph(joined.about(str(lead.entity)), asked.graph)
            if finding is not None:
                found_exactly = (
                    with_pager(asked, finding, self._shelf, hits)
                    if asks_whom_to_page(finding)
                    else exact(asked, finding, self._shelf)
                )
                yield from told(joined_with(found_exactly, found))
                return
        base = from_passages(found)
        if self._model is not None:
            yield from worded(
                asked,
                self._model,
                [hit.section for hit in found.hits],
                base,
                shelf=self._shelf,
                tokens=self._tokens,
                silent=abstained(found),
                caveats=partial(caveats_of, found),
            )
        else:
            yield from told(base)

    def _about_nobody(self, asked: Asked, nobody: str) -> Iterator[AnswerEvent]:
        hits = self._shelf.search(asked.question, asked)
        yield {"type": "retrieved", "hits": hits}
        silent = abstained(self._shelf.found(asked.question, hits, asked))
        nearest = silent.text.partition("\n\n")[2]
        yield from told(replace(silent, text=f"{nobody}\n\n{nearest}".strip(), confidence=0.0))

    def _about_models(self, asked: Asked, wanted: ModelQuestion) -> Iterator[AnswerEvent]:
        known, note = looked_up(wanted.models, self._models)
        if note and all(one.is_named_in_vain for one in known):
            known = tuple(self._shelf.described(one, (), asked) for one in known)
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
        hits = self._shelf.search(wanted.topic, asked)
        yield {"type": "retrieved", "hits": hits}
        known = tuple(self._shelf.described(one, hits, asked) for one in known)
        choice = self._shelf.chosen_about(wanted.topic, known, hits, asked)
        sure = confidence(evidence(self._shelf.read(wanted.topic, asked.graph), choice, hits))
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
        yield from worded(
            asked,
            self._model,
            shown_to_a_model(known),
            answer,
            shelf=self._shelf,
            tokens=self._tokens,
            silent=answer,
            needed=must_be_told(known),
        )


def _about_the_named(asked: Asked) -> CatalogFinding | None:
    """Whom to turn to when something that the question names behaves in a way that the catalog has no words for."""
    joined = read_joined(asked.question)
    if joined is None or not joined.for_help:
        return None
    named = {str(entity.ref) for entity in named_entities(joined.topic, asked.graph)}
    return answer_from_graph(joined.about(*named), asked.graph) if len(named) == 1 else None
