"""Ranking, apart from where the ranked comes from: pure functions over ids and scores.

Rankings are lists of `(id, score)`, the best first; ids are section rows, but nothing here knows that.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence

Ranking = Sequence[tuple[int, float]]

_SMOOTHING = 3.0


def spread(
    ranking: Ranking,
    *,
    page_of: Callable[[int], Hashable],
    text_of: Callable[[int], Hashable],
    per_page: int,
) -> list[tuple[int, float]]:
    """The ranking without repeats of a text, and with at most `per_page` sections of a page before all the rest."""
    first: list[tuple[int, float]] = []
    rest: list[tuple[int, float]] = []
    texts: set[Hashable] = set()
    taken: dict[Hashable, int] = {}
    for row, score in ranking:
        text, page = text_of(row), page_of(row)
        if text in texts:
            continue
        texts.add(text)
        taken[page] = taken.get(page, 0) + 1
        (first if taken[page] <= per_page else rest).append((row, score))
    return first + rest


def with_named(ranking: Ranking, named: Mapping[int, float]) -> list[tuple[int, float]]:
    """`ranking` scaled by its best, each row that the question names raised by how surely it does (0..1)."""
    scores = dict(_scaled(ranking))
    for row, sureness in named.items():
        scores[row] = scores.get(row, 0.0) + sureness
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def interleave(docs: Ranking, entities: Ranking, *, catalog_share: float, k: int) -> list[tuple[int, float]]:
    """One list of two whose scores cannot be compared: by rank, weighted with how likely the answer is in each.

    A row's score is its list's share divided by its rank plus a constant, so that with even odds the lists
    alternate, and at 0.3 the first entity comes after six sections of pages.
    """
    weighted = [
        (share / (_SMOOTHING + rank), row)
        for share, ranking in ((1 - catalog_share, docs), (catalog_share, entities))
        for rank, (row, _) in enumerate(ranking[:k], start=1)
    ]
    weighted.sort(key=lambda item: (-item[0], item[1]))
    return [(row, score * (1 + _SMOOTHING)) for score, row in weighted[:k]]


def _scaled(ranking: Ranking) -> list[tuple[int, float]]:
    best = max((score for _, score in ranking), default=0.0)
    return [(row, score / best if best > 0 else 0.0) for row, score in ranking]
