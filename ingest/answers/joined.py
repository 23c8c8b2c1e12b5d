"""Questions that join documents and catalog: *who owns the component whose runbook describes X*.

The part that describes a document is searched for; the entity found there takes its place in the question,
which the catalog then answers exactly.
"""

import re
from dataclasses import dataclass

_DOCUMENT = (
    r"(?:run ?books?|docs?|documentation|pages?|tech ?docs|design (?:notes?|docs?)|model cards?|read ?me|adrs?|"
    r"post-?mortems?|on-call (?:guide|page)|guides?|handbooks?)"
)
_TELLS = r"(?:describes?|explains?|mentions?|says?|documents?|covers?|talks? about|warns?(?: about)?|defines?|lists?|discusses?|is about|are about|contains?|names?)"
_JOIN = re.compile(
    rf"(?:the |a |that )?(?:components?|services?|systems?|entity|api|thing|one|resource|job|model)?\s*"
    rf"(?:whose {_DOCUMENT}|(?:with|that has|having) (?:the |a )?{_DOCUMENT} (?:that|which))\s+{_TELLS}\s+(?P<topic>[^?]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class JoinedQuestion:
    """`topic` is what to search for; `about(ref)` is the catalog question once it is found."""

    topic: str
    before: str

    def about(self, ref: str) -> str:
        return f"{self.before}{ref}?"


def read_joined(question: str) -> JoinedQuestion | None:
    """The two halves, or None for an ordinary question."""
    match = _JOIN.search(question)
    if match is None or not question[: match.start()].strip():
        return None
    return JoinedQuestion(topic=match["topic"].strip(), before=question[: match.start()])
