"""`$text`, `$yaml` and `$json` in catalog files: a value that stands in a file beside the descriptor.

The rules are Backstage's (https://backstage.io/docs/features/software-catalog/descriptor-format/#substitutions),
but for one: a placeholder is followed only inside the tree, never to a URL. `$openapi` and `$asyncapi` are read
as text; the references inside such a definition are left as they are.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.sources.tree import LeavesTree, Tree, UnreadableFile
from ingest.sources.yaml_documents import UnreadableYaml, read_yaml

MAX_BYTES = 8_000_000
_MISSING = object()


def _json(text: str) -> Any:
    value = json.loads(text, parse_constant=str)
    json.dumps(value, ensure_ascii=False).encode()  # refuses lone surrogates, which no index could store
    return value


_READERS: dict[str, Callable[[str], Any]] = {
    "$text": str,
    "$openapi": str,
    "$asyncapi": str,
    "$yaml": read_yaml,
    "$json": _json,
}


@dataclass(slots=True)
class Placeholders:
    """Fills the placeholders of one descriptor's values; `problems` collects those that could not be."""

    tree: Tree
    folder: Path
    problems: list[str] = field(default_factory=list)

    def filled(self, value: Mapping[str, Any], *, where: str) -> dict[str, Any]:
        """`value` with its placeholders replaced; what cannot be read is left out of its parent.

        `where` names the mapping in messages. A placeholder for the whole of it must give a mapping.
        """
        result = self._filled(dict(value), where=where)
        if result is not _MISSING and not isinstance(result, dict):
            self.problems.append(f"{where}: the placeholder's file holds no mapping; left empty")
        return result if isinstance(result, dict) else {}

    def _filled(self, value: Any, *, where: str) -> Any:
        if isinstance(value, dict):
            if len(value) == 1 and (key := next(iter(value))) in _READERS:
                return self._read(key, value[key], where=where)
            pairs = ((key, self._filled(item, where=f"{where}.{key}")) for key, item in value.items())
            return {key: item for key, item in pairs if item is not _MISSING}
        if isinstance(value, list):
            items = (self._filled(item, where=f"{where}[{at}]") for at, item in enumerate(value))
            return [item for item in items if item is not _MISSING]
        return value

    def _read(self, key: str, target: Any, *, where: str) -> Any:
        try:
            return _READERS[key](self._text(target))
        except UnreadableYaml as error:
            problem = f"{target!r} line {error.line}: {error}"
        except (RecursionError, UnicodeEncodeError):
            problem = f"{target!r} is nested too deeply, or holds half a character"
        except json.JSONDecodeError as error:
            problem = f"{target!r} line {error.lineno}: {error.msg}"
        except (LeavesTree, UnreadableFile) as error:
            problem = str(error)
        self.problems.append(f"{where}: {key} {problem}; the entity is kept without this value")
        return _MISSING

    def _text(self, target: Any) -> str:
        if not isinstance(target, str):
            raise UnreadableFile(f"{target!r} is no path")
        if "://" in target:
            raise UnreadableFile(f"{target!r} is a URL; only files of the tree are read")
        path = self.tree.follow(target, folder=self.folder)
        try:
            return self.tree.read_text(path, limit=MAX_BYTES)[1]
        except UnreadableFile as error:
            raise UnreadableFile(f"{target!r} {error}") from error
