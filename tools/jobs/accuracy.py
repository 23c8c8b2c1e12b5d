"""How far estimates were off: what finished jobs used, over what their plans said they would."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Measured:
    """One finished job; both in CPU-hours."""

    job: str
    recipe: str
    kind: str
    estimated: float
    used: float

    @property
    def ratio(self) -> float:
        """Above 1 it took more than was estimated."""
        return self.used / self.estimated


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Jobs of one recipe and kind. `low` and `high` are the ratios that a tenth of them lie below and above."""

    recipe: str
    kind: str
    jobs: int
    median: float
    low: float
    high: float
    worst: Measured
    estimated: float
    used: float


def accuracy(measured: Iterable[Measured]) -> tuple[Accuracy, ...]:
    """By recipe and kind, and first of all together when there is more than one of those."""
    groups: dict[tuple[str, str], list[Measured]] = defaultdict(list)
    for each in measured:
        groups[each.recipe, each.kind].append(each)
    parts = [_of(*name, jobs) for name, jobs in sorted(groups.items())]
    if len(parts) > 1:
        parts.insert(0, _of("all", "all", [each for jobs in groups.values() for each in jobs]))
    return tuple(parts)


def _of(recipe: str, kind: str, jobs: Sequence[Measured]) -> Accuracy:
    ratios = sorted(each.ratio for each in jobs)
    tenths = quantiles(ratios, n=10, method="inclusive") if len(ratios) > 1 else ratios * 2
    return Accuracy(
        recipe=recipe,
        kind=kind,
        jobs=len(jobs),
        median=median(ratios),
        low=tenths[0],
        high=tenths[-1],
        worst=max(jobs, key=lambda each: max(each.ratio, 1 / max(each.ratio, 1e-9))),
        estimated=sum(each.estimated for each in jobs),
        used=sum(each.used for each in jobs),
    )
