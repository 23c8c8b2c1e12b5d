"""Puts questions that had failed to an index that was just built, where no server or action does it."""

import logging
from contextlib import closing
from typing import Any

from ingest.answers.assistant import Assistant
from ingest.errors import IngestError
from ingest.library import Library
from server.parts import make_embedder
from server.settings import Settings
from tools.errors import ActionError
from tools.principal import LOCAL, Principal
from tools.questions.again import Change, ask_again
from tools.questions.log import QuestionLog

_LOG = logging.getLogger(__name__)


def asked_again(settings: Settings, generation: str) -> dict[str, Any]:
    """How the new index changed the answers: `asked`, `answered_now`, `unanswered_now`. The build counts without it."""
    change = Change()
    log = QuestionLog(settings.home, days=settings.questions.days, most=settings.questions.most)
    try:
        with closing(log):
            if log.records and log.path.exists():
                change = _asked(log, settings, generation)
    except (IngestError, ActionError) as error:
        _LOG.warning("questions that had failed were not asked again: %s", error)
    return {"asked": change.asked, "answered_now": len(change.mended), "unanswered_now": len(change.lost)}


def _asked(log: QuestionLog, settings: Settings, generation: str) -> Change:
    with closing(Library.open(settings.home, embedder=make_embedder(settings))) as library:
        return ask_again(log, Assistant(library), principal=Principal(ref=LOCAL), generation=generation)
