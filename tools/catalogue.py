"""Every action there is: one file each, found in this package's folder and in a team's own.

A file that cannot be used is left out and named with its reason; the others go on. Two files of one name are
an error, because which of them runs must never depend on the order of folders.
"""

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from tools.action import Action, ActionInfo
from tools.errors import InvalidAction, UnknownAction

_ALIKE = str.maketrans("ilo", "110")
_OWN = Path(__file__).parent / "actions"


@dataclass(frozen=True, slots=True)
class SkippedAction:
    """A file that was left out, and why."""

    path: str
    reason: str


class Actions:
    """The actions by name, in alphabetical order, and the files that were left out."""

    def __init__(self, actions: Sequence[Action[Any, Any]], *, skipped: Sequence[SkippedAction] = ()) -> None:
        self._actions = {found.name: found for found in sorted(actions, key=lambda found: found.name)}
        self.skipped = tuple(skipped)

    @classmethod
    def discover(
        cls,
        extra: Sequence[Path] = (),
        *,
        declared: Sequence[Action[Any, Any]] = (),
        skipped: Sequence[SkippedAction] = (),
    ) -> "Actions":
        """Read this package's actions and those in the `extra` folders, and take the `declared` ones beside them.

        A declared one is left out where its name is taken; `skipped` are those that were left out before. Raises `InvalidAction` for a folder that does not exist and for two files of one name.
        """
        found: dict[str, Action[Any, Any]] = {}
        left_out = list(skipped)
        for path in _files(extra):
            try:
                loaded = _load(path)
            except (Exception, SystemExit) as error:
                left_out.append(SkippedAction(str(path), f"{type(error).__name__}: {error}"))
                continue
            if loaded.name in found:
                raise InvalidAction(
                    f"two files define the action {loaded.name!r}: {found[loaded.name].source} and {path}; "
                    "rename one of them"
                )
            found[loaded.name] = loaded
        seen = {as_seen(name): name for name in found}
        for action in declared:
            if action.name in found:
                reason = f"the name {action.name!r} is taken by {found[action.name].source}; rename the file"
                left_out.append(SkippedAction(str(action.source), reason))
            elif like := seen.get(as_seen(action.name)):
                reason = (
                    f"the name {action.name!r} looks like {like!r}, so that one would be approved for the other; rename the "
                    "file"
                )
                left_out.append(SkippedAction(str(action.source), reason))
            else:
                found[action.name] = action
                seen[as_seen(action.name)] = action.name
        return cls(tuple(found.values()), skipped=left_out)

    def list(self) -> tuple[ActionInfo, ...]:
        return tuple(found.info for found in self._actions.values())

    def get(self, name: str) -> Action[Any, Any]:
        """Raises `UnknownAction`, with the nearest names."""
        try:
            return self._actions[name]
        except KeyError:
            raise UnknownAction(_unknown(name, tuple(self._actions), self.skipped)) from None

    def __contains__(self, name: object) -> bool:
        return name in self._actions

    def __iter__(self) -> Iterator[Action[Any, Any]]:
        return iter(self._actions.values())

    def __len__(self) -> int:
        return len(self._actions)


def _unknown(name: str, names: Sequence[str], skipped: Sequence[SkippedAction]) -> str:
    for each in skipped:
        if Path(each.path).stem == name:
            return f"the action {name!r} was left out, its file {each.path} cannot be used: {each.reason}"
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return f"there is no action {name[:80]!r}; {meant}The actions are: {', '.join(names)}"


def as_seen(name: str) -> str:
    """Text that is the same for names that an eye could take for each other: `list_job1` and `listjobl`."""
    return name.replace("_", "").replace("rn", "m").replace("vv", "w").translate(_ALIKE)


def _files(extra: Sequence[Path]) -> Iterator[Path]:
    for folder in (_OWN, *extra):
        if not folder.is_dir():
            raise InvalidAction(f"the actions folder {str(folder)!r} does not exist; create it or unset it")
        yield from sorted(path for path in folder.glob("*.py") if not path.name.startswith("_"))


def _load(path: Path) -> Action[Any, Any]:
    module = _imported(path)
    # A team's action may import another one, so only what this file defines counts.
    defined = [
        value
        for value in vars(module).values()
        if isinstance(value, Action) and value.function.__module__ == module.__name__
    ]
    if len(defined) != 1:
        raise InvalidAction(f"an action's file defines one @action function, this one {len(defined)}")
    if defined[0].name != path.stem:
        raise InvalidAction(
            f"the function is called {defined[0].name!r} and the file {path.name!r}; give both one name"
        )
    defined[0].complete()
    return defined[0]


def _imported(path: Path) -> ModuleType:
    if path.parent == _OWN:
        return importlib.import_module(f"tools.actions.{path.stem}")
    place = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    name = f"cuebook_actions_{place}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InvalidAction("Python cannot import this file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # pydantic looks the module up to resolve annotations
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
