"""Questions that a page declares it answers, in its front matter.

    questions:
      - How do I roll back a batch?
      - ask: How long are batches kept?
        expect: [30 days]
        section: retention

`expect` are key facts that have to stand in the answer, `section` the anchor of the heading that it has to cite.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.answers.answer import Answer
from ingest.documents import Page
from ingest.entities import EntityRef

KEY = "questions"
_MOST = 50
_LONGEST = 500
_MARKS = re.compile(r"[*_`|]+|\[\d+\]")


@dataclass(frozen=True, slots=True)
class DeclaredQuestion:
    """What a page promises to answer."""

    entity: EntityRef
    path: str
    ask: str
    expect: tuple[str, ...] = ()
    section: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """The questions of a page, and what of its declaration cannot be used."""

    questions: tuple[DeclaredQuestion, ...] = ()
    problems: tuple[str, ...] = ()


def declared(page: Page) -> Declared:
    """What `page` declares; nothing when its front matter has no `questions`."""
    given = page.front_matter.get(KEY)
    if given is None:
        return Declared()
    if not isinstance(given, Sequence) or isinstance(given, str):
        return Declared(problems=(f"`{KEY}` is {given!r:.60}, not a list",))
    questions, problems = [], []
    for number, each in enumerate(given[:_MOST], 1):
        try:
            questions.append(_question(each, page))
        except ValueError as error:
            problems.append(f"`{KEY}` number {number}: {error}")
    if len(given) > _MOST:
        problems.append(f"`{KEY}` has {len(given)} entries; at most {_MOST} are asked")
    return Declared(tuple(questions), tuple(problems))


def why_broken(question: DeclaredQuestion, answer: Answer) -> str:
    """Why the answer is not the one that the page promises; empty when it is."""
    if answer.abstained:
        return "it is not answered"
    cited = [
        one for one in answer.citations if (one.entity, one.path) == (str(question.entity), question.path)
    ]
    if not cited:
        places = ", ".join(
            dict.fromkeys(f"{one.entity} {one.path or ''}".strip() for one in answer.citations)
        )
        return f"the answer does not cite this page, but {places or 'nothing'}"
    if question.section and question.section not in {one.anchor for one in cited}:
        return f"the answer does not cite #{question.section}, but #{', #'.join(one.anchor for one in cited)}"
    told = _plain(answer.text)
    if missing := [fact for fact in question.expect if _plain(fact) not in told]:
        return f"the answer does not say {', '.join(map(repr, missing))}"
    return ""


def _question(given: object, page: Page) -> DeclaredQuestion:
    if isinstance(given, str):
        given = {"ask": given}
    if not isinstance(given, Mapping):
        raise ValueError(f"{given!r:.60} is no question, nor a mapping with `ask`")  # noqa: TRY004 - a page's author wrote it
    if unknown := sorted(set(given) - {"ask", "expect", "section"}):
        raise ValueError(f"{unknown[0]!r} is no field; there are ask, expect, section")
    ask, expect = given.get("ask"), given.get("expect", [])
    if not isinstance(ask, str) or not ask.strip() or len(ask) > _LONGEST:
        raise ValueError(f"`ask` is {ask!r:.60}, not a question of at most {_LONGEST} characters")
    facts = [expect] if isinstance(expect, str | int | float) else expect
    if not isinstance(facts, Sequence):
        raise ValueError(f"`expect` is {expect!r:.60}, not a list of facts")  # noqa: TRY004 - likewise
    section = str(given.get("section") or "").lstrip("#")
    if section and section not in {one.anchor for one in page.sections}:
        raise ValueError(f"the page has no heading with the anchor {section!r}")
    return DeclaredQuestion(page.entity, page.path, ask.strip(), tuple(map(str, facts)), section)


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub(" ", text).lower().split())
