"""The YAML between two `---` lines at the top of a page, as mkdocs reads it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import yaml

_FENCED = re.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_LIMIT = 64 * 1024
_DEPTH = 20


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """`values` of plain JSON types, the `body` after them, and `problem` where the YAML could not be read."""

    values: dict[str, object] = field(default_factory=dict)
    body: str = ""
    problem: str = ""


def split_front_matter(text: str) -> FrontMatter:
    """Take the front matter off a page; one that is no mapping stays in the body, as in mkdocs."""
    match = _FENCED.match(text)
    if match is None or match.end() > _LIMIT:
        return FrontMatter(body=text)
    try:
        values = yaml.load(match[1] or "", Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        return FrontMatter(body=text, problem=f"its front matter is not valid YAML: {reason}")
    if not isinstance(values, Mapping):
        return FrontMatter(body=text)
    body = text[match.end() :].lstrip("\n")
    return FrontMatter({str(key): _plain(value, _DEPTH) for key, value in values.items()}, body)


def _plain(value: object, depth: int) -> object:
    if depth == 0 or isinstance(value, date | bytes):
        return str(value) if depth else ""
    if isinstance(value, Mapping):
        return {str(key): _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item, depth - 1) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
