"""Golden paths: folders of templates, rendered in memory, shown whole, and written as one new folder or not at all."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tools.errors import InvalidArguments, Unavailable

_TEMPLATES = Path(__file__).parent / "scaffolds"
_SUFFIX = ".j2"


@dataclass(frozen=True, slots=True)
class ScaffoldFile:
    """One file of a scaffold; `path` is relative to its folder."""

    path: str
    sha256: str
    bytes: int
    content: str

    @classmethod
    def of(cls, path: str, content: str) -> "ScaffoldFile":
        data = content.encode()
        return cls(path, hashlib.sha256(data).hexdigest(), len(data), content)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def rendered(
    template: str, values: Mapping[str, Any], *, without: Sequence[str] = ()
) -> tuple[ScaffoldFile, ...]:
    """Every file of the template `template` but those in `without`; a value that a file misses is an error."""
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    root = _TEMPLATES / template
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(root),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # this is no HTML; what is filled in are names, quoted where a format asks it
    )
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob(f"*{_SUFFIX}"))
    return tuple(
        ScaffoldFile.of(name.removesuffix(_SUFFIX), environment.get_template(name).render(**values))
        for name in names
        if name.removesuffix(_SUFFIX) not in without
    )


def refuse_if_taken(folder: Path) -> None:
    """Raises `InvalidArguments` when there is something at `folder` already."""
    if os.path.lexists(folder):
        raise InvalidArguments(
            f"there is a scaffold {folder.name!r} already, and nothing is overwritten; choose another name"
        )


def holds(folder: Path, files: Sequence[ScaffoldFile]) -> bool:
    """Whether the folder holds each of the files with its content: it was written before, and as a whole."""
    try:
        return all((folder / file.path).read_bytes() == file.content.encode() for file in files)
    except OSError:
        return False


def write_folder(folder: Path, files: Sequence[ScaffoldFile]) -> None:
    """Make the new folder with all its files at once.

    Raises `InvalidArguments` when it exists, `Unavailable` when it cannot be written.
    """
    refuse_if_taken(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise Unavailable(f"{folder.parent} cannot be written: {error.strerror}") from error
    try:
        for file in files:
            path = draft / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content.encode())
        draft.chmod(0o755)
        os.rename(draft, folder)  # noqa: PTH104 - refuses a folder that was filled meanwhile, unlike Path.replace
    except OSError as error:
        refuse_if_taken(folder)
        raise Unavailable(f"{folder} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def unchanged(folder: Path, files: Sequence[ScaffoldFile]) -> tuple[str, ...]:
    """The other files that lie in the folder by now, which removing these leaves alone.

    Raises `InvalidArguments` naming the first of `files` that is gone, was changed, or is a link.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise InvalidArguments(f"{folder} is gone or a link, so there is nothing to remove")
    for file in files:
        _check_unchanged(folder, file)
    own = {file.path for file in files}
    there = (path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir())
    return tuple(name for path in there if (name := path.relative_to(folder).as_posix()) not in own)


def remove_files(folder: Path, files: Sequence[ScaffoldFile]) -> tuple[str, ...]:
    """Remove exactly these files, and the folders that are empty then; returns what was removed.

    Raises `InvalidArguments` before anything is removed when one of them was changed.
    """
    unchanged(folder, files)
    try:
        for file in files:
            _check_unchanged(folder, file)  # once more, right before it goes
            (folder / file.path).unlink()
        for parent in sorted({parent for file in files for parent in _parents(folder, file)}, reverse=True):
            with suppress(OSError):  # somebody else's file lies there
                parent.rmdir()
    except OSError as error:
        raise Unavailable(f"{error.filename} cannot be removed: {error.strerror}") from error
    return tuple(file.path for file in files)


def _check_unchanged(folder: Path, file: ScaffoldFile) -> None:
    path = folder / file.path
    linked = [parent for parent in (path, *_parents(folder, file)) if parent.is_symlink()]
    if linked:
        raise InvalidArguments(f"{linked[0]} is a link by now; it is left as it is, and nothing was removed")
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InvalidArguments(f"{path} cannot be read ({error.strerror}); nothing was removed") from error
    if found != file.sha256:
        raise InvalidArguments(
            f"{path} was changed since it was written (sha256 {found[:12]}…, was {file.sha256[:12]}…); nothing was "
            "removed. Keep what you need of it elsewhere, or remove the folder by hand"
        )


def _parents(folder: Path, file: ScaffoldFile) -> list[Path]:
    """The folders of a file, up to the scaffold's own."""
    inside = [folder / parent for parent in Path(file.path).parents if parent != Path()]
    return [*inside, folder]
