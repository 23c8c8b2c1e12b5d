"""MovieLens 100K folders: u.data, and u.item when present (Harper and Konstan, TiiS 2015, doi:10.1145/2827872).

Every rating is a positive; its value becomes the weight. Ratings of the same second keep the order of the file,
which GroupLens shuffled.
"""

from datetime import UTC, datetime
from pathlib import Path

from recsys_core.data.dataset import Dataset, Interactions
from recsys_core.data.items import Item
from recsys_core.data.lines import numbered_lines, whole_number
from recsys_core.errors import BrokenLine

GENRES = (
    "unknown", "action", "adventure", "animation", "children", "comedy", "crime", "documentary", "drama", "fantasy",
    "film-noir", "horror", "musical", "mystery", "romance", "sci-fi", "thriller", "war", "western",
)  # fmt: skip


def read(path: Path) -> Dataset:
    """Raises DataMissing and BrokenLine (a field that is missing, no number, a rating outside 1 to 5, a repeat)."""
    users: list[str] = []
    items: list[str] = []
    times: list[int] = []
    weights: list[float] = []
    first_seen: dict[tuple[str, str], int] = {}
    data = path / "u.data"
    for number, line in numbered_lines(data):
        fields = line.split("\t")
        if len(fields) != 4:
            raise BrokenLine(data, number, line, "four fields between tabs: user, item, rating, time")
        user, item, rating, time = fields
        whole_number(data, number, user, name="user id")
        whole_number(data, number, item, name="item id")
        if (user, item) in first_seen:
            raise BrokenLine(
                data, number, line, f"a new pair (line {first_seen[user, item]} rates it already)"
            )
        first_seen[user, item] = number
        users.append(user)
        items.append(item)
        weights.append(whole_number(data, number, rating, name="rating", most=5))
        times.append(whole_number(data, number, time, name="time in Unix seconds", least=0))
    films = path / "u.item"
    rated = set(items)
    metadata = [film for film in _films(films) if film.id in rated] if films.is_file() else []
    return Dataset.build(path.name, Interactions(users, items, times, weights), items=metadata, ordered=True)


def _films(path: Path) -> list[Item]:
    films = []
    for number, line in numbered_lines(path, encoding="latin-1"):
        fields = line.split("|")
        if len(fields) != 24 or not set(fields[5:]) <= {"0", "1"}:
            raise BrokenLine(path, number, line, "24 fields between bars, the last 19 being 0 or 1")
        whole_number(path, number, fields[0], name="item id")
        genres = tuple(name for name, flag in zip(GENRES, fields[5:], strict=True) if flag == "1")
        films.append(
            Item(fields[0], title=fields[1], attributes=genres, published=_day(path, number, fields[2]))
        )
    return films


def _day(path: Path, number: int, text: str) -> int | None:
    if not text:
        return None
    try:
        return int(datetime.strptime(text, "%d-%b-%Y").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise BrokenLine(path, number, text, "a day like 01-Jan-1995") from None
