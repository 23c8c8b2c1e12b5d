"""What asking returns: an answer, the citations it rests on, and the events that lead to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypedDict

from ingest.documents import Section

Fact = str | int


class Hit(Protocol):
    """A section that search found, and how well it matched; higher is better."""

    @property
    def section(self) -> Section: ...

    @property
    def score(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange. `entities` are full refs, the one that was asked about first."""

    question: str
    answer: str
    entities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a statement of the answer stands. `quote` is a contiguous piece of the cited section's text."""

    number: int
    entity: str
    path: str | None
    anchor: str
    heading: str
    quote: str
    revision: str
    owner: str | None = None
    modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """A passage that tries to instruct whoever reads it; its text is not repeated here."""

    entity: str
    path: str | None
    anchor: str
    owner: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Sources that do not agree, or one that is old: what each says and the numbers of their citations."""

    kind: Literal["values", "stale"]
    says: tuple[str, ...]
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Markdown `text` with `[n]` marks that number `citations`.

    `facts` is the complete, unordered exact answer of a catalog question: full entity refs, values, or one
    integer for a count. `passages` are the hits the answer was made from, or the nearest ones when it
    abstained. `entities` are what the exchange was about, the subject first, for the next `Turn`. `note`
    tells what went differently than configured, for example that the model did not answer.
    """

    text: str
    abstained: bool
    confidence: float
    citations: tuple[Citation, ...] = ()
    facts: tuple[Fact, ...] = ()
    passages: tuple[Hit, ...] = ()
    produced_by: str = "passages"
    standalone_question: str = ""
    entities: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    note: str = ""

    def as_turn(self, question: str) -> Turn:
        """The exchange as history for the next question."""
        return Turn(question=question, answer=self.text, entities=self.entities)


class Retrieved(TypedDict):
    """The first event: what search found."""

    type: Literal["retrieved"]
    hits: Sequence[Hit]


class TextDelta(TypedDict):
    """The next piece of the answer's text; the pieces joined are `Answer.text`."""

    type: Literal["text"]
    delta: str


class Cited(TypedDict):
    """A citation, sent once, before or with the first text that carries its mark."""

    type: Literal["citation"]
    citation: Citation


class Done(TypedDict):
    """The last event: the whole answer."""

    type: Literal["done"]
    answer: Answer


AnswerEvent = Retrieved | TextDelta | Cited | Done
