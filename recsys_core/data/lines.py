"""Text files line by line, so that a broken line can be told by number."""

from collections.abc import Iterator
from pathlib import Path

from recsys_core.errors import BrokenLine, DataMissing


def numbered_lines(path: Path, *, encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    """(number from 1, text without its line end) for each line; empty lines at the end of the file are left out.

    Raises DataMissing, and BrokenLine for bytes that are not `encoding`.
    """
    blank: list[int] = []
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if not raw.strip():
                    blank.append(number)
                    continue
                yield from ((earlier, "") for earlier in blank)
                blank.clear()
                try:
                    yield number, raw.decode(encoding).rstrip("\r\n")
                except UnicodeDecodeError:
                    raise BrokenLine(path, number, repr(raw[:60]), f"{encoding} text") from None
    except IsADirectoryError as error:
        files = sorted(each.name for each in path.glob(f"*{path.suffix or '.txt'}"))[:5]
        such = f", such as {', '.join(files)}" if files else ""
        raise DataMissing(f"{str(path)!r} is a folder; name a file in it{such}") from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataMissing(f"no file {str(path)!r}; give the path of the data") from error


def whole_number(path: Path, number: int, text: str, *, name: str, least: int = 1, most: int = 2**53) -> int:
    """`text` as an integer between `least` and `most`. Raises BrokenLine naming `name`."""
    # int() would also take "1_000", " 7" and "٣"
    if text.isascii() and text.removeprefix("-").isdigit() and least <= int(text) <= most:
        return int(text)
    upto = "" if most == 2**53 and len(text) < 16 else f" to {most}"
    raise BrokenLine(path, number, text, f"a {name}, a whole number from {least}{upto}")
