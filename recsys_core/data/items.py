"""What is recommended: items of three verticals, and the playlists people put them in."""

from dataclasses import dataclass
from enum import StrEnum


class Vertical(StrEnum):
    """The kinds of things on the shelf; public data sets without such a notion use `OTHER`."""

    TRACK = "track"
    EPISODE = "episode"
    AUDIOBOOK = "audiobook"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be recommended.

    `creator` is the artist, show or author; `markets` are ISO 3166 codes, None meaning everywhere; `published` is
    in Unix seconds, None when unknown.
    """

    id: str
    vertical: Vertical = Vertical.OTHER
    title: str = ""
    creator: str = ""
    attributes: tuple[str, ...] = ()
    markets: frozenset[str] | None = None
    explicit: bool = False
    published: int | None = None


@dataclass(frozen=True, slots=True)
class Playlist:
    """A titled list of items, by dense item index in playing order."""

    title: str
    items: tuple[int, ...]
