"""The action `refresh_index`."""

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.errors import InvalidArguments
from tools.plan import Plan, Target
from tools.questions.again import Change, ask_again
from tools.run import Run
from tools.shapes import Input, Output
from tools.undoing import Done, Undo


class RefreshIndex(Input):
    """Which sources are read is the operator's setting, so there is nothing to say here."""


class Refreshed(Output):
    generation: str = Field(description="The index generation that now answers.")
    changed: bool = Field(description="False when nothing had changed and the old generation stayed.")
    counts: dict[str, int] = Field(description="What was read: entities, pages, sections, chunks.")
    seconds: float = Field(description="How long it took.")
    asked_again: int = Field(
        description="Questions that had failed, or helped, and were put to the new index."
    )
    answered_now: int = Field(description="How many of them had failed and are answered; see list_gaps.")
    unanswered_now: int = Field(description="How many of them had been answered and are not any more.")


_EXAMPLES = (
    "refresh the index",
    "reindex",
    "rebuild the index",
    "re-read the docs",
    "update the search index",
    "ingest the docs again",
    "index the latest docs",
    "the answers are stale, read the sources again",
    "sync the catalog",
    "pull in the changed docs",
    "docs changed, please pick that up",
    "rescan the sources",
    "bring the index up to date",
    "load the new version of the docs",
    "the catalog was edited, read it again",
    "make the latest pages searchable",
    "run the indexing again",
    "I edited the docs, make search notice",
    "new pages were merged, index them",
    "update the knowledge base",
    "search does not find the new page, index it",
    "reload catalog and docs",
    "re-read the pages, they changed",
    "sync the index with the sources",
)


@action(effect=Effect.WRITES, scope="index:write", examples=_EXAMPLES)
async def refresh_index(input: RefreshIndex, run: Run) -> Refreshed:  # noqa: ARG001 - every action has both
    """Read the configured sources again and rebuild the index where they changed.

    Use it when docs or catalog were edited and answers are stale. Calling it only plans: it answers which
    sources would be read, and a digest; apply the digest to do it. Until it is done the old index answers.
    """
    return await run.in_thread(_refreshed)


@refresh_index.planned_by
async def plan(input: RefreshIndex, run: Run) -> Plan:  # noqa: ARG001 - as above
    return await run.in_thread(_planned)


def _planned(run: Run) -> Plan:
    targets = tuple(run.indexer.sources())
    return Plan(
        summary=f"Read {len(targets)} configured targets again and update the index where they changed.",
        steps=(
            *(f"read {target.ref}" for target in targets),
            "embed the sections whose text changed",
            "let the new index answer, once it is whole",
        ),
        will_not=(
            "change any source",
            "read anything but the configured sources",
            "touch the index that answers now, should it fail on the way",
        ),
        targets=targets,
        reversible=True,
    )


def _refreshed(run: Run) -> Refreshed:
    report = run.indexer.refresh()
    change = _asked_again(report.generation, run) if report.changed else Change()
    return Refreshed(
        generation=report.generation,
        changed=report.changed,
        counts=dict(report.counts),
        seconds=round(report.seconds, 1),
        asked_again=change.asked,
        answered_now=len(change.mended),
        unanswered_now=len(change.lost),
    )


def _asked_again(generation: str, run: Run) -> Change:
    if run.log is None or not run.log.records:
        return Change()
    return ask_again(run.log, run.unaided, principal=run.principal, generation=generation)


@refresh_index.undone_by
def undo(done: Done, run: Run) -> Undo:
    """Let the index answer again that answered before."""
    made = str(done.result["generation"])
    if not done.result["changed"]:
        raise InvalidArguments("that refresh changed nothing, so there is nothing to undo")
    before = run.indexer.before(made)
    if not before:
        raise InvalidArguments(
            f"the index {made} does not answer any more, or the one before it is gone; read the sources again with "
            "refresh_index"
        )
    plan = Plan(
        summary=f"Let the index {before} answer again instead of {made}.",
        steps=(f"make {before} the current index",),
        will_not=("change any source", "keep a later refresh from reading the sources again"),
        targets=(Target(ref=f"index:{made}", revision=before),),
        reversible=False,
    )
    return Undo(plan, lambda: (f"{run.indexer.go_back(made)} answers again",))
