"""A coding agent with ripgrep, as a script: what it would call for a question, and what it would get to read.

It has the two tools that such agents have, one that searches as `rg` does and one that reads lines of a file with their
numbers, with the limits that are common: 100 lines or files of a search, lines cut at 500 characters, 2,000 lines of a
file. It takes the content words of the question, cut of a plural's s, and goes one of three ways:

- *whole files*: `rg -c` for any of the words, then reads the best files whole, one after the other.
- *windows*: `rg -n` for any of the words, then 50 lines around the densest hits of the best files.
- *narrow*: `rg -n -C 3` for the most telling word (one that looks like a name or a code, else the longest) in the files
  that have the second one too, then windows.

Files count by how many different words they have, rare ones more, and how often. It stops as soon as all that is wanted
stands in what it has read, which no agent knows, and after five readings.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_MATCHES, _LONGEST_LINE, _LINES, _AROUND, _READINGS = 100, 500, 2_000, 25, 5
_STOP = re.compile(
    "(?:a|about|above|after|an|and|any|are|as|at|be|by|can|could|do|does|for|from|gets?|go|has|have|how|i|if|in|instead|is|"
    "its?|may|me|must|my|needs?|not?|of|on|one|or|our|part|should|so|some|than|that|the|their|them|there|these|they|this|"
    "to|two|up|us|was|we|were|what|when|where|which|who|whom|whose|why|will|with|you|your)"
)
TOOLS = (
    {
        "name": "Grep",
        "description": "Search file contents with ripgrep. Modes: content (matching lines with numbers), "
        "files_with_matches, count.",
        "input_schema": {
            "type": "object",
            "properties": {
                "pattern": {"type": "string", "description": "Regular expression."},
                "path": {"type": "string", "description": "File or folder; the working folder by default."},
                "output_mode": {"type": "string", "enum": ["content", "files_with_matches", "count"]},
                "-i": {"type": "boolean"},
                "-C": {"type": "integer", "description": "Lines of context."},
                "head_limit": {"type": "integer"},
            },
            "required": ["pattern"],
        },
    },
    {
        "name": "Read",
        "description": "Read a file with line numbers, 2,000 lines by default.",
        "input_schema": {
            "type": "object",
            "properties": {
                "file_path": {"type": "string"},
                "offset": {"type": "integer", "description": "First line."},
                "limit": {"type": "integer", "description": "How many lines."},
            },
            "required": ["file_path"],
        },
    },
)
WAYS = ("whole files", "windows", "narrow")


@dataclass
class Session:
    """What went between a model and its tools for one question. `wanted` are texts to be found, all of them."""

    wanted: Sequence[str]
    written: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def call(self, name: str, arguments: dict[str, object], result: str) -> bool:
        """Keep one call; whether everything wanted has been read."""
        self.written.append(json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False))
        self.read.append(result)
        return self.found()

    def found(self) -> bool:
        text = plain("\n".join(self.read))
        return all(plain(key) in text for key in self.wanted)


def plain(text: str) -> str:
    """Lower case, and one space for any white space: where a line breaks is no matter of what it says."""
    return " ".join(text.lower().split())


class Repository:
    """The text files below some folders, hidden ones left out as `rg` does; paths as given."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.files: dict[str, list[str]] = {}
        for path in sorted(path for root in roots for path in _below(root)):
            try:
                self.files[str(path)] = path.read_text(encoding="utf-8").splitlines()
            except UnicodeDecodeError:
                continue

    def hits(self, words: Sequence[str]) -> dict[str, list[int]]:
        """Files with a line that has any of the words, and the places of those lines."""
        found = {}
        for path, lines in self.files.items():
            if rows := [row for row, line in enumerate(lines) if any(word in line.lower() for word in words)]:
                found[path] = rows
        return found


def _below(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for path in root.rglob("*"):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(root).parts):
            yield path


def words_of(question: str) -> tuple[str, ...]:
    """Content words in order; names and codes stay whole, and a plural loses its s."""
    found = []
    for word in re.findall(r"[\w@.:/<>-]*\w", question):
        small = word.lower().removesuffix("'s")
        if _STOP.fullmatch(small) or (len(small) < 3 and not small.isdigit()):
            continue
        found.append(small[:-1] if small.endswith("s") and len(small) > 3 and small.isalpha() else small)
    return tuple(dict.fromkeys(found))


def search_and_read(question: str, wanted: Sequence[str], repository: Repository, way: str) -> Session:
    """One question by one of `WAYS`."""
    session, words = Session(wanted), words_of(question)
    hits = repository.hits(words)
    ranked = _ranked(words, hits, repository)
    if way == "whole files":
        counts = [f"{path}:{len(rows)}" for path, rows in hits.items()][:_MATCHES]
        session.call("Grep", _grep(words, output_mode="count"), "\n".join(counts) or "No matches found")
        for path in ranked[:_READINGS]:
            if session.found():
                break
            session.call("Read", {"file_path": path}, _numbered(repository.files[path], 0, _LINES))
        return session
    if way == "windows":
        shown = [
            f"{path}:{row + 1}:{repository.files[path][row]}" for path, rows in hits.items() for row in rows
        ]
        session.call("Grep", _grep(words, output_mode="content"), _cut(shown))
    else:
        _narrow(session, words, repository)
    for path in ranked[:_READINGS]:
        if session.found():
            break
        start = _densest(words, repository.files[path])
        arguments: dict[str, object] = {"file_path": path, "offset": start + 1, "limit": 2 * _AROUND}
        session.call("Read", arguments, _numbered(repository.files[path], start, start + 2 * _AROUND))
    return session


def _narrow(session: Session, words: Sequence[str], repository: Repository) -> None:
    telling = sorted(words, key=lambda word: (not re.search(r"[\W_\d]", word), -len(word)))
    first, second = telling[0], telling[min(1, len(telling) - 1)]
    both = [path for path in repository.hits([first]) if repository.hits([second]).get(path)]
    lines = []
    for path in both or list(repository.hits([first])):
        text, shown = repository.files[path], set()
        for row in repository.hits([first])[path]:
            shown |= set(range(max(0, row - 3), min(len(text), row + 4)))
        lines += [f"{path}-{row + 1}-{text[row]}" for row in sorted(shown)]
    command = f"rg -l -i {second!r} | xargs rg -n -i -C 3 {first!r}"
    session.call("Bash", {"command": command}, _cut(lines))


def _grep(words: Sequence[str], *, output_mode: str) -> dict[str, object]:
    return {"pattern": "|".join(words), "-i": True, "output_mode": output_mode}


def _cut(lines: Sequence[str]) -> str:
    shown = [line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} …" for line in lines[:_MATCHES]]
    more = [f"({len(lines) - _MATCHES} more lines)"] if len(lines) > _MATCHES else []
    return "\n".join([*shown, *more]) or "No matches found"


def _numbered(lines: Sequence[str], start: int, end: int) -> str:
    return "\n".join(f"{row + 1}\t{line}" for row, line in enumerate(lines) if start <= row < end)


def _ranked(words: Sequence[str], hits: dict[str, list[int]], repository: Repository) -> list[str]:
    """The best files first: rare words of the question count more, those of the path too, and a little how often."""
    texts = {path: "\n".join([path, *repository.files[path]]).lower() for path in hits}
    having = {word: sum(word in text for text in texts.values()) for word in words}

    def worth(path: str) -> float:
        counts = {word: texts[path].count(word) for word in words}
        return sum(
            math.log(1 + len(texts) / having[word]) * (1 + math.log(count)) + (word in path.lower())
            for word, count in counts.items()
            if count
        )

    return sorted(hits, key=lambda path: (-worth(path), path))


def _densest(words: Sequence[str], lines: Sequence[str]) -> int:
    """The first of the 50 lines that have most different words, then most hits."""
    per_line = [frozenset(word for word in words if word in line.lower()) for line in lines]
    best, start = (-1, -1), 0
    for row, found in enumerate(per_line):
        if not found:
            continue
        low = max(0, row - _AROUND)
        window = per_line[low : low + 2 * _AROUND]
        worth = (len(frozenset().union(*window)), sum(map(len, window)))
        if worth > best:
            best, start = worth, low
    return start
