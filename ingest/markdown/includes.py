"""Files that a page includes with `--8<-- "path"`, put in place as pymdownx.snippets does.

Line form, block form, line ranges (`path:3:10`), named parts (`path:part`) and the escape `;--8<--` are those
of https://facelessuser.github.io/pymdown-extensions/extensions/snippets/. A path is looked up under the given
folders only, is never an address, and its real location must lie inside them and inside the tree.
"""

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_DEPTH = 10
_LIMIT = 5_000_000
_ANY = "-8<-"

_LINE = re.compile(
    r"(?P<space>[ \t]*)(?P<escape>;*)-+8<-+"
    r"(?:[ \t]+(?P<quote>[\"'])(?P<path>[^\"'\n]+)(?P=quote))?[ \t]*$"
)
_PART = re.compile(
    r".*?(?<!-)-+8<-+[ \t]+\[[ \t]*(?P<type>start|end)[ \t]*:[ \t]*(?P<name>[A-Za-z][\w-]*)[ \t]*\]"
)
_LONGEST_TARGET = 500  # characters; no file system takes much longer ones
_TARGET = re.compile(
    r"(?P<file>.*?)(?:(?P<ranges>(?::-?\d*){1,2}(?:,-?\d*(?::-?\d*)?)*)|:(?P<part>[A-Za-z][\w-]*))?$"
)


@dataclass(frozen=True, slots=True)
class Included:
    """`text` with its includes in place, the `files` they came from, and `problems` with those left as they are."""

    text: str
    files: tuple[Path, ...] = ()
    problems: tuple[str, ...] = ()


def expand_includes(text: str, *, folders: Sequence[Path], tree: Path) -> Included:
    """Put included files in place. What cannot be included stays as the author wrote it."""
    if _ANY not in text:
        return Included(text)
    expansion = _Expansion(folders=tuple(folders), tree=tree.resolve())
    lines = expansion.lines(text.split("\n"), within=())
    return Included("\n".join(lines), tuple(expansion.files), tuple(expansion.problems))


@dataclass
class _Expansion:
    folders: tuple[Path, ...]
    tree: Path
    files: dict[Path, None] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    size: int = 0

    def lines(self, lines: Sequence[str], *, within: tuple[Path, ...]) -> list[str]:
        expanded: list[str] = []
        in_block = False
        for line in lines:
            match = _LINE.match(line) if _ANY in line else None
            if match and match["escape"]:
                expanded.append(line.replace(";", "", 1))
            elif match and match["path"] is None:
                in_block = not in_block
            elif in_block:
                expanded.extend(self._target(line, line, within=within))
            elif match:
                expanded.extend(self._target(f"{match['space']}{match['path']}", line, within=within))
            elif _ANY not in line or not _PART.match(line):
                expanded.append(line)
        return expanded

    def _target(self, target: str, line: str, *, within: tuple[Path, ...]) -> list[str]:
        space = target[: len(target) - len(target.lstrip())]
        target = target.strip()
        if not target:
            return [""]
        if target.startswith(";"):
            return []
        match = _TARGET.match(target) if len(target) <= _LONGEST_TARGET else None
        file = self._find(match["file"], within=within) if match else None
        if match is None or file is None:
            return [line]
        content = self._read(file)
        if content is None:
            return [line]
        chosen = _chosen(content.split("\n"), match["ranges"], match["part"])
        if chosen is None:
            self.problems.append(f"it includes {target!r}, which has no part of that name")
            return [line]
        return [space + found if found else found for found in self.lines(chosen, within=(*within, file))]

    def _find(self, name: str, *, within: tuple[Path, ...]) -> Path | None:
        outside = False
        for folder in self.folders:
            try:
                file = (folder / name).resolve()
                found = file.is_file()
            except (OSError, ValueError, RuntimeError):
                continue
            if not found:
                continue
            if not (file.is_relative_to(folder.resolve()) and file.is_relative_to(self.tree)):
                outside = True
            elif file in within or len(within) >= _DEPTH:
                self.problems.append(f"it includes {name!r} in a circle, or more than {_DEPTH} deep")
                return None
            else:
                return file
        why = "leaves the docs" if outside else "is an address" if "://" in name else "does not exist"
        self.problems.append(f"it includes {name!r}, which {why}")
        return None

    def _read(self, file: Path) -> str | None:
        try:
            raw = file.read_bytes() if file.stat().st_size + self.size <= _LIMIT else None
            text = raw.decode("utf-8-sig") if raw is not None else None
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"it includes {file.name!r}, which cannot be read: {error}")
            return None
        if text is None:
            self.problems.append(f"it includes {file.name!r} and would grow beyond {_LIMIT:,} bytes")
            return None
        self.size += len(text)
        self.files[file] = None
        return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


def _chosen(lines: list[str], ranges: str | None, part: str | None) -> list[str] | None:
    if part:
        return _part(lines, part)
    if not ranges:
        return lines
    chosen: list[str] = []
    for span in ranges[1:].split(","):
        first, _, last = span.partition(":")
        start, end = int(first or 1), int(last) if last.strip("-") else len(lines)
        chosen.extend(lines[_from(start, len(lines)) : end if end >= 0 else len(lines) + 1 + end])
    return chosen


def _from(start: int, total: int) -> int:
    return max(0, start - 1) if start >= 0 else max(0, total + start)


def _part(lines: list[str], name: str) -> list[str] | None:
    chosen: list[str] | None = None
    for line in lines:
        match = _PART.match(line) if _ANY in line else None
        if match and match["name"] == name and match["type"] == "start":
            chosen = [] if chosen is None else chosen
        elif match and match["name"] == name and chosen is not None:
            break
        elif match is None and chosen is not None:
            chosen.append(line)
    return textwrap.dedent("\n".join(chosen)).split("\n") if chosen else chosen
