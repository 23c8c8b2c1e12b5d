"""S3-Rec sequence files: `user item item ...` a line, in order of time (Zhou et al., CIKM 2020, arXiv:2008.07873).

Beside NAME.txt there may be NAME_item2attributes.json: {item id: [attribute ids]}.
"""

from pathlib import Path

from recsys_core.config import read_object
from recsys_core.data.dataset import Dataset, Interactions
from recsys_core.data.items import Item
from recsys_core.data.lines import numbered_lines, whole_number
from recsys_core.errors import BrokenLine, InvalidData


def read(path: Path) -> Dataset:
    """Raises DataMissing, BrokenLine for a line that is no sequence, InvalidData for attributes that are no lists."""
    users: list[str] = []
    items: list[str] = []
    first_seen: dict[str, int] = {}
    for number, line in numbered_lines(path):
        fields = line.split()
        if len(fields) < 2:
            raise BrokenLine(path, number, line, "a user and at least one item")
        for text in fields:
            whole_number(path, number, text, name="user or item id")  # 0 is the padding of these files
        if fields[0] in first_seen:
            raise BrokenLine(path, number, fields[0], f"a new user (line {first_seen[fields[0]]} has it)")
        first_seen[fields[0]] = number
        users.extend([fields[0]] * (len(fields) - 1))
        items.extend(fields[1:])
    attributes = path.with_name(f"{path.stem}_item2attributes.json")
    metadata = _items_with_attributes(attributes, set(items)) if attributes.is_file() else []
    return Dataset.build(path.stem, Interactions(users, items), items=metadata, ordered=True)


def _items_with_attributes(path: Path, known: set[str]) -> list[Item]:
    """Items that occur in a sequence; the others cannot be recommended or judged, so they stay out."""
    found = []
    for item_id, values in read_object(path).items():
        if not isinstance(values, list) or not all(isinstance(value, int | str) for value in values):
            raise InvalidData(
                f"{path.name}: the attributes of item {item_id!r} are {values!r}; a list is expected"
            )
        if item_id in known:
            found.append(Item(item_id, attributes=tuple(dict.fromkeys(map(str, values)))))
    return found
