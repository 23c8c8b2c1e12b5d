"""Exact answers out of the catalog graph, with what the docs add: whom to page, and what they say of a lifecycle."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.answers.answer import Answer, AnswerEvent, Hit
from ingest.answers.asked import Asked
from ingest.answers.catalog_answer import tell
from ingest.answers.catalog_questions import CatalogFinding, named_entities
from ingest.answers.events import told
from ingest.answers.on_call import question_of, with_contacts
from ingest.answers.passages_answer import with_said_lifecycles
from ingest.answers.shelf import Shelf, only

_EXACT = 0.97


def exact(asked: Asked, finding: CatalogFinding, shelf: Shelf) -> Answer:
    """What the graph found, in words, each entity with its card."""
    worded = tell(finding, asked.graph, card=lambda ref: shelf.card(ref, asked.principal))
    refs = (
        *(ref for hop in finding.hops[-1:] for ref in hop.subjects),
        *(ref for _, found in finding.unclear for ref in found),
        *(ref for hop in finding.hops for ref in hop.subjects),
        *finding.kept,
    )
    return Answer(
        text=worded.text,
        abstained=bool(finding.unclear),
        confidence=0.0 if finding.unclear else _EXACT,
        citations=worded.citations,
        facts=finding.facts,
        produced_by="catalog",
        standalone_question=asked.question,
        entities=tuple(dict.fromkeys(str(ref) for ref in refs))[:20],
    )


def lifecycle(asked: Asked, finding: CatalogFinding, shelf: Shelf) -> Iterator[AnswerEvent]:
    """The catalog's answer; about one named thing, with what docs say otherwise of it."""
    answer = exact(asked, finding, shelf)
    named = named_entities(asked.question, asked.graph)
    if len(named) == 1 and not answer.abstained:
        hits = shelf.search(f"{named[0].ref.name} is deprecated, retired, experimental", asked)
        answer = with_said_lifecycles(
            answer, named[0], hits, card=lambda ref: shelf.card(ref, asked.principal)
        )
    yield {"type": "retrieved", "hits": ()}
    yield from told(answer)


def whom_to_page(asked: Asked, finding: CatalogFinding, shelf: Shelf) -> Iterator[AnswerEvent]:
    """Who is on call, with the contacts that the docs of each name first, then those of all docs."""
    wanted = question_of(finding)
    hits = [
        hit
        for ref in finding.hops[-1].subjects
        for hit in shelf.search(wanted, replace(asked, filters=only(ref)))
    ]
    hits += shelf.search(wanted, asked)
    yield {"type": "retrieved", "hits": hits}
    yield from told(with_pager(asked, finding, shelf, hits))


def with_pager(asked: Asked, finding: CatalogFinding, shelf: Shelf, hits: Sequence[Hit]) -> Answer:
    """The graph's answer, with the contacts that `hits` tell."""
    cards = [shelf.card(ref, asked.principal) for ref in finding.kept if asked.graph.get(ref)]
    answer = exact(asked, finding, shelf)
    return with_contacts(answer, finding, cards=cards, hits=hits, graph=asked.graph)
