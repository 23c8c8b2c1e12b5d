"""The action `refresh_index`."""

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.plan import Plan
from tools.run import Run
from tools.shapes import Input, Output


class RefreshIndex(Input):
    """Which sources are read is the operator's setting, so there is nothing to say here."""


class Refreshed(Output):
    generation: str = Field(description="The index generation that now answers.")
    changed: bool = Field(description="False when nothing had changed and the old generation stayed.")
    counts: dict[str, int] = Field(description="What was read: entities, pages, sections, chunks.")
    seconds: float = Field(description="How long it took.")


@action(effect=Effect.WRITES, scope="index:write")
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
    return Refreshed(
        generation=report.generation,
        changed=report.changed,
        counts=dict(report.counts),
        seconds=round(report.seconds, 1),
    )
