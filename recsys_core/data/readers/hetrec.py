"""HetRec 2011 Last.fm folders: who played which artist how often, without times (Cantador et al., RecSys 2011).

Tags become attributes only where three people gave the same tag to the same artist. Somebody's private tag ("seen
with Ann") would otherwise single out the artists that person plays, held-out ones included.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from recsys_core.data.dataset import Dataset, Interactions
from recsys_core.data.items import Item, Vertical
from recsys_core.data.lines import numbered_lines, whole_number
from recsys_core.errors import BrokenLine

TAGGERS = 3


def read(path: Path) -> Dataset:
    """Raises DataMissing, BrokenLine (a field that is missing or no number, a repeated pair)."""
    users: list[str] = []
    artists: list[str] = []
    plays: list[float] = []
    first_seen: dict[tuple[str, str], int] = {}
    source = path / "user_artists.dat"
    for number, (user, artist, count) in _rows(source, ("userID", "artistID", "weight")):
        if (user, artist) in first_seen:
            raise BrokenLine(
                source, number, f"{user} {artist}", f"new (line {first_seen[user, artist]} has the pair)"
            )
        first_seen[user, artist] = number
        users.append(user)
        artists.append(artist)
        plays.append(float(count))
    names = _names(path / "artists.dat")
    tags = _shared_tags(path)
    metadata = [
        Item(
            artist,
            vertical=Vertical.TRACK,
            title=names.get(artist, ""),
            creator=artist,
            attributes=tags[artist],
        )
        for artist in dict.fromkeys(artists)
    ]
    return Dataset.build(
        path.name, Interactions(users, artists, weights=plays), items=metadata, ordered=False
    )


def _rows(path: Path, header: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """The rows after the header, cut to the named leading columns, which must be whole numbers."""
    width = len(header)
    for number, line in numbered_lines(path):
        fields = line.split("\t")
        if number == 1:
            if tuple(fields[:width]) != header:
                raise BrokenLine(path, 1, line, f"the header {' '.join(header)} between tabs")
            continue
        if len(fields) < width:
            raise BrokenLine(path, number, line, f"{width} fields between tabs: {', '.join(header)}")
        for name, text in zip(header, fields, strict=False):
            whole_number(path, number, text, name=name)
        yield number, fields[:width]


def _names(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    fields = (line.split("\t") for number, line in numbered_lines(path) if number > 1)
    return {row[0]: row[1] for row in fields if len(row) > 1}


def _shared_tags(folder: Path) -> defaultdict[str, tuple[str, ...]]:
    """Tags of each artist by id; the file may be whole or cut into `.part1.dat`, `.part2.dat`, ..."""
    taggers: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for path in sorted(folder.glob("user_taggedartists*.dat")):
        for _, (user, artist, tag) in _rows(path, ("userID", "artistID", "tagID")):
            taggers[artist, tag].add(user)
    shared: defaultdict[str, tuple[str, ...]] = defaultdict(tuple)
    for (artist, tag), people in taggers.items():
        if len(people) >= TAGGERS:
            shared[artist] += (tag,)
    return shared
