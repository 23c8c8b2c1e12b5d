"""The events of an answer that is whole before it is sent."""

from collections.abc import Iterator

from ingest.answers.answer import Answer, AnswerEvent


def told(answer: Answer) -> Iterator[AnswerEvent]:
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
