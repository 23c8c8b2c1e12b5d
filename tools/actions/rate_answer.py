"""The action `rate_answer`."""

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.plan import Plan, Target
from tools.questions.rating import Rating
from tools.run import Run
from tools.shapes import Input, Output
from tools.toolset import Toolset
from tools.undoing import Done, Undo


class RateAnswer(Input):
    answer: str = Field(min_length=1, max_length=40, description="answer_id of an answer that ask gave you.")
    helpful: bool = Field(description="Whether it answered the question.")
    comment: str = Field(
        default="", max_length=1_000, description="What was wrong or missing, for the page's owner."
    )


class Rated(Output):
    answer: str = Field(description="The answer that was rated.")
    helpful: bool = Field(description="How it is rated now.")


@action(effect=Effect.WRITES, scope="docs:read", toolset=Toolset.OPERATE, repeatable=True, own_note=True)
async def rate_answer(input: RateAnswer, run: Run) -> Rated:
    """Say whether an answer of yours helped, so that the docs get mended where they failed.

    Only for what a person told you of the answer. A later rating takes the place of the last one. Calling it only
    plans; apply the digest to keep the rating.
    """
    return await run.in_thread(_rated, input)


@rate_answer.planned_by
async def plan(input: RateAnswer, run: Run) -> Plan:
    return await run.in_thread(_planned, input)


def _planned(input: RateAnswer, run: Run) -> Plan:
    before = run.questions.rating(input.answer, rater=run.principal.ref)
    word = "helpful" if input.helpful else "not helpful"
    return Plan(
        summary=f"Rate the answer {input.answer} as {word}.",
        steps=(f"keep that it was {word}" + (", with the comment" if input.comment else ""),),
        will_not=("change the answer or a page", "name who rated it"),
        targets=(Target(ref=f"answer:{input.answer}", revision=_told(before)),),
        reversible=True,
        details={
            "before": None if before is None else {"helpful": before.helpful, "comment": before.comment}
        },
    )


def _rated(input: RateAnswer, run: Run) -> Rated:
    rating = Rating(input.helpful, input.comment)
    run.questions.rate(input.answer, rating, rater=run.principal.ref)
    return Rated(answer=input.answer, helpful=input.helpful)


@rate_answer.undone_by
def undo(done: Done, run: Run) -> Undo:
    """Rate it as it was before, or not at all."""
    answer = str(done.result["answer"])
    was = done.plan.details["before"]
    before = None if was is None else Rating(bool(was["helpful"]), str(was["comment"]))
    plan = Plan(
        summary=f"Take the rating of the answer {answer} back.",
        steps=(f"rate it as before: {_told(before)}" if before else "forget the rating",),
        will_not=("change the answer or a page",),
        targets=(Target(ref=f"answer:{answer}", revision=_told(before)),),
        reversible=False,
    )

    def take_back() -> tuple[str, ...]:
        run.questions.rate(answer, before, rater=run.principal.ref)
        return (f"{answer} is rated as before",)

    return Undo(plan, take_back)


def _told(rating: Rating | None) -> str:
    """As a target's revision tells it."""
    if rating is None:
        return ""
    return "helpful" if rating.helpful else "not helpful"
