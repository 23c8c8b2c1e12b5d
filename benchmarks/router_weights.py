"""Fits the router's weights to requests whose action is known: `python -m benchmarks.router_weights HOME [--write]`.

HOME has an index of `examples/org`. Prints how many requests of each set are routed rightly when the weights are fitted
to the other sets only, then fits all of them. The phrases of the actions have seen every set by now but those held
out, which are only counted. A conditional logit with a ridge; numpy, a minute.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import astuple, fields
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from server.composition import compose
from server.exam.asking.requests import HELD_OUT, TODAY, Wanted, operation, read_requests, shipped_requests
from server.settings import load
from tools.routing.evidence import WEIGHTS, ForAction, ForNone
from tools.routing.known import closeness
from tools.routing.router import Router, Weighing

Case = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""Evidence of every action and of none, (actions + 1, features); and which of them are right."""

_RIDGE, _STEPS, _RATE = 0.001, 400, 0.2
_ACTION = [field.name for field in fields(ForAction)]
_NONE = [field.name for field in fields(ForNone)]


def main(home: Path, *, write: bool) -> None:
    cases = _cases(home, shipped_requests())
    (held_out,) = _cases(home, read_requests(HELD_OUT)).values()
    for left_out in cases:
        weights = _fitted([case for name in cases if name != left_out for case in cases[name]])
        print(
            f"{left_out}: {_right(cases[left_out], weights):.3f} of {len(cases[left_out])}, weights fitted to the others"
        )
    weights = _fitted([case for each in cases.values() for case in each])
    print({name: round(_right(each, weights), 3) for name, each in cases.items()})
    print(f"held out: {_right(held_out, weights):.3f} of {len(held_out)}")
    if write:
        rounded = [round(float(weight), 3) for weight in weights]
        told = {
            "action": dict(zip(_ACTION, rounded, strict=False)),
            "none": dict(zip(_NONE, rounded[len(_ACTION) :], strict=True)),
        }
        WEIGHTS.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _cases(home: Path, requests: Sequence[Wanted]) -> dict[str, list[Case]]:
    """By set."""
    cuebook = compose(load({"home": home}))
    try:
        library, principal = cuebook.library, cuebook.local_principal(door="cli")
        near = partial(closeness, library=library, principal=principal, meaning=lambda: cuebook.parts.meaning)
        router, known = (
            Router(cuebook.actions, never=("route_request",)),
            operation(library.catalog(principal), cuebook.actions, near),
        )
        found: dict[str, list[Case]] = {}
        for wanted in requests:
            weighing = router.weigh(wanted.request, known, cuebook.parts.meaning, today=TODAY)
            found.setdefault(wanted.set, []).append(_case(wanted, weighing))
    finally:
        cuebook.close()
    return found


def _case(wanted: Wanted, weighing: Weighing) -> Case:
    names = list(weighing.actions)
    evidence = np.zeros((len(names) + 1, len(_ACTION) + len(_NONE)))
    for row, name in enumerate(names):
        evidence[row, : len(_ACTION)] = astuple(weighing.actions[name])
    evidence[-1, len(_ACTION) :] = astuple(weighing.none)
    return evidence, np.array([*(name in wanted.actions for name in names), not wanted.actions])


def _fitted(cases: Sequence[Case]) -> NDArray[np.float64]:
    """Adam on the mean log likelihood of what is right."""
    weights, first, second = (np.zeros(len(_ACTION) + len(_NONE)) for _ in range(3))
    for step in range(1, _STEPS + 1):
        slope = 2 * _RIDGE * weights + sum(_slope(case, weights) for case in cases) / len(cases)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        weights = weights - _RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return weights


def _slope(case: Case, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    evidence, right = case
    scores = evidence @ weights
    share = np.exp(scores - scores.max())
    share /= share.sum()
    wanted = share * right / max((share * right).sum(), 1e-12)
    slope: NDArray[np.float64] = evidence.T @ (share - wanted)
    return slope


def _right(cases: Sequence[Case], weights: NDArray[np.float64]) -> float:
    return sum(bool(right[(evidence @ weights).argmax()]) for evidence, right in cases) / len(cases)


if __name__ == "__main__":
    main(Path(sys.argv[1]), write="--write" in sys.argv)
