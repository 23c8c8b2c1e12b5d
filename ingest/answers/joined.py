"""Questions that join documents and catalog: *who owns the component whose runbook describes X*, *whom do I page for
playlist search*.

The part that describes a document, or the thing itself in words that are no name, is searched for; the entity found there takes its place in the question,
which the catalog then answers exactly.
"""

import re
from dataclasses import dataclass

_DOCUMENT = (
    r"(?:run ?books?|docs?|documentation|pages?|tech ?docs|design (?:notes?|docs?)|model cards?|read ?me|adrs?|"
    r"post-?mortems?|on-call (?:guide|page)|guides?|handbooks?)"
)
_TELLS = r"(?:describes?|explains?|mentions?|says?|documents?|covers?|talks? about|warns?(?: about)?|defines?|lists?|discusses?|is about|are about|contains?|names?)"
#: What may end the question itself, after the topic.
_REST = (
    r"depends? (?:up)?on|rel(?:y|ies) (?:up)?on|needs?|requires?|provides?|exposes?|consumes?|owned by|maintained by|"
    r"(?:is |be )?(?:a )?part of|belongs? to|in|goes down|is down|fails|tagged(?: with)?"
)
_JOIN = re.compile(
    rf"(?:the |a |that |whatever |whichever )?(?:components?|services?|systems?|entity|entities|api|things?|one|resources?|jobs?|models?|librar(?:y|ies)|"
    rf"websites?|pipelines?|apps?)?\s*"
    rf"(?:whose {_DOCUMENT}|(?:in|of) whose {_DOCUMENT}|(?:with|that has|having) (?:the |a )?{_DOCUMENT} (?:that|which))\s+{_TELLS}\s+(?P<topic>[^?]+?)"
    rf"(?P<rest>\s+(?:{_REST}))?\s*[?.!]*$",
    re.IGNORECASE,
)


#: Whom to turn to about something that has no name in the catalog.
_TURNED_TO = re.compile(
    r"\bwh?om?\b[^?]*?\b(?:page|call|contact|ping|reach(?: out to)?|(?:talk|speak|turn|go|write) to|wake(?: up)?|alert|ask|on call|on-call)"
    r"\s+(?:for|about|when|if|regarding|concerning|on|in case)\s+(?P<topic>[^?]+?)"
    r"(?:\s+(?:is|are|goes|go|breaks?|fails?)(?:\s+(?:down|broken|failing|slow|out))?)?\s*[?.!]*$",
    re.IGNORECASE,
)
_OWNED = re.compile(
    r"^(?:please |so |and )?(?:who|which team|what team)\s+(?:owns?|maintains?|looks? after|takes? care of|runs?|handles?|is (?:the )?"
    r"(?:responsible for|accountable for|in charge of|owner of|maintainer of))\s+(?P<topic>[^?]+?)\s*[?.!]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class JoinedQuestion:
    """`topic` is what to search for; `about(ref)` is the catalog question once it is found. `is_the_thing`: the topic is the
    thing itself, so that a page leads to it only when it says every word of it. `for_help`: somebody to turn to is wanted."""

    topic: str
    before: str
    after: str = ""
    is_the_thing: bool = False
    for_help: bool = False

    def about(self, ref: str) -> str:
        """The question with the entity found in the place of what describes it."""
        return f"{self.before}{ref}{self.after}?"


def read_joined(question: str) -> JoinedQuestion | None:
    """The two halves, or None for an ordinary question."""
    question = " ".join(
        question.split()
    )  # a run of spaces fits a topic and what may follow it in too many ways
    match = _JOIN.search(question)
    if match is not None and question[: match.start()].strip():
        return JoinedQuestion(
            match["topic"].strip(), before=question[: match.start()], after=match["rest"] or ""
        )
    if (match := _TURNED_TO.search(question)) is not None:
        return JoinedQuestion(match["topic"].strip(), "Who is on call for ", is_the_thing=True, for_help=True)
    if (match := _OWNED.search(question)) is not None:
        return JoinedQuestion(match["topic"].strip(), "Who owns ", is_the_thing=True)
    return None
