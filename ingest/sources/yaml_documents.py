"""YAML that strangers wrote: every document of a text with its line, plain JSON-able values, no surprises.

Values are built from the parser's events rather than with a loader of PyYAML. That is what makes it safe and
fast: the C loader recurses and dies of 5,000 open brackets, and spends most of its time in Python's node
objects. Scalars follow the core schema of YAML 1.2, as Backstage reads them: `no` is text, a date stays as it
was written, `12:30` is no number. Tags are ignored, aliases and `<<` merges work within a budget.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import yaml

MAX_DEPTH = 100
MAX_NODES = 1_000_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# `---` in the first column cannot be content (YAML 1.2, c-forbidden), so cutting there is exact.
_DOCUMENT_START = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_ONLY_COMMENTS = re.compile(r"(?:[ \t]*(?:#.*|%.*)?(?:\r?\n|$))*")
_INT = re.compile(r"[-+]?[0-9]{1,300}|0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class UnreadableYaml(ValueError):
    """A document that is no YAML, or too large to be honest; `line` counts from 1."""

    def __init__(self, problem: str, *, line: int) -> None:
        super().__init__(problem)
        self.line = line


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One document: its value, or the problem that kept it from being read."""

    line: int
    value: Any = None
    problem: str | None = None


def read_documents(text: str) -> Iterator[YamlDocument]:
    """Every document of `text` that holds something, in order; a broken one does not cost its neighbours."""
    for line, chunk in _chunks(text):
        try:
            yield from _Builder(first_line=line).documents(chunk)
        except UnreadableYaml as error:
            yield YamlDocument(line=error.line, problem=str(error))


def read_yaml(text: str) -> Any:
    """The value of the first document, None when there is none. Raises `UnreadableYaml`."""
    for document in read_documents(text):
        if document.problem is not None:
            raise UnreadableYaml(document.problem, line=document.line)
        return document.value
    return None


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    starts = [0, *(match.start() for match in _DOCUMENT_START.finditer(text)), len(text)]
    begin = 0
    line = 1
    for start, end in pairwise(starts):
        if _ONLY_COMMENTS.fullmatch(text, start, end):
            continue  # comments and directives belong to the document after them
        line += text.count("\n", begin, start)
        yield line, text[start:end]
        begin = start


@dataclass(slots=True)
class _Open:
    """A collection that is being filled; `key` waits for its value, `merges` for the collection's end."""

    value: dict[str, Any] | list[Any]
    anchor: str | None
    nodes_before: int
    key: str | None = None
    merges: list[Any] = field(default_factory=list)


class _Builder:
    """Turns events into values. Knows nothing about entities."""

    def __init__(self, *, first_line: int) -> None:
        self._first_line = first_line
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0
        self._root: Any = None

    def documents(self, chunk: str) -> Iterator[YamlDocument]:
        line = self._first_line
        fresh = False
        try:
            for event in yaml.parse(chunk, Loader=_LOADER):
                if isinstance(event, yaml.DocumentStartEvent):
                    self._anchors, self._root, fresh = {}, None, True
                elif isinstance(event, yaml.DocumentEndEvent):
                    if self._root is not None:
                        yield YamlDocument(line=line, value=self._root)
                elif isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                    if fresh:
                        line, fresh = self._line(event.start_mark), False
                    self._take(event)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or " ".join(str(error).split())
            raise UnreadableYaml(problem, line=self._line(mark) if mark else self._first_line) from error

    def _line(self, mark: Any) -> int:
        return self._first_line + int(mark.line)

    def _take(self, event: Any) -> None:
        self._count(1, event)
        if isinstance(event, yaml.ScalarEvent):
            self._put(_scalar(event), event.anchor, 1)
        elif isinstance(event, yaml.AliasEvent):
            self._put_alias(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._push(event)
        else:
            self._pop()

    def _count(self, nodes: int, event: Any) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise UnreadableYaml(
                f"expands to more than {MAX_NODES:,} values; write fewer aliases",
                line=self._line(event.start_mark),
            )

    def _push(self, event: Any) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise UnreadableYaml(
                f"is nested more than {MAX_DEPTH} levels deep", line=self._line(event.start_mark)
            )
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._open.append(_Open(value, event.anchor, self._nodes))

    def _pop(self) -> None:
        done = self._open.pop()
        for merged in done.merges:
            done.value = {**merged, **done.value} if isinstance(done.value, dict) else done.value
        self._put(done.value, done.anchor, self._nodes - done.nodes_before + 1)

    def _put_alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise UnreadableYaml(
                f"alias *{event.anchor} stands before its anchor or inside it",
                line=self._line(event.start_mark),
            )
        value, nodes = self._anchors[event.anchor]
        self._count(nodes, event)
        self._put(value, None, 0)

    def _put(self, value: Any, anchor: str | None, nodes: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, nodes)
        if not self._open:
            self._root = value
            return
        parent = self._open[-1]
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.key is None:
            parent.key = _key(value)
        else:
            self._put_pair(parent, value)

    @staticmethod
    def _put_pair(parent: _Open, value: Any) -> None:
        key, parent.key = parent.key, None
        sources = value if isinstance(value, list) else [value]
        if key == "<<" and all(isinstance(source, dict) for source in sources):
            parent.merges.extend(sources)
        elif isinstance(parent.value, dict):
            parent.value[str(key)] = value


def _key(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _scalar(event: Any) -> Any:
    if event.style in ("'", '"', "|", ">") or not event.implicit[0]:
        return event.value
    return _plain(event.value)


def _plain(text: str) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    first = text[0]
    if first.isdigit() or first in "+-.":
        if _INT.fullmatch(text):
            return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
        if _FLOAT.fullmatch(text):
            number = float(text)
            return number if number - number == 0 else text  # infinities are not JSON
    return text
