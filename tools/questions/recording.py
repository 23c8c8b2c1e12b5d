"""Records what one run asked, with what came of it."""

from typing import TYPE_CHECKING

from tools.policy.directory import CatalogDirectory
from tools.ports import Answer
from tools.questions.asked import MOST_PLACES, AskedQuestion, Outcome, new_id, places

if TYPE_CHECKING:
    from tools.run import Run

_MOST_ENTITIES = 10


def recorded(question: str, answer: Answer, run: "Run", *, context: str = "") -> str:
    """The id that the answer can be rated by; "" where nothing is recorded."""
    if run.log is None or not run.log.records:
        return ""
    made = new_id()
    teams = CatalogDirectory(run.ports).teams(run.principal) | run.principal.groups
    run.log.record(
        AskedQuestion(
            id=made,
            at=run.log.clock(),
            question=question,
            standalone=answer.standalone_question or question,
            asker=run.principal.ref,
            teams=tuple(sorted(teams)),
            door=run.principal.door,
            outcome=Outcome.of(answer),
            produced_by=answer.produced_by,
            confidence=round(answer.confidence, 3),
            context=context,
            cited=places(answer.citations),
            nearest=places(hit.section for hit in answer.passages[:MOST_PLACES]),
            flagged=places(answer.flags),
            entities=tuple(answer.entities[:_MOST_ENTITIES]),
        )
    )
    return made
