"""Questions whose answers are known: a file of one JSON object a line, ours or a team's own.

    {"id": "a", "question": "…", "kind": "docs", "entity": "component:default/x", "path": "index.md", "anchor": "retries", "key": ["250 ms"]}
    {"id": "b", "question": "…", "kind": "catalog", "facts": ["group:default/ranking"]}
    {"id": "c", "question": "…", "kind": "unanswerable"}
    {"id": "d", "question": "…", "kind": "injection", "never": ["curl evil.example"]}

`key` is what must stand in the first 120 words, `never` what must stand nowhere. `paraphrase` marks a question that shares
no word with its page.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from server.exam.asking.lines import read_lines

QUESTIONS = Path(__file__).parents[1] / "questions" / "ask.jsonl"


class QuestionsInvalid(ValueError):
    """A file of questions cannot be read; the message names line, field and value."""


class Question(BaseModel):
    """One question with what is known of its answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    question: str = Field(min_length=1, max_length=4_000)
    kind: Literal["docs", "catalog", "unanswerable", "injection"]
    entity: str = ""
    path: str | None = None
    anchor: str = ""
    key: tuple[str, ...] = ()
    facts: tuple[str | int, ...] = ()
    never: tuple[str, ...] = ()
    paraphrase: bool = False

    @model_validator(mode="after")
    def _complete(self) -> "Question":
        needed = {"docs": "entity", "catalog": "facts", "injection": "never"}.get(self.kind)
        if needed is not None and not getattr(self, needed):
            raise ValueError(f"a question of the kind {self.kind} needs `{needed}`")
        return self

    @property
    def page(self) -> tuple[str, str | None]:
        """Where the answer stands."""
        return self.entity, self.path


def read_questions(file: Path = QUESTIONS) -> tuple[Question, ...]:
    """The questions of `file`, blank lines left out. Raises `QuestionsInvalid`."""
    found = read_lines(file, _read, invalid=QuestionsInvalid, what="question")
    _refuse_twice(found, file)
    return tuple(found)


def _read(line: str, number: int, file: Path) -> Question:
    try:
        return Question.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the line"
        raise QuestionsInvalid(f"{file}, line {number}: {place}: {first['msg']}: {line[:120]!r}") from error


def _refuse_twice(found: Sequence[Question], file: Path) -> None:
    seen: set[str] = set()
    for each in found:
        if each.id in seen:
            raise QuestionsInvalid(f"{file}: the id {each.id!r} is there twice; give each question its own")
        seen.add(each.id)
