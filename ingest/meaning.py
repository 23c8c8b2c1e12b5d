"""Which questions ask the same: groups of texts by the mean cosine of their vectors.

Texts that name different entities, or different codes (an error, a version, a port), never share a group, however
close they read: "what does E1042 mean" and "what does E2001 mean" have a cosine of .9.
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ingest.index.embedders import Vectors

ALIKE = 0.70
"""Mean cosine at which groups are merged: over 52 phrasings of 20 questions, half of them near-misses of each other,
.81 of the pairs that it joins ask the same, and .66 of those that do are joined (MiniLM; docs/lab-log.md)."""

_APART = -1.0  # no cosine of two questions is as low
_CODE = re.compile(r"(?<!\w)\w*\d\w*")


def same_meaning(
    texts: Sequence[str], vectors: Sequence[Vectors], about: Sequence[str], *, alike: float = ALIKE
) -> tuple[tuple[int, ...], ...]:
    """Places of texts that ask the same, each group in order and the groups by their first.

    `about` is the entity that each text is about, "" where it names none. The same input gives the same groups.
    """
    if not texts:
        return ()
    matrix = np.stack(vectors)
    close = np.where(_may_share(texts, about), matrix @ matrix.T, _APART)
    np.fill_diagonal(close, _APART)
    members: list[list[int]] = [[place] for place in range(len(texts))]
    while True:
        first, second = divmod(int(np.argmax(close)), len(texts))
        if close[first, second] < alike:
            break
        _merge(close, members, min(first, second), max(first, second))
    return tuple(tuple(sorted(group)) for group in members if group)


def _merge(close: npt.NDArray[np.float32], members: list[list[int]], kept: int, gone: int) -> None:
    """Average linkage: the mean cosine to the merged group, weighted by how many texts each part has."""
    ours, theirs = len(members[kept]), len(members[gone])
    mean = (ours * close[kept] + theirs * close[gone]) / (ours + theirs)
    mean[(close[kept] == _APART) | (close[gone] == _APART)] = _APART
    close[kept], close[:, kept] = mean, mean
    close[gone], close[:, gone] = _APART, _APART
    close[kept, kept] = _APART
    members[kept] += members[gone]
    members[gone] = []


def _may_share(texts: Sequence[str], about: Sequence[str]) -> npt.NDArray[np.bool_]:
    codes = [frozenset(_CODE.findall(text.lower())) for text in texts]
    return np.array(
        [
            [
                one == other and (not ours or not theirs or ours == theirs)
                for other, theirs in zip(codes, about, strict=True)
            ]
            for one, ours in zip(codes, about, strict=True)
        ]
    )
