"""Raises a version where a checkout pins it, as a patch: nothing of the checkout is written.

Read are `pyproject.toml`, `requirements*.txt|in` beside it and in `requirements/`, and `.copier-answers.yml`. A library
is raised in each requirement with one of `==`, `~=`, `>=` for it; a golden path in the line `_commit:` of answers whose
`_src_path:` names its template.
"""

import difflib
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.errors import InvalidArguments, Unavailable
from tools.plan import Plan, Target
from tools.run import Run
from tools.scaffolding import ScaffoldFile, remove_files, unchanged
from tools.undoing import Done, Undo

_PLACES = (
    "pyproject.toml",
    "requirements*.txt",
    "requirements*.in",
    "requirements/*.txt",
    "requirements/*.in",
)
_ANSWERS = ".copier-answers.yml"
_LARGEST = 2_000_000  # bytes of one file
_MOST_FILES = 50
_SPECIFIER = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*([A-Za-z0-9.*+!_-]+)")
_RAISED = {"==", "===", "~=", ">="}


@dataclass(frozen=True, slots=True)
class Raised:
    """A file with the version raised; `lines` tell each change, `sha256` is of the file as it is."""

    path: str
    before: str
    after: str
    lines: tuple[str, ...]
    sha256: str


def raised_in(root: Path, dependency: str, version: str) -> tuple[Raised, ...]:
    """Every file of the checkout that would change, in order of paths.

    Raises `Unavailable` for a checkout that cannot be read, `InvalidArguments` for a line that a person has to decide on.
    """
    if not root.is_dir():
        raise Unavailable(
            f"the checkout {root} is no folder; the operator corrects CUEBOOK_ACTIONS__REPOSITORIES"
        )
    found = []
    for path in _files(root):
        before = _text(path)
        name = path.relative_to(root).as_posix()
        lines = before.splitlines(keepends=True)
        edit = _answers if path.name == _ANSWERS else _requirements
        after = edit(lines, dependency, version, name)
        told = tuple(
            f"{name}:{number}: {old.strip()} -> {new.strip()}"
            for number, (old, new) in enumerate(zip(lines, after, strict=True), 1)
            if old != new
        )
        if told:
            digest = hashlib.sha256(before.encode()).hexdigest()
            found.append(Raised(name, before, "".join(after), told, digest))
    return tuple(found)


def as_patch(raised: Raised) -> str:
    """The change in git's format."""
    a, b = f"a/{raised.path}", f"b/{raised.path}"
    old, new = raised.before.splitlines(keepends=True), raised.after.splitlines(keepends=True)
    lines = difflib.unified_diff(old, new, fromfile=a, tofile=b)
    ended = (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return f"diff --git {a} {b}\n{''.join(ended)}"


def as_new_file(path: str, text: str) -> str:
    """A file that is not there yet, in git's format."""
    lines = text.rstrip("\n").split("\n")
    head = f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n"
    return f"{head}@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)


def removal(done: Done, run: Run) -> Undo:
    """How to undo a proposal: remove its patch, if it was not changed."""
    place = run.jobs.home / str(done.plan.details["patch"])
    file = ScaffoldFile.of(place.name, str(done.plan.details["diff"]))
    unchanged(place.parent, (file,))
    plan = Plan(
        summary=f"Remove the patch {place.parent.name}/{place.name}.",
        steps=(f"remove {place.parent.name}/{place.name}, unchanged since it was written",),
        will_not=("take back what was applied or pushed by hand",),
        targets=(Target(ref=f"patch:{place.parent.name}/{place.stem}", revision=file.sha256),),
        reversible=False,
    )
    return Undo(plan, lambda: remove_files(place.parent, (file,)))


def refuse_if_patched(home: Path, folder: str, name: str) -> None:
    """Raises `InvalidArguments` when that patch is there already."""
    if os.path.lexists(_place(home, folder, name)):
        raise InvalidArguments(
            f"there is a patch {folder}/{name}.patch already, and nothing is overwritten; name another folder"
        )


def write_patch(home: Path, folder: str, name: str, patch: str, *, repeated: bool) -> None:
    """Write the patch at once or not at all; `repeated` takes the same one that is there for its own.

    Raises `InvalidArguments` when another is there, `Unavailable` when it cannot be written.
    """
    place = _place(home, folder, name)
    if repeated and place.is_file() and place.read_text(encoding="utf-8") == patch:
        return
    refuse_if_patched(home, folder, name)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(prefix=f".{name}-", dir=place.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(patch)
        try:
            os.link(draft, place)  # unlike a rename it refuses what was put there meanwhile
        finally:
            Path(draft).unlink()
    except FileExistsError:
        refuse_if_patched(home, folder, name)
    except OSError as error:
        raise Unavailable(f"{place} cannot be written: {error.strerror}") from error


def _place(home: Path, folder: str, name: str) -> Path:
    return home / "patches" / folder / f"{name}.patch"


def _files(root: Path) -> Iterator[Path]:
    """Regular files inside the checkout; a link that leads out of it is left out."""
    found = {path for pattern in (*_PLACES, _ANSWERS) for path in root.glob(pattern)}
    inside = root.resolve()
    for path in sorted(found)[:_MOST_FILES]:
        if path.resolve().is_relative_to(inside) and stat.S_ISREG(path.stat().st_mode):
            yield path


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise InvalidArguments(f"{path.name} has more than {_LARGEST:,} bytes; leave the repository out")
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"{path} cannot be read: {error}") from error


def _requirements(lines: list[str], library: str, version: str, name: str) -> list[str]:
    """Each line with the library's requirement raised, wherever on it that stands."""
    spelled = "[-_.]+".join(re.escape(part) for part in re.split(r"[-_.]+", library))
    one = r"(?:===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+"
    pattern = re.compile(
        rf"(?P<head>(?:^|[\s\"'])){spelled}(?P<extras>\s*\[[^\]]*\])?\s*(?P<specs>{one}(?:\s*,\s*{one})*)",
        re.IGNORECASE,
    )

    def raised(match: re.Match[str]) -> str:
        specs = match["specs"]
        where = f"{name}:{len(made) + 1}: {match[0].strip()}"
        return match[0][: len(match[0]) - len(specs)] + _raised(specs, version, where)

    made: list[str] = []
    for number, line in enumerate(lines, 1):
        content, hash_, comment = line.partition(" #")
        if content.lstrip().startswith("#"):
            made.append(line)
            continue
        if "--hash=" in line and pattern.search(content):
            raise InvalidArguments(f"{name}:{number} pins {library} by hash; compile that file anew instead")
        made.append(pattern.sub(raised, content) + hash_ + comment)
    return made


def _raised(specs: str, version: str, where: str) -> str:
    """The specifiers with the lower bound or the pin at `version`; as they are where that is no raise."""
    found = list(_SPECIFIER.finditer(specs))
    lower = [match for match in found if match[1] in _RAISED]
    if not lower or all(_key(match[2]) >= _key(version) for match in lower):
        return specs
    for match in found:
        over = match[1] in {"<", "<="} and _key(match[2]) < _key(version)
        if over or (match[1] in {"<", "!="} and _key(match[2]) == _key(version)):
            raise InvalidArguments(
                f"{where} does not let {version} in; somebody has to decide on that bound, so leave the repository out"
            )
    made = specs
    for match in reversed(lower):
        made = made[: match.start(2)] + version + made[match.end(2) :]
    return made


def _answers(lines: list[str], template: str, version: str, name: str) -> list[str]:  # noqa: ARG001 - both edits have it
    sources = [line.partition(":")[2].strip().strip("'\"") for line in lines if line.startswith("_src_path:")]
    if not any(source == template or source.rstrip("/").endswith(f"/{template}") for source in sources):
        return lines
    made = []
    for line in lines:
        old = line.partition(":")[2].strip().strip("'\"")
        raised = line.startswith("_commit:") and _key(old.lstrip("v")) < _key(version.lstrip("v"))
        made.append(line.replace(old, version, 1) if raised and old else line)
    return made


def _key(version: str) -> tuple[int, ...]:
    """The numbers of a release, without zeros at its end. Raises `InvalidArguments` where it has none."""
    found = re.match(r"v?(\d+(?:\.\d+)*)", version)
    if found is None:
        raise InvalidArguments(f"{version!r} is no version that can be compared; give numbers such as 2.1.0")
    numbers = [int(part) for part in found[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
