"""Every playbook there is: those that ship beside this file and a team's own, one YAML file each.

A file that cannot be used is left out and named with its reason; the others go on.
"""

import hashlib
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

from tools.catalogue import Actions
from tools.declared.parameters import input_model
from tools.errors import NotFound, PlaybookInvalid
from tools.playbooks.checking import problems
from tools.playbooks.file import PlaybookFile, parse
from tools.shapes import Input

_OWN = Path(__file__).parent
_LARGEST = 65_536  # bytes of one file
_MOST_FILES = 200


@dataclass(frozen=True)
class Playbook:
    """A checked file; `version` is the first 16 hex digits of the SHA-256 of what was read."""

    file: PlaybookFile
    path: Path
    version: str

    @property
    def name(self) -> str:
        return self.file.name

    @cached_property
    def input(self) -> type[Input]:
        return input_model(self.name, self.file.inputs)


@dataclass(frozen=True, slots=True)
class SkippedPlaybook:
    """A file that was left out, and why."""

    path: str
    reason: str


class Shelf:
    """The playbooks by name, in alphabetical order, and the files that were left out."""

    def __init__(self, playbooks: Sequence[Playbook], *, skipped: Sequence[SkippedPlaybook] = ()) -> None:
        self._playbooks = {found.name: found for found in sorted(playbooks, key=lambda found: found.name)}
        self.skipped = tuple(skipped)

    @classmethod
    def discover(cls, actions: Actions, extra: Sequence[Path] = ()) -> "Shelf":
        """Read what ships, and every `NAME.yaml` of the `extra` folders; a name that is taken is left out."""
        found: dict[str, Playbook] = {}
        skipped: list[SkippedPlaybook] = []
        for folder in (_OWN, *extra):
            for path in _files(folder):
                try:
                    read = read_playbook(path, actions, folder=folder)
                except (PlaybookInvalid, OSError) as error:
                    skipped.append(SkippedPlaybook(str(path), " ".join(str(error).split())[:2_000]))
                    continue
                if (taken := found.setdefault(read.name, read)) is not read:
                    told = f"the name {read.name!r} is taken by {taken.path}; rename the file"
                    skipped.append(SkippedPlaybook(str(path), told))
        return cls(tuple(found.values()), skipped=skipped)

    def get(self, name: str) -> Playbook:
        """Raises `NotFound`, with the nearest names."""
        if name in self._playbooks:
            return self._playbooks[name]
        for each in self.skipped:
            if Path(each.path).stem == name:
                raise NotFound(
                    f"the playbook {name!r} was left out, {each.path} cannot be used: {each.reason}"
                )
        near = get_close_matches(name, self._playbooks, n=3, cutoff=0.5)
        meant = f"did you mean {' or '.join(near)}? " if near else ""
        known = ", ".join(self._playbooks) or "none"
        raise NotFound(f"there is no playbook {name[:80]!r}; {meant}The playbooks are: {known}", near=near)

    def __iter__(self) -> Iterator[Playbook]:
        return iter(self._playbooks.values())


def read_playbook(path: Path, actions: Actions, *, folder: Path | None = None) -> Playbook:
    """One file, checked against the actions there are.

    Raises `PlaybookInvalid` naming step and field of everything that is wrong, `OSError` for what cannot be read.
    """
    content = _content(path, folder)
    try:
        file = parse(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise PlaybookInvalid(f"it is no UTF-8: {error}") from error
    if folder is not None and file.name != path.stem:
        raise PlaybookInvalid(f"name = {file.name!r}: the file is called {path.name!a}; give both one name")
    if found := problems(file, actions):
        raise PlaybookInvalid("; ".join(found))
    made = Playbook(file, path, hashlib.sha256(content).hexdigest()[:16])
    try:
        _ = made.input
    except ValueError as error:
        raise PlaybookInvalid(f"inputs: {error}") from error
    return made


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        named = (path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"})
        yield from sorted(path for path in named if not path.name.startswith("."))[:_MOST_FILES]


def _content(path: Path, folder: Path | None) -> bytes:
    if folder is not None:
        if path.suffix != ".yaml":
            raise PlaybookInvalid(f"a playbook's file is called NAME.yaml, not {path.name!a}")
        # Links inside the folder are how orchestrators mount files; one that leads out could name anything.
        if not path.resolve().is_relative_to(folder.resolve()):
            raise PlaybookInvalid("it is a link that leads out of the folder; put the file itself here")
        if (path.stat().st_mode | folder.stat().st_mode) & stat.S_IWOTH:
            raise PlaybookInvalid(
                "it or its folder can be changed by everybody on this machine; chmod o-w them"
            )
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise PlaybookInvalid("it is no regular file")
    if found.st_size > _LARGEST:
        raise PlaybookInvalid(f"it has {found.st_size:,} bytes, and at most {_LARGEST:,} are read")
    return path.read_bytes()
