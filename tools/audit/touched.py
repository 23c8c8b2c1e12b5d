"""What a row is about: the words under which it is found again when somebody asks what was done to a thing.

A thing is named by a full reference, by its name alone, or by a digest, a job, a folder. A row that has
`component:default/home-ranker` is found by that and by `home-ranker`; one that has only `home-ranker` is found
by every reference of that name, because nobody resolved it when the row was written. A version of a model, `knn:1` or
`knn@production`, is found by that and by the model's name.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_MOST = 60
_NAME = re.compile(r"[\w/.~][\w.:/@+~-]{0,199}")
_FULL = re.compile(r"(?P<kind>[a-z][a-z0-9-]*):(?:(?P<namespace>[a-z0-9-]+)/)?(?P<name>[\w.@+-]+)")
_VERSION = re.compile(
    r"(?:model:)?(?P<model>[a-z0-9][a-z0-9._-]*)(?::(?P<number>\d+)|@(?P<alias>[a-z][a-z0-9._-]*))"
)
_UNRESOLVED = "~"
_FIELDS = ("digest", "job", "approver", "subject")
_SAYS_NOTHING = frozenset({"context"})


def keys_of(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys that the row `body` is filed under; asking the audit about a thing does not touch it."""
    if body.get("action") == "query_audit":
        return ()
    named = [*_texts(body.get("targets")), *(str(body[name]) for name in _FIELDS if body.get(name))]
    named += _texts(body.get("arguments"))
    keys = (key for text in dict.fromkeys(named) for key in _filed(text.lower()))
    return tuple(dict.fromkeys(keys))[:_MOST]


def keys_for(text: str) -> tuple[str, ...]:
    """The keys under which rows about `text` are filed; any of them counts."""
    asked = text.strip().lower()
    if version := _VERSION.fullmatch(asked):
        return (_version(version),)
    full = _FULL.fullmatch(asked)
    return (asked,) if full is None else (_spelled(full), f"{_UNRESOLVED}{full['name']}")


def _filed(text: str) -> tuple[str, ...]:
    if version := _VERSION.fullmatch(text):
        return (_version(version), version["model"], f"model:default/{version['model']}")
    full = _FULL.fullmatch(text)
    return (text, f"{_UNRESOLVED}{text}") if full is None else (_spelled(full), full["name"])


def _spelled(full: "re.Match[str]") -> str:
    return f"{full['kind']}:{full['namespace'] or 'default'}/{full['name']}"


def _version(version: "re.Match[str]") -> str:
    mark = f":{version['number']}" if version["number"] else f"@{version['alias']}"
    return f"{version['model']}{mark}"


def _texts(value: Any) -> Iterator[str]:
    """Every text within that may name something; prose does not."""
    if isinstance(value, str):
        if _NAME.fullmatch(value):
            yield value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name not in _SAYS_NOTHING:
                yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
