"""Draw a world from its config: shelf, people, what they did, playlists. Every number comes from one seed."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recsys_core.data.dataset import Dataset, Interactions
from recsys_core.data.items import Item, Vertical
from recsys_core.world.config import WorldConfig
from recsys_core.world.law import Floats, Law
from recsys_core.world.themes import ADJECTIVES, MARKETS, MOODS, NOUNS, THEMES

BIRTH = 1_767_225_600  # 2026-01-01T00:00:00Z
DAY = 86_400
ITEMS_PER_CREATOR = 6
PLAYLIST_LENGTH = 12


@dataclass(frozen=True, eq=False)
class World:
    """A data set and the law it came from; the law's rows follow the data set's dense indices."""

    config: WorldConfig
    data: Dataset
    law: Law


@dataclass(frozen=True, eq=False)
class _Shelf:
    items: list[Item]
    traits: Floats  # (items, d)
    themes: NDArray[np.int64]  # (items,)


def generate(config: WorldConfig | None = None) -> World:
    """The world of this config. Same config, same bytes; a world takes a second for a million user-item pairs a day."""
    config = config or WorldConfig()
    rng = np.random.default_rng(config.seed)
    directions = _unit(rng.standard_normal((len(THEMES), config.dimensions)))
    shelf = _shelf(config, rng, directions)
    law = _law(config, rng, shelf, directions)
    users, items, times = _story(config, rng, law)
    data = Dataset.build(
        f"world-{config.seed}",
        Interactions(
            [f"user-{user:05d}" for user in users], [shelf.items[item].id for item in items], times.tolist()
        ),
        items=shelf.items,
        ordered=True,
        playlists=_playlists(config, rng, shelf, law),
    )
    return World(config=config, data=data, law=_aligned(law, shelf, data))


def _shelf(config: WorldConfig, rng: np.random.Generator, directions: Floats) -> _Shelf:
    items: list[Item] = []
    traits: list[Floats] = []
    themes: list[int] = []
    for vertical, count in (
        (Vertical.TRACK, config.tracks),
        (Vertical.EPISODE, config.episodes),
        (Vertical.AUDIOBOOK, config.audiobooks),
    ):
        creators = -(-count // ITEMS_PER_CREATOR)
        home = rng.integers(len(THEMES), size=creators)
        style = (
            directions[home]
            + 0.35 * rng.standard_normal((creators, config.dimensions)) / config.dimensions**0.5
        )
        for number in range(count):
            creator = int(rng.integers(creators))
            theme = int(home[creator])
            noise = 0.25 * rng.standard_normal(config.dimensions) / config.dimensions**0.5
            traits.append(_unit((style[creator] + noise)[None])[0])
            themes.append(theme)
            items.append(_item(vertical, number, creator, theme, rng))
    return _Shelf(items, np.array(traits, dtype=np.float32), np.array(themes, dtype=np.int64))


def _item(vertical: Vertical, number: int, creator: int, theme: int, rng: np.random.Generator) -> Item:
    words = f"{ADJECTIVES[rng.integers(len(ADJECTIVES))]} {NOUNS[rng.integers(len(NOUNS))]}"
    markets = frozenset(market for market in MARKETS if rng.random() < 0.6)
    return Item(
        id=f"{vertical}-{number:05d}",
        vertical=vertical,
        title=f"{words} {number}",
        creator=f"{vertical}-creator-{creator:04d}",
        attributes=(THEMES[theme].attribute(vertical),),
        markets=None if rng.random() < 0.8 else markets,
        explicit=bool(rng.random() < 0.1),
        published=BIRTH - int(rng.integers(1, 720)) * DAY,
    )


def _law(config: WorldConfig, rng: np.random.Generator, shelf: _Shelf, directions: Floats) -> Law:
    mixture = rng.dirichlet(
        np.full(len(THEMES), 0.15), size=config.users
    )  # most people like one to three themes
    noise = 0.2 * rng.standard_normal((config.users, config.dimensions)) / config.dimensions**0.5
    lean_by_vertical = 0.6 * rng.standard_normal((config.users, len(Vertical)))
    place = {vertical: position for position, vertical in enumerate(Vertical)}
    count = len(shelf.items)
    return Law(
        tastes=_unit(mixture @ directions + noise),
        traits=shelf.traits,
        leans=lean_by_vertical[:, [place[item.vertical] for item in shelf.items]].astype(np.float32),
        appeal=(config.appeal * rng.standard_normal(count)).astype(np.float32),
        trend=(config.trend * rng.standard_normal(count)).astype(np.float32),
        taste=config.taste,
        habit=config.habit,
        days=config.days,
    )


def _story(
    config: WorldConfig, rng: np.random.Generator, law: Law
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Users, items, times of all events. Everybody's last event is on the last day, so that "next" is one moment."""
    longest = min(config.days, len(law.appeal) - 1)
    lengths = np.minimum(5 + rng.poisson(rng.gamma(2.0, 4.0, size=config.users)), longest)
    previous = np.full(config.users, -1, dtype=np.int64)
    taken = np.zeros((config.users, len(law.appeal)), dtype=bool)
    chapters: list[NDArray[np.int64]] = []
    for day in range(config.days):
        active = np.flatnonzero(lengths >= config.days - day)
        odds = np.exp(law.logits(active, previous[active], day))
        odds[taken[active]] = 0
        # the first arrival among exponential clocks with these rates is a draw from the softmax
        clocks = np.maximum(rng.standard_exponential(odds.shape, dtype=np.float32), np.float32(1e-30))
        chosen = np.argmax(odds / clocks, axis=1)
        previous[active] = chosen
        taken[active, chosen] = True
        seconds = BIRTH + day * DAY + rng.integers(DAY, size=len(active))
        chapters.append(np.stack([active, chosen, seconds]))
    users, items, times = np.concatenate(chapters, axis=1)
    return users, items, times


def _playlists(
    config: WorldConfig, rng: np.random.Generator, shelf: _Shelf, law: Law
) -> list[tuple[str, list[str]]]:
    """Tracks around one theme, likelier the better they fit and the better they are liked."""
    tracks = np.flatnonzero([item.vertical is Vertical.TRACK for item in shelf.items])
    present = sorted(set(shelf.themes[tracks].tolist()))
    playlists = []
    for _ in range(config.playlists):
        theme = present[int(rng.integers(len(present)))]
        centre = shelf.traits[tracks[shelf.themes[tracks] == theme]].mean(axis=0)
        odds = np.exp(2 * law.taste * shelf.traits[tracks] @ centre + law.appeal[tracks])
        size = min(PLAYLIST_LENGTH, len(tracks))
        members = np.argsort(-(odds / rng.standard_exponential(len(tracks))))[:size]
        title = f"{MOODS[rng.integers(len(MOODS))]} {THEMES[theme].track}"
        playlists.append((title, [shelf.items[tracks[member]].id for member in members]))
    return playlists


def _aligned(law: Law, shelf: _Shelf, data: Dataset) -> Law:
    """The law with rows in the data set's order, which is neither the shelf's nor the drawing order of users."""
    place = {item.id: position for position, item in enumerate(shelf.items)}
    rows = np.array([place[item.id] for item in data.items])
    people = np.array([int(user.removeprefix("user-")) for user in data.user_ids])
    return replace(
        law,
        tastes=law.tastes[people],
        traits=law.traits[rows],
        leans=law.leans[people][:, rows],
        appeal=law.appeal[rows],
        trend=law.trend[rows],
    )


def _unit(rows: NDArray[np.floating]) -> Floats:
    unit: Floats = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit
