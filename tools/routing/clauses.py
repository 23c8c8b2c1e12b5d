"""Which part of a request says what to do: `job-1f is done; judge what it made`, `stop it, the data is wrong`."""

import re
from collections.abc import Set

from tools.routing.phrasing import begins_as_no_order, content, plain, stems

_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\s+[-–—]+\s+")
_CLAUSE = re.compile(r"(?<=[.!?;,])\s+|\s+[-–—]+\s+")
_JOINED = re.compile(r"^(?:and|so|then|but|or)\s+")
READS = frozenset(
    stems(
        "show list open print display give read find search grep look compare describe check see tell count rank sort dump"
    )
)
"""Verbs, as stems, of an order to tell something."""
_STARTS = frozenset(stems("run start make put take bring kick judge benchmark measure score"))
_ASKING = re.compile(r"(?:who|whom|whose|what|which|where|when|why|how)\b")
_PRONOUN = re.compile(r"\b(?:it|them|that|this|those)\b")
CHANGES = frozenset(
    stems(
        "approve reject restart deploy delete remove drop merge scale book send email message post update change set edit "
        "rename move migrate install upgrade bump stop kill cancel abort terminate shut disable enable turn reset rotate "
        "grant revoke assign invite ping notify order buy pay translate draft launch execute schedule resume pause drain "
        "push commit tag release ship publish promote roll rollback revert undo restore train retrain evaluate scaffold "
        "reindex ingest purge wipe truncate reboot provision transfer upload archive unlock write compose increase decrease "
        "raise lower fix implement refactor design draw sing code configure connect apply rerun sync escalate mute silence "
        "acknowledge debug optimise optimize migrate backup ssh clone fork fire hire block ban lock encrypt compile hack erase uninstall downgrade expand shrink resize allocate reserve subscribe unsubscribe dial"
    )
)
"""Verbs, as stems, of an order to change something: an action that none of its phrases begins with it does not do that."""


def said_to_do(text: str, *, asks: bool) -> str:
    """The first part that begins with a verb of order, or else asks: `we shut it down, who has to know`; all of it where none
    does, or it is one part.

    text: a request with its things masked. asks: it begins as a question, behind which an order stands in a sentence of its
    own, or is one to tell something: `why did it fail, show the log`.
    """
    clauses = [_clean(part) for part in _CLAUSE.split(text)]
    if len(clauses) < 2:
        return text
    sentences = [_clean(part) for part in _SENTENCE.split(text)] if asks else clauses
    orders = (part for part in sentences if _is_order(part, CHANGES | READS | _STARTS))
    telling = (part for part in clauses if _is_order(part, READS))
    asking = (part for part in clauses[1:] if not asks and _ASKING.match(part))
    return next(orders, None) or next(telling, None) or next(asking, text)


def leans_on_the_rest(part: str) -> bool:
    """`revert it`: it means something only with what was said before."""
    return _PRONOUN.search(part) is not None


def first_word(text: str) -> str:
    """The stem of the first word that says something."""
    return next(iter(content(stems(text))), "")


def _clean(part: str) -> str:
    return plain(_JOINED.sub("", part))


def _is_order(part: str, verbs: Set[str]) -> bool:
    return first_word(part) in verbs and not begins_as_no_order(part)
