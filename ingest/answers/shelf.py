"""What an answer takes from the library: cards, hits, the question read with its words' rarity, and what is chosen of it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from ingest.answers.answer import Hit
from ingest.answers.asked import Asked
from ingest.answers.catalog_questions import named_entities
from ingest.answers.choose import Choice, choose, is_below, is_named
from ingest.answers.confidence import confidence
from ingest.answers.evidence import evidence
from ingest.answers.model_facts import Known, is_about, pages_about
from ingest.answers.passages_answer import Found
from ingest.answers.question import Question, read_question
from ingest.answers.subject import subjects_of
from ingest.answers.words import stems
from ingest.documents import Section
from ingest.entities import EntityRef
from ingest.graph import CatalogGraph
from ingest.permissions import Principal

if TYPE_CHECKING:
    from ingest.library import Filters, Library

_HITS = 10
_SUBSECTIONS = 4
_AS_MUCH = 0.8  # of what is asked about the thing, for its own docs to be told instead of another's


@dataclass(frozen=True, slots=True)
class Subsection:
    """A hit that search did not give: it stands under one that it did."""

    section: Section
    score: float


class Shelf:
    """The library, as one who answers uses it. `today` tells how old a review is; links to `hosts` stay links."""

    def __init__(self, library: "Library", *, today: Callable[[], date], hosts: Collection[str] = ()) -> None:
        self._library, self._today, self._hosts = library, today, hosts

    def search(self, topic: str, asked: Asked) -> Sequence[Hit]:
        """Ten at most, in order."""
        if asked.filters is None:
            return self._library.search(topic, principal=asked.principal, k=_HITS)
        return self._library.search(topic, principal=asked.principal, k=_HITS, filters=asked.filters)

    def card(self, ref: EntityRef, principal: Principal) -> Section:
        return self.section(str(ref), None, "", principal)

    def section(self, entity: str, path: str | None, anchor: str, principal: Principal) -> Section:
        """Raises `LookupError`."""
        return self._library.section(entity, path, anchor, principal=principal)

    def found(self, topic: str, hits: Sequence[Hit], asked: Asked) -> Found:
        """What is chosen of the hits; of those of the thing's own docs, where the first are of another's and those say as much."""
        question = self.read(topic, asked.graph)
        found = self._chosen(question, hits, asked)
        if found.strays and asked.filters is None and len(own := self._own(topic, asked)) > 0:
            closer = self._chosen(question, own, asked)
            if not closer.strays and closer.choice.aspect >= _AS_MUCH * found.choice.aspect:
                return closer
        return found

    def _chosen(self, question: Question, hits: Sequence[Hit], asked: Asked) -> Found:
        looked_at = self.with_subsections(question, hits, asked.principal)
        choice = choose(question, looked_at, similarity=self._library.similarity)
        return Found(
            asked=asked.question,
            read=question,
            hits=hits,
            choice=choice,
            sure=confidence(evidence(question, choice, looked_at)),
            graph=asked.graph,
            card=lambda ref: self.card(ref, asked.principal),
            today=self._today(),
            hosts=self._hosts,
        )

    def _own(self, topic: str, asked: Asked) -> Sequence[Hit]:
        """Passages of the one thing that the question names."""
        named = subjects_of(named_entities(topic, asked.graph))
        return self.search(topic, replace(asked, filters=only(named[0].ref))) if len(named) == 1 else ()

    def described(self, known: Known, hits: Sequence[Hit], asked: Asked) -> Known:
        """`known` with its card and with what the docs say of it; a model without registry has its figures there."""
        found = [hit.section for hit in hits if is_about(hit.section, known.entity)]
        more = () if known.registered else pages_about(known.entity, self._library, asked.principal)
        sections = {section.key: section for section in (*found, *more)}
        card = self.card(known.entity.ref, asked.principal)
        return replace(known, card=card, described=tuple(sections.values()))

    def chosen_about(self, topic: str, known: Sequence[Known], hits: Sequence[Hit], asked: Asked) -> Choice:
        """What the docs answer, of pages that name one of the models."""
        about = [hit for hit in hits if any(is_about(hit.section, one.entity) for one in known)]
        return choose(self.read(topic, asked.graph), about, similarity=self._library.similarity)

    def with_subsections(
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

    def read(self, text: str, graph: CatalogGraph) -> Question:
        named = named_entities(text, graph)
        return read_question(
            text,
            document_frequency=self._library.document_frequency,
            documents=int(self._library.status()["counts"]["sections"]),
            subject=frozenset(
                stem for entity in named for stem in stems(f"{entity.ref.name} {entity.title}")
            ),
        )


def only(entity: EntityRef) -> "Filters":
    """Passages of one entity."""
    from ingest.library import Filters  # brings numpy and the index along

    return Filters(component=str(entity))
