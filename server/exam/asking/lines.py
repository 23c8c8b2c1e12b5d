"""Files of one JSON object a line, as the exam's questions and requests are kept."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Read = TypeVar("Read")


def read_lines(
    file: Path, read: Callable[[str, int, Path], Read], *, invalid: type[Exception], what: str
) -> list[Read]:
    """What `read` makes of each line that is not blank, given its number. Raises `invalid`, also when there is none."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise invalid(f"{file} cannot be read: {error}") from error
    found = [read(line, number, file) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise invalid(f"{file} holds no {what}; give one JSON object a line")
    return found
