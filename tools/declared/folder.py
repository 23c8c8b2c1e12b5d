"""Reads `actions.d`: a file that cannot be used is left out and named with its reason, the others go on."""

import re
import stat
from dataclasses import dataclass
from pathlib import Path

from tools.action import NAME
from tools.catalogue import SkippedAction, as_seen
from tools.declared.action import DeclaredAction
from tools.declared.allowed import Allowed
from tools.declared.file import parse
from tools.errors import InvalidAction

_RESERVED = {
    as_seen(name): name for name in ("apply_plan", "reject_plan", "get_plan", "find_actions", "call_action")
}
_MOST_FILES = 500
_LARGEST = 65_536  # bytes of one file


@dataclass(frozen=True, slots=True)
class Declared:
    """What a folder gave."""

    actions: tuple[DeclaredAction, ...] = ()
    skipped: tuple[SkippedAction, ...] = ()


def read_folder(folder: Path, allowed: Allowed) -> Declared:
    """The actions of every `NAME.yaml` in `folder`, in the order of names; none where there is no folder."""
    if not folder.is_dir():
        return Declared()
    actions, skipped = [], []
    files = _files(folder)
    for path in files[:_MOST_FILES]:
        try:
            actions.append(_action(path, folder, allowed))
        except (InvalidAction, ValueError, TypeError, OSError) as error:
            skipped.append(SkippedAction(_plain(str(path)), _plain(" ".join(str(error).split())[:1_000])))
    if more := files[_MOST_FILES:]:
        reason = f"there are {len(files)} files, and the first {_MOST_FILES} are read; so {len(more)} are left out from here on"
        skipped.append(SkippedAction(_plain(str(more[0])), reason))
    return Declared(tuple(actions), tuple(skipped))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _plain(text: str) -> str:
    """For a terminal or a page: what a file is called or says is no order to it."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _action(path: Path, folder: Path, allowed: Allowed) -> DeclaredAction:
    content = _content(path, folder)
    name = path.stem
    if not re.fullmatch(NAME, name):
        raise InvalidAction(
            f"{name!a} is no name for an action; use lower-case ASCII letters, digits and underscores"
        )
    if (like := _RESERVED.get(as_seen(name))) is not None:
        looks = "is" if like == name else f"looks like {like!r},"
        raise InvalidAction(f"{name!r} {looks} a name of Cuebook's own; choose another")
    try:
        file = parse(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InvalidAction(f"it is no UTF-8: {error}") from error
    made = DeclaredAction(name, file, file.work(allowed), path=path, content=content)
    made.complete()
    return made


def _content(path: Path, folder: Path) -> bytes:
    if path.suffix != ".yaml":
        raise InvalidAction(
            f"an action's file is called NAME.yaml, not {path.name!a}; rename it or move it away"
        )
    # Links inside the folder are how orchestrators mount files; one that leads out could name anything.
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InvalidAction("it is a link that leads out of the folder; put the file itself here")
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise InvalidAction("it is no regular file")
    if (found.st_mode | folder.stat().st_mode) & stat.S_IWOTH:
        raise InvalidAction("it or its folder can be changed by everybody on this machine; chmod o-w them")
    if found.st_size > _LARGEST:
        raise InvalidAction(f"it has {found.st_size:,} bytes, and at most {_LARGEST:,} are read")
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise InvalidAction(f"it grew to more than {_LARGEST:,} bytes while it was read")
    return content
