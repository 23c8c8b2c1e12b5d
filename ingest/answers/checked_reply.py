"""Lets through of a model's reply only what a cited passage supports, sentence by sentence as it streams.

A sentence needs a mark of a passage that says it: the passage's supporting piece becomes the quote. Code
must stand in a passage line by line. Whatever fails is dropped, so nothing unsupported is ever shown.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from ingest.answers.answer import Citation
from ingest.answers.citations import cite, support
from ingest.answers.injection import suspicious
from ingest.answers.plain import inline
from ingest.answers.units import Unit
from ingest.documents import Section

_MARK = re.compile(r"(?:(?<!\s)\s+)?\[\d+(?:\s*,\s*\d+)*\]")
_END = re.compile(
    r"(?:[.!?][\"'”’)*_]*(?:\s*\[\d+(?:\s*,\s*\d+)*\])*|(?<!\s)(?<!\d\])(?:\s*\[\d+(?:\s*,\s*\d+)*\])+[.!?]?)(?=\s+(?!\[))"
)
_ONLY_MARKS = re.compile(r"[\s.,;]*(?:\[\d+(?:\s*,\s*\d+)*\][\s.,;]*)+")
_SILENT = re.compile(
    r"\b(?:docs?|documentation|passages?) (?:do(?:es)?(?: not|n['’]t)) (?:say|contain|mention|answer|provide|specify)",
    re.IGNORECASE,
)


class CheckedReply:
    """Feed it the pieces of a reply; it yields the parts that hold, with new citation numbers."""

    def __init__(self, passages: Sequence[Sequence[Unit]]) -> None:
        self._passages = passages
        self._citations: list[Citation] = []
        self.dropped = 0
        self.abstained = False

    @property
    def citations(self) -> tuple[Citation, ...]:
        return tuple(self._citations)

    def parts(self, pieces: Iterable[str]) -> Iterator[str]:
        """Markdown that may be shown, in order; empty when nothing held."""
        gap, told = "", False  # space is kept back until something follows it
        for segment in _segments(pieces):
            held = self._held(segment) if segment.strip() else segment
            if held is None:
                continue
            if shown := held.strip():
                yield (gap + held[: held.index(shown)] if told else "") + shown
                gap, told = held[held.index(shown) + len(shown) :], True
            else:
                gap += held

    def left_out(self, needed: Sequence[tuple[Section, str]], text: str) -> Iterator[str]:
        """Of lines that must be told, those with a name in backticks that the reply's `text` lacks, each with its mark."""
        for section, line in needed:
            if any(name not in text for name in re.findall(r"`([^`]+)`", line)):
                yield f"\n\n{inline(line)} {self.mark(section, line)}"

    def _held(self, segment: str) -> str | None:
        if _SILENT.search(segment) and not _MARK.search(segment):
            self.abstained = True
            return None
        marks = self._code_marks(segment) if _is_code(segment) else self._sentence_marks(segment)
        if not marks:
            self.dropped += 1
            return None
        if _is_code(segment):
            return f"{segment.rstrip()}\n\n{marks}\n"
        lead = segment[: len(segment) - len(segment.lstrip())]
        tail = segment[len(segment.rstrip()) :]
        text = re.sub(
            r"^((?:[-*+]|\d+[.)])\s)?(.*)$",
            lambda m: f"{m[1] or ''}{inline(_MARK.sub('', m[2]))}",
            segment.strip(),
            flags=re.DOTALL,
        )
        return f"{lead}{text} {marks}{tail}"

    def _sentence_marks(self, sentence: str) -> str:
        if suspicious(sentence):
            return ""
        numbers = [int(number) for mark in _MARK.findall(sentence) for number in re.findall(r"\d+", mark)]
        found = [
            unit
            for number in dict.fromkeys(numbers)
            if 0 < number <= len(self._passages)
            and (unit := support(sentence, self._passages[number - 1])) is not None
        ]
        return " ".join(self._mark(unit) for unit in found)

    def _code_marks(self, code: str) -> str:
        lines = [line.strip() for line in code.strip().splitlines()[1:-1] if line.strip()]
        for units in self._passages:
            for unit in units:
                if lines and all(line in unit.quote for line in lines):
                    return self._mark(unit)
        return ""

    def _mark(self, unit: Unit) -> str:
        return self.mark(unit.section, unit.quote)

    def mark(self, section: Section, quote: str) -> str:
        """`[n]` of a citation, made now if it is new. Raises `ValueError` when the section does not have the quote."""
        for citation in self._citations:
            if citation.quote == quote and citation.anchor == section.anchor:
                return f"[{citation.number}]"
        self._citations.append(cite(len(self._citations) + 1, section, quote))
        return f"[{len(self._citations)}]"


def _segments(pieces: Iterable[str]) -> Iterator[str]:
    """Whole sentences, list lines, fences and the blank space between, as soon as each is complete."""
    buffer = ""
    for piece in pieces:
        buffer += piece
        while (cut := _complete(buffer)) > 0:
            yield buffer[:cut]
            buffer = buffer[cut:]
    if buffer:
        yield buffer


def _complete(buffer: str) -> int:
    """Where the first complete segment of `buffer` ends; 0 when it is still growing."""
    body = buffer.lstrip()
    start = len(buffer) - len(body)
    if body.startswith("```"):
        close = re.search(r"\n```[^\n]*\n", body[3:])
        return start + 3 + close.end() if close else 0
    if start and body:
        return start
    newline = body.find("\n")
    sentence = _END.search(body) if not re.match(r"\d+[.)]\s*$", body) else None
    while sentence and re.fullmatch(
        r"\s*(?:\d+|[a-z]\.[a-z]|vs|etc|e\.g|i\.e)[.)]", body[: sentence.end()].rsplit(" ", 1)[-1]
    ):
        sentence = _END.search(body, sentence.end())
    ends = [end for end in (newline, sentence.end() if sentence else -1) if end >= 0]
    if not ends or not body:
        return 0
    end = min(ends)
    # Marks on a line of their own belong to what stands above; wait for them.
    rest = body[end:]
    if (trailing := _ONLY_MARKS.match(rest)) and trailing.end() < len(rest):
        end += trailing.end()
    elif not rest.strip():
        return 0
    return start + end


def _is_code(segment: str) -> bool:
    return segment.lstrip().startswith("```")
