"""What speaks against putting one version into the place of another, by their figures under one protocol.

The mean over all users decides first; slices of them are guardrails, so that nobody pays for it unseen. Both go by the
paired difference, candidate - incumbent, of one metric in the headline view. See docs/promotion.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from recsys_core.data.items import Vertical
from recsys_core.manifest import Measured
from recsys_core.registry.records import Comparison, Difference, SliceDifference


@dataclass(frozen=True, slots=True)
class Gate:
    """metric: what decides. slices: the guarded ones of those that `judge/slices.py` cuts. worst, worst_slice: largest
    fall of the mean, as a share of the incumbent's. fewest: users that a slice needs for its fall alone to count; with
    fewer, only a whole interval below 0 does. goals: what a model is for beside its ranks, where both evaluations
    measured it; worst_goal: how far one may fall, when its whole interval lies below 0: a trade that is small or unsure
    is whoever approves's to make.
    """

    metric: str = "ndcg@10"
    slices: tuple[str, ...] = (*map(str, Vertical), "cold users")
    worst: float = 0.05
    worst_slice: float = 0.10
    fewest: int = 30
    goals: tuple[str, ...] = ("engagement@10", "satisfaction@10", "discovery@10")
    worst_goal: float = 0.10


GATE = Gate()


def headline(found: Comparison, gate: Gate = GATE) -> Difference | None:
    """The difference that decides; None where the protocol does not measure it."""
    return next(
        (each for each in found.metrics if (each.view, each.metric) == (found.headline, gate.metric)), None
    )


def guardrails(found: Comparison, gate: Gate = GATE) -> tuple[SliceDifference, ...]:
    """The difference that decides, for each guarded slice."""
    return tuple(
        each for each in found.slices or () if each.metric == gate.metric and each.slice in gate.slices
    )


def measured_goals(found: Comparison, gate: Gate = GATE) -> tuple[Difference, ...]:
    """The goals that both evaluations measured, in the headline view."""
    return tuple(each for each in found.metrics if each.view == found.headline and each.metric in gate.goals)


def objections(found: Comparison, gate: Gate = GATE) -> tuple[str, ...]:
    """Why `found.a` must not take the place of `found.b`; empty when nothing speaks against it."""
    return tuple(_objections(found, gate))


def _objections(found: Comparison, gate: Gate) -> Iterator[str]:
    whole = headline(found, gate)
    if whole is None:
        yield f"{found.protocol} does not measure {gate.metric} in its view {found.headline!r}"
        return
    if whole.difference.low is None or found.slices is None:
        yield (
            f"the users of both evaluations under {found.protocol} cannot be paired with their verticals; "
            f"judge {found.a.ref} and {found.b.ref} again (launch_eval)"
        )
        return
    if told := _fall(whole.difference, whole.b.mean, gate.worst):
        yield f"{gate.metric} of {found.a.ref} {told} than {found.b.ref}"
    for goal in measured_goals(found, gate):
        if _lost(goal.difference, goal.b.mean, gate.worst_goal):
            told = _fall(goal.difference, goal.b.mean, gate.worst_goal)
            yield f"{goal.metric} of {found.a.ref} {told} and by more than {gate.worst_goal:.0%} of what {found.b.ref} reaches"
    for each in guardrails(found, gate):
        allowed = gate.worst_slice if each.users >= gate.fewest else float("inf")
        if told := _fall(each.difference, each.b, allowed):
            yield f"{gate.metric} of {found.a.ref} in the slice {each.slice} ({each.users} users) {told} than {found.b.ref}"


def _lost(difference: Measured, incumbent: float, allowed: float) -> bool:
    """Whether a goal fell beyond doubt and by more than may be traded."""
    return difference.high is not None and difference.high < 0 and -difference.mean > allowed * incumbent


def _fall(difference: Measured, incumbent: float, allowed: float) -> str:
    """ "is lower by ...", "" when it is not, or not by as much as would count."""
    span = f"{difference.mean:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"
    if difference.high is not None and difference.high < 0:
        return f"is lower, with the whole interval {span},"
    if incumbent > 0 and -difference.mean > allowed * incumbent:
        return f"is lower by more than {allowed:.0%}, {span},"
    return ""
