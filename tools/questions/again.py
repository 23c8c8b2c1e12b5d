"""Asks again, after the index changed, what had failed: so that whoever mended a page learns whether it helped.

Answers that were rated as helpful are asked again as well: an edit can take away what another one gave. Only whether
there was an answer, and what it rests on, is kept; nobody reads the answers.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tools.ports import Assistant
from tools.principal import Principal
from tools.questions.asked import AskedAgain, AskedQuestion, Outcome, places, plain
from tools.questions.log import QuestionLog

_LOG = logging.getLogger(__name__)
MOST = 100
_MOST_HELPFUL = 25
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Change:
    """How a generation of the index changed the answers: `mended` had failed and are answered, `lost` the other way."""

    asked: int = 0
    mended: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: tuple[AskedAgain, ...]) -> "Change":
        """What was found for one generation."""
        return cls(
            asked=len(found),
            mended=tuple(
                each.question for each in found if each.before is Outcome.ABSTAINED is not each.after
            ),
            lost=tuple(each.question for each in found if each.before is not Outcome.ABSTAINED is each.after),
        )


def last_change(log: QuestionLog, generation: str) -> Change:
    """What was found when this generation of the index was made; nothing where it changed no source."""
    return Change.of(log.asked_again(generation=generation))


def ask_again(
    log: QuestionLog,
    assistant: Assistant,
    *,
    principal: Principal,
    generation: str,
    seconds: float = _SECONDS,
) -> Change:
    """Put the questions to the generation that answers now, those that failed most first, and keep what came of it.

    Ends after `seconds`; what was not reached stays as it was. An answer that cannot be had ends it too, and is logged.
    """
    found: list[AskedAgain] = []
    end = time.monotonic() + seconds
    for asked in _worth_asking(log):
        if time.monotonic() > end:
            break
        try:
            answer = assistant.ask(asked.standalone, principal=principal, history=(), filters=None)
        except Exception:
            _LOG.exception("questions that had failed could not be asked again")
            break
        outcome, cited = Outcome.of(answer), places(answer.citations)
        found.append(
            AskedAgain(plain(asked.standalone), generation, log.clock(), asked.outcome, outcome, cited)
        )
    log.note_again(found)
    return Change.of(tuple(found))


def _worth_asking(log: QuestionLog) -> Iterator[AskedQuestion]:
    """The last of each question, once."""
    failed = log.failures()
    times = Counter(plain(asked.standalone) for asked in failed)
    last = {plain(asked.standalone): asked for asked in failed}
    for text in sorted(last, key=lambda text: (-times[text], text))[:MOST]:
        yield last[text]
    helpful = {plain(asked.standalone): asked for asked in log.helpful(most=_MOST_HELPFUL)}
    yield from (asked for text, asked in helpful.items() if text not in last)
