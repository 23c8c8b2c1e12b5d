"""Turns `and who owns it?` into a question that stands alone, given what was said before.

A pure function over the question and earlier turns: pronouns take the entity that was asked about (or, for
`they` and `them`, the team that was the answer), `what about X?` repeats the last question for X, and an
ellipsis borrows the last question's subject.
"""

import re
from collections.abc import Callable, Sequence

from ingest.answers.answer import Turn

_LEAD = re.compile(
    r"^\W*(?:and|but|so|ok(?:ay)?|then|also|now|thanks|thank you|great|plus)\b[\s,!.:;-]+", re.IGNORECASE
)
_ABOUT = re.compile(
    r"^(?:(?:and )?(?:what|how) about|(?:and|or) for|same (?:question )?for|and|for)\s++(?P<other>[^?]*[^?\s])\s*(?:\?\s*)?$",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"\b(?:its|their|his|her)\b(?!\s+(?:own|possible)\b)", re.IGNORECASE)
_PEOPLE = re.compile(
    r"\b(?:they|them|those people|(?:that|this|the same|the) (?:team|group|squad))\b", re.IGNORECASE
)
_THING = re.compile(
    r"\b(?:(?:this|that|the same) (?:component|service|system|api|resource|entity|model|job|page|one)|it|this|that)\b"
    r"(?!\s+(?:is|was)\s+(?:possible|necessary|safe|ok))",
    re.IGNORECASE,
)
_PERSONAL = {"group", "user"}
#: A follow-up this short says too little to be searched for by itself.
_SHORT = 4


def standalone(question: str, history: Sequence[Turn], *, names: Callable[[str], Sequence[str]]) -> str:
    """`question` rewritten to stand alone; unchanged when it does, or when nothing earlier helps.

    `names` gives the full references of the entities that a text names.
    """
    question = question.strip()
    if not history or not question:
        return question
    last = history[-1]
    about = _ABOUT.match(question)
    if about and (swapped := _same_question_for(about["other"], last, names)):
        return swapped
    bare = _LEAD.sub("", question)
    if names(bare) and not _POSSESSIVE.search(bare):
        return bare[0].upper() + bare[1:] if bare != question and bare else question
    return _resolved(bare or question, history) or question


def _same_question_for(other: str, last: Turn, names: Callable[[str], Sequence[str]]) -> str | None:
    """The last question with the entity it was about exchanged for `other`."""
    if (
        not names(other)
        or not last.entities
        or re.search(r"\b(?:who|what|which|how|when|where|why)\b", other, re.IGNORECASE)
    ):
        return None
    for ref in last.entities:
        for name in (ref, ref.partition("/")[2]):
            spelled = r"[\s_-]*".join(map(re.escape, re.split(r"[-_\s]+", name)))
            pattern = re.compile(rf"(?<![\w-]){spelled}(?![\w-])", re.IGNORECASE)
            if pattern.search(last.question):
                return pattern.sub(lambda _: other.strip(), last.question)
    return None


def _resolved(question: str, history: Sequence[Turn]) -> str | None:
    thing, people = _latest(history, personal=False), _latest(history, personal=True)
    if _PEOPLE.search(question) and people:
        return _sentence(_POSSESSIVE.sub(f"{people}'s", _PEOPLE.sub(people, question)))
    subject = thing or people
    if subject is None:
        return _with_topic(question, history[-1])
    if _POSSESSIVE.search(question):
        return _sentence(_THING.sub(subject, _POSSESSIVE.sub(f"{subject}'s", question)))
    if _THING.search(question):
        return _sentence(_THING.sub(subject, question, count=1))
    if len(question.split()) <= _SHORT:
        return (
            _sentence(f"{question.rstrip('?').rstrip()} of {subject}?")
            if _nominal(question)
            else _with_topic(question, history[-1])
        )
    return None


def _nominal(question: str) -> bool:
    return (
        re.match(
            r"(?:the\s+)?(?:owners?|dependenc\w+|dependents?|tags?|type|lifecycle|members?|consumers?|parts|links|system)\b",
            question,
            re.IGNORECASE,
        )
        is not None
    )


def _with_topic(question: str, last: Turn) -> str | None:
    if len(question.split()) > 2 * _SHORT or not last.question:
        return None
    return f"{last.question.rstrip().rstrip('?')}: {question}"


def _latest(history: Sequence[Turn], *, personal: bool) -> str | None:
    for turn in reversed(history):
        for ref in turn.entities:
            if (ref.partition(":")[0] in _PERSONAL) is personal:
                return ref
    return None


def _sentence(text: str) -> str:
    return text if ":" in text.split(" ", 1)[0] else text[:1].upper() + text[1:]
