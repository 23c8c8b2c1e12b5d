"""Golden paths: folders of templates, rendered in memory, shown whole, and written as one new folder or not at all."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
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
