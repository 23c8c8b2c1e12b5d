"""The action `check_compatibility`."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.models.gate import Hit, as_it_stands, hit_by
from tools.models.moves import Move
from tools.models.serving import Standing, written
from tools.run import Run
from tools.shapes import Input, Output, Texts
from tools.things import Names, Thing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recsys_core.compatibility import Fault

_MOST = 50


class CheckCompatibility(Input):
    model: str = Field(
        default="",
        max_length=140,
        description="Version that would be moved to the alias; left out: how things stand now.",
    )
    alias: str = Field(default="production", max_length=63, description="Alias it would be moved to.")
    together: Annotated[Texts, Names(Thing.MODEL)] = Field(
        default=(), max_length=8, description="Further versions moved at once."
    )
    surface: Annotated[str, Names(Thing.SURFACE)] = Field(
        default="", max_length=80, description="Only what serves this surface, e.g. podcasts."
    )


class Part(Output):
    uses: str = Field(description="How the entity names it: name@alias, name:version or name.")
    version: str | None = Field(description="What that means, or would mean; null if not registered.")


class Misfit(Output):
    why: str = Field(description="What does not fit.")
    part: str = Field(description="Version that has to be made anew.")
    serves: str | None = Field(description="Served version that it does not fit.")
    remedy: str = Field(description="What to do.")
    owner: str = Field(description="Who owns the part.")


class ServedTuple(Output):
    entity: str = Field(description="What serves them.")
    surfaces: tuple[str, ...] = Field(description="What listeners see of it.")
    owner: str = Field(description="Team to talk to.")
    parts: tuple[Part, ...] = Field(description="Models and indexes that it serves together.")
    fits: bool = Field(description="Whether they fit each other.")
    misfits: tuple[Misfit, ...] = Field(description="What does not fit.")
    not_checked: tuple[str, ...] = Field(description="What could not be checked.")


class Compatibility(Output):
    verdict: Literal["fits", "broken"] = Field(description="broken if any tuple is.")
    moved: tuple[str, ...] = Field(description="Moves that were assumed; empty: as things stand.")
    surfaces: tuple[str, ...] = Field(description="Surfaces of the broken tuples.")
    owners: tuple[str, ...] = Field(description="Teams to talk to about them.")
    tuples: tuple[ServedTuple, ...] = Field(description="Broken ones first; at most 50.")
    total: int = Field(description="How many there are.")


_EXAMPLES = (
    "check the compatibility of {model}",
    "is {model} compatible with what is served",
    "does everything that is served fit together",
    "do the served models and indexes fit each other",
    "would anything break if we moved {model} to {alias}",
    "what would break if we bumped the embeddings",
    "what would break if {model} went to {alias}",
    "check whether {model} fits the index in {alias}",
    "is the surface {surface} consistent",
    "can {model} be promoted without breaking the index",
    "are the embeddings and the index in sync",
    "is anything that we serve inconsistent",
    "will the index still match if {model} goes to {alias}",
    "is there a mismatch between embeddings and index",
    "would pushing {model} to {alias} break a served part",
    "are the served versions consistent with each other",
    "what has to be rebuilt if {model} moves to {alias}",
    "does the index match {model}",
    "is it safe for the index to promote {model}",
    "would a new {model} break {surface}",
    "sanity check of the served versions",
    "which served parts do not match each other",
    "verify that {model} fits what we serve",
    "if {model} becomes {alias}, must the index be rebuilt",
    "are there stale indexes in {alias}",
    "do the vectors that are served match the model",
    "do {model} and {together} go together",
    "do {model} and {together} fit each other",
    "can I safely promote {model} along with {together}",
    "is it safe to move {model} to {alias}",
    "dry check of {model} for {alias}, does anything clash",
    "is everything that serves {surface} consistent",
    "would moving {model} to {alias} break anything",
    "would promoting {model} to {alias} break what is served",
    "what clashes if {model} becomes {alias}",
)


@action(effect=Effect.READS, scope="models:read", examples=_EXAMPLES)
async def check_compatibility(input: CheckCompatibility, run: Run) -> Compatibility:
    """Check whether the models and indexes that are served together fit each other, now or after a move.

    Names what was made from another version than the served one, what to make anew, the surfaces, and the team.
    """
    return await run.in_thread(_checked, input)


def _checked(input: CheckCompatibility, run: Run) -> Compatibility:
    book, moves = run.models, []
    for ref in filter(None, (input.model, *input.together)):
        new = book.version(ref)
        moves.append(Move(input.alias, book.alias(new.name, input.alias), new))
    hit = hit_by(moves, run) if moves else as_it_stands(run)
    wanted = input.surface.strip().lower()
    found = tuple(
        each
        for each in hit.standings
        if not wanted or wanted in {surface.lower() for surface in each.served.surfaces}
    )
    return _answer(found, hit, [f"{move.ref} to {move.new.ref}" for move in moves])


def _answer(found: tuple[Standing, ...], hit: Hit, moved: "Sequence[str]") -> Compatibility:
    broken = [each for each in found if each.faults]
    ordered = [*broken, *(each for each in found if not each.faults)]
    owners = {each.served.owner for each in broken} | {
        fault.part.owner for each in broken for fault in each.faults
    }
    return Compatibility(
        verdict="broken" if broken else "fits",
        moved=tuple(moved),
        surfaces=tuple(sorted({surface for each in broken for surface in each.served.surfaces})),
        owners=tuple(sorted(owners - {""})),
        tuples=tuple(_shown(each, hit) for each in ordered[:_MOST]),
        total=len(found),
    )


def _shown(each: Standing, hit: Hit) -> ServedTuple:
    return ServedTuple(
        entity=each.served.entity,
        surfaces=each.served.surfaces,
        owner=each.served.owner,
        parts=tuple(
            Part(uses=written(place), version=each.versions[place].ref if place in each.versions else None)
            for place in each.served.uses
        ),
        fits=not each.faults,
        misfits=tuple(_misfit(fault, hit.remedy(each, fault)) for fault in each.faults),
        not_checked=each.notes,
    )


def _misfit(fault: "Fault", remedy: str) -> Misfit:
    return Misfit(
        why=fault.why,
        part=fault.part.ref,
        serves=fault.from_.ref if fault.from_ else None,
        remedy=remedy,
        owner=fault.part.owner,
    )
