"""One question that was asked, and what came of it."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tools.ports import Answer, Citation, Flag, Section

MOST_PLACES = 5
_WORD = re.compile(r"(?<![\w@./:-])[\w@./:-]*\w")


class Outcome(StrEnum):
    """Where the answer came from, or that there was none."""

    ANSWERED = "answered"
    ABSTAINED = "abstained"
    CATALOG = "catalog"
    REGISTRY = "registry"
    HISTORY = "history"

    @classmethod
    def of(cls, answer: Answer) -> "Outcome":
        if answer.abstained:
            return cls.ABSTAINED
        looked_up = answer.produced_by in (cls.CATALOG, cls.REGISTRY, cls.HISTORY)
        return cls(answer.produced_by) if looked_up else cls.ANSWERED


@dataclass(frozen=True, slots=True)
class Place:
    """A section of a page at a revision; `path` is "" for an entity itself, `reason` why it was flagged."""

    entity: str
    path: str
    anchor: str
    revision: str = ""
    reason: str = ""

    @classmethod
    def of(cls, found: Section | Citation | Flag) -> "Place":
        revision, reason = getattr(found, "revision", ""), getattr(found, "reason", "")
        return cls(str(found.entity), found.path or "", found.anchor, revision, reason)

    @property
    def row(self) -> tuple[str, ...]:
        return self.entity, self.path, self.anchor, self.revision, self.reason

    @property
    def page(self) -> tuple[str, str]:
        return self.entity, self.path


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """`standalone` is the question as it reads without the conversation; `asker` and `teams` are full references.

    `cited` are the places that the answer rests on, `nearest` those that came closest, `entities` what it was about,
    the subject first. `at` is in seconds since the epoch.
    """

    id: str
    at: float
    question: str
    standalone: str
    asker: str
    teams: tuple[str, ...]
    door: str
    outcome: Outcome
    produced_by: str
    confidence: float
    context: str = ""
    cited: tuple[Place, ...] = ()
    nearest: tuple[Place, ...] = ()
    flagged: tuple[Place, ...] = ()
    entities: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        return self.outcome is Outcome.ABSTAINED


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """How a question that had failed was answered by a later generation of the index; `question` is `plain`."""

    question: str
    generation: str
    at: float
    before: Outcome
    after: Outcome
    cited: tuple[Place, ...] = ()


def plain(question: str) -> str:
    """The words alone: what two people typed alike."""
    return " ".join(_WORD.findall(question.lower()))


def new_id() -> str:
    """Random, so that knowing one answer's says nothing about another's."""
    return secrets.token_urlsafe(9)


def places(found: Iterable[Section | Citation | Flag]) -> tuple[Place, ...]:
    """The first few of them, each once."""
    return tuple(dict.fromkeys(Place.of(each) for each in found))[:MOST_PLACES]
