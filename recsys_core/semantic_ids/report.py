"""How good IDs are, before anybody trains on them: numbers, and one picture.

None of it replaces the judge: better spread codes are not by themselves better recommendations.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from recsys_core.config import Config
from recsys_core.data.items import Item
from recsys_core.semantic_ids.books import Books, Codes
from recsys_core.semantic_ids.clusters import Vectors
from recsys_core.semantic_ids.distinct import shared

_DEPTHS = 2  # levels whose prefixes are compared with attributes; deeper ones hold few items each


class Level(Config):
    """used: share of its codes that some item has. perplexity: to how many equally used codes its use comes."""

    used: float
    perplexity: float


class Purity(Config):
    """prefixes: how many of this many `codes` have two items or more. purity: share of their items that have their prefix's
    commonest attribute; by_chance: the same when attributes are dealt out anew. An attribute of more than half of all items tells
    nothing and does not count."""

    codes: int
    prefixes: int
    purity: float
    by_chance: float


class Report(Config):
    """colliding: share of the items that have another's ID, when each level is chosen by itself, after they were spread,
    and after the repair. moved: share of the items whose ID is not the one they came to by themselves. lost: share of the
    squared length that the IDs do not tell. stable: share of the items with the same ID when it is learned again from the items
    in another order."""

    items: int
    colliding: float
    colliding_spread: float
    colliding_repaired: float
    moved: float
    lost: float
    levels: tuple[Level, ...]
    purity: tuple[Purity, ...]
    stable: float | None


def reported(
    books: Books, vectors: Vectors, steps: Sequence[Codes], items: Sequence[Item], *, stable: float | None
) -> Report:
    """steps: codes (items, levels) as they came, spread, and repaired."""
    came, apart, final = steps
    return Report(
        items=len(items),
        colliding=_share(came),
        colliding_spread=_share(apart),
        colliding_repaired=_share(final),
        moved=float((came != final).any(axis=1).mean()),
        lost=float(
            np.square(books.left(vectors, final)).sum(dtype=np.float64)
            / np.square(vectors).sum(dtype=np.float64)
        ),
        levels=tuple(_level(own, books.codes) for own in final.T),
        purity=tuple(_purity(final[:, :depth], items) for depth in range(1, _DEPTHS + 1))
        if any(item.attributes for item in items)
        else (),
        stable=stable,
    )


def _share(codes: Codes) -> float:
    return float(shared(codes).mean())


def _level(own: Codes, codes: int) -> Level:
    counts = np.bincount(own, minlength=codes)
    shares = counts[counts > 0] / len(own)
    return Level(used=float((counts > 0).mean()), perplexity=float(np.exp(-(shares * np.log(shares)).sum())))


def _purity(prefixes: Codes, items: Sequence[Item]) -> Purity:
    tagged = [row for row, item in enumerate(items) if item.attributes]
    known = Counter(tag for row in tagged for tag in set(items[row].attributes))
    told = {tag for tag, count in known.items() if 2 * count <= len(tagged)}
    tags = [tuple(told.intersection(items[row].attributes)) for row in tagged]
    _, own = np.unique(prefixes[tagged], axis=0, return_inverse=True)
    dealt = np.random.default_rng(0).permutation(len(tags))
    groups = defaultdict(list)
    for place, group in enumerate(own.reshape(-1).tolist()):
        groups[group].append(place)
    several = [group for group in groups.values() if len(group) > 1]
    return Purity(
        codes=prefixes.shape[1],
        prefixes=len(several),
        purity=_commonest(several, tags),
        by_chance=_commonest(several, [tags[place] for place in dealt]),
    )


def _commonest(groups: Sequence[Sequence[int]], tags: Sequence[tuple[str, ...]]) -> float:
    """Share of items that have their group's commonest attribute, beyond what the items at large have in common with all."""
    counted = [
        Counter(tag for place in group for tag in set(tags[place])).most_common(1)[0][1] for group in groups
    ]
    total = sum(len(group) for group in groups)
    return sum(counted) / total if total else 0.0


def picture(report: Report, use: Sequence[np.ndarray]) -> str:
    """An SVG: items by code at each level, codes in order of use, and collisions at each step. use: counts by level."""
    width, height, gap = 220, 120, 40
    panels = [_use(at, counts, width, height) for at, counts in enumerate(use)]
    panels.append(_collisions(report, width, height))
    body = "".join(
        f'<g transform="translate({30 + at * (width + gap)},40)">{panel}</g>'
        for at, panel in enumerate(panels)
    )
    whole = 30 + len(panels) * (width + gap)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {height + 80}" font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="#fff"/>{body}</svg>\n'
    )


def _use(at: int, counts: np.ndarray, width: int, height: int) -> str:
    ordered = np.sort(counts)[::-1]
    most = max(1, int(ordered[0]))
    points = " ".join(
        f"{width * place / max(1, len(ordered) - 1):.1f},{height - height * count / most:.1f}"
        for place, count in enumerate(ordered)
    )
    even = height - height * float(counts.mean()) / most
    return (
        f'<text y="-24" font-weight="bold">Level {at + 1}: items a code</text>'
        f'<polygon points="0,{height} {points} {width},{height}" fill="#4c78a8"/>'
        f'<line x1="0" x2="{width}" y1="{even:.1f}" y2="{even:.1f}" stroke="#e45756" stroke-dasharray="4 3"/>'
        f'<text y="{height + 16}">codes by use; most {most}, even {counts.mean():.1f}</text>'
    )


def _collisions(report: Report, width: int, height: int) -> str:
    steps = (
        ("as they came", report.colliding),
        ("spread", report.colliding_spread),
        ("repaired", report.colliding_repaired),
    )
    most = max(0.01, *(share for _, share in steps))
    bars = []
    for at, (name, share) in enumerate(steps):
        x, tall = at * width / 3, height * share / most
        bars.append(
            f'<rect x="{x + 8:.0f}" y="{height - tall:.1f}" width="{width / 3 - 16:.0f}" height="{tall:.1f}" fill="#4c78a8"/>'
            f'<text x="{x + 8:.0f}" y="{height - tall - 4:.1f}">{share:.2%}</text>'
            f'<text x="{x + 4:.0f}" y="{height + 16}" font-size="10">{name}</text>'
        )
    return f'<text y="-24" font-weight="bold">Items that share an ID</text>{"".join(bars)}'
