"""The texts of a section that are embedded: all of it, in pieces that fit the embedder's window."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from ingest.documents import Section
from ingest.markdown.plain import plain
from ingest.markdown.sentences import sentences

CountTokens = Callable[[str], int]
_Split = Callable[[str], Sequence[str]]

_SPARE = 4
"""Tokens kept free in every chunk: the embedder's own marks, and joints that tokenise differently."""

_BYTES_A_TOKEN = 24
"""Text of more bytes than this a token is split without being counted."""


def chunks_of(section: Section, *, count_tokens: CountTokens, max_tokens: int) -> tuple[str, ...]:
    """The section's plain text as one or more texts of at most `max_tokens`, each headed by its heading.

    Nothing is cut off: a block that does not fit is split at its sentences (code and tables at their lines),
    those between words, and words in halves. Neighbours that fit together share a chunk. A section without
    text gives its heading. `count_tokens` is asked once for most sections, and once a block for longer ones: a
    text of no more bytes than the window has tokens always fits.

    Raises `ValueError` when `max_tokens` is below 16, too few to hold a heading and a word.
    """
    if max_tokens < 16:
        raise ValueError(f"max_tokens={max_tokens} is too small a window; use a model that reads 16 or more")
    # A piece is counted to see that it fits, and again to pack it.
    window = _Window(cache(count_tokens), max_tokens - _SPARE)
    heading = " ".join(section.heading.split())
    whole = "\n".join(part for part in (heading, plain(section.text)) if part)
    if window.fits(whole):
        return (whole,) if whole else ()
    room = window.under(heading)
    if room is None:
        return tuple(_packed(window, [(heading, (_halves,)), *_blocks(section)]))
    chunks = _packed(room, _blocks(section))
    return tuple(f"{heading}\n{chunk}" if heading else chunk for chunk in chunks)


def _blocks(section: Section) -> list[tuple[str, tuple[_Split, ...]]]:
    """Each block's plain text with the ways to split it, coarse to fine."""
    texts = [(block.kind, plain(block.text)) for block in section.blocks]
    return [
        (text, (_lines if kind in ("code", "table") else _sentences, _lines, _halves))
        for kind, text in texts or [("paragraph", plain(section.text))]
        if text
    ]


@dataclass(frozen=True, slots=True)
class _Window:
    count: CountTokens
    tokens: int

    def fits(self, text: str) -> bool:
        size = len(text.encode("utf-8", "replace"))
        if size <= self.tokens or size > self.tokens * _BYTES_A_TOKEN:
            return size <= self.tokens
        return self.count(text) <= self.tokens

    def under(self, heading: str) -> "_Window | None":
        """What is left of the window under a heading; None when the heading takes more than half of it."""
        taken = self.count(heading) if heading else 0
        return None if taken * 2 > self.tokens else _Window(self.count, self.tokens - taken)

    def pieces(self, text: str, splits: tuple[_Split, ...]) -> Iterator[str]:
        """The text in pieces that fit, split as coarsely as will do."""
        if self.fits(text) or len(text) < 2:
            yield text
            return
        for number, split in enumerate(splits):
            parts = split(text)
            if len(parts) > 1:
                for part in parts:
                    yield from self.pieces(part, splits[number:])
                return


def _packed(window: _Window, texts: Iterable[tuple[str, tuple[_Split, ...]]]) -> Iterator[str]:
    """Neighbours together as long as they fit."""
    chunk, size = "", 0
    for text, splits in texts:
        for piece in window.pieces(text, splits):
            tokens = window.count(piece) + 1
            if chunk and size + tokens > window.tokens:
                yield chunk
                chunk, size = "", 0
            chunk, size = (f"{chunk}\n{piece}" if chunk else piece), size + tokens
    if chunk:
        yield chunk


def _lines(text: str) -> Sequence[str]:
    return [line for line in text.split("\n") if line.strip()]


def _sentences(text: str) -> Sequence[str]:
    """The text cut where its sentences begin, with whatever stands between them."""
    starts, at = [0], 0
    for sentence in sentences(text):
        at = text.index(sentence, at)
        starts.append(at)
        at += len(sentence)
    cuts = [*sorted(set(starts)), len(text)]
    parts = [text[start:end].strip() for start, end in pairwise(cuts)]
    return [part for part in parts if part]


def _halves(text: str) -> Sequence[str]:
    """Two halves, cut between words where there is a place to; in the middle of one where there is none."""
    middle = len(text) // 2
    space = text.find(" ", middle, -1)
    middle = space if space > 0 else middle
    return [text[:middle], text[middle:].removeprefix(" ")]
