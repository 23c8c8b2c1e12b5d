"""An answer in a chat model's words, each sentence of which its citations support; else what the passages say themselves."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ingest.answers.agent_tools import AgentTools
from ingest.answers.answer import Answer, AnswerEvent, Citation
from ingest.answers.asked import Asked
from ingest.answers.caveats import Caveats, no_caveats
from ingest.answers.checked_reply import CheckedReply
from ingest.answers.events import told
from ingest.answers.model import ChatModel
from ingest.answers.passages_answer import flag_of
from ingest.answers.prompt import messages, passages_of
from ingest.answers.shelf import Shelf
from ingest.answers.units import Unit
from ingest.documents import Section
from ingest.errors import ModelUnavailable

_LOG = logging.getLogger(__name__)


def worded(
    asked: Asked,
    model: ChatModel,
    sections: Sequence[Section],
    base: Answer,
    *,
    shelf: Shelf,
    tokens: int,
    silent: Answer,
    needed: Sequence[tuple[Section, str]] = (),
    caveats: Callable[[Sequence[Citation]], Caveats] = no_caveats,
) -> Iterator[AnswerEvent]:
    """The model's words over `sections`; `base` when they do not hold, `silent` when the model finds nothing.
    `tokens` is how much more than the first passages it may read. `needed` are lines that are added when the reply leaves out what they say, `caveats` what goes below it."""
    passages = list(passages_of(sections))
    work = _tools(asked, passages, shelf, tokens)
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
        yield from told(replace(silent, produced_by=f"model:{model.name}") if silent.abstained else silent)
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


def _tools(asked: Asked, passages: list[tuple[Unit, ...]], shelf: Shelf, tokens: int) -> AgentTools:
    def found(query: str) -> list[Section]:
        return [hit.section for hit in shelf.search(query, asked)]

    def opened(entity: str, path: str | None, anchor: str) -> Section:
        return shelf.section(entity, path, anchor, asked.principal)

    return AgentTools(passages, found, opened, asked.graph, tokens)
