"""Raising a version in a checkout: which lines change, which are left to people, and that nothing of it is written."""

from pathlib import Path

import pytest

from tools.errors import InvalidArguments, Unavailable
from tools.patching import as_patch, raised_in, write_patch


def _checkout(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("numpy==1.26.4\n", "numpy==2.1.0\n"),
        ("numpy>=1.26\n", "numpy>=2.1.0\n"),
        ("NumPy ~= 1.26\n", "NumPy ~= 2.1.0\n"),
        ("numpy>=1.26,<3  # pinned by numpy==1.0\n", "numpy>=2.1.0,<3  # pinned by numpy==1.0\n"),
        ("numpy[extra]==1.26; python_version > '3'\n", "numpy[extra]==2.1.0; python_version > '3'\n"),
        ("numpy==2.1\n", None),
        ("numpy>=2.3\n", None),
        ("numpy\n", None),
        ("numpy-stubs==1.0\n", None),
        ("my-numpy==1.0\n", None),
        ("# numpy==1.0\n", None),
    ],
)
def test_a_requirement_is_raised_where_it_is_below(tmp_path: Path, before: str, after: str | None) -> None:
    found = raised_in(_checkout(tmp_path, requirements_DOT_txt=before), "numpy", "2.1.0")
    assert [each.after for each in found] == ([] if after is None else [after])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("numpy>=1.26,<2", "requirements.txt:1: numpy>=1.26,<2 does not let 2.1.0 in"),
        ("numpy>=1.26,!=2.1.0", "does not let 2.1.0 in"),
        ("numpy==1.26 --hash=sha256:00", "pins numpy by hash; compile that file anew"),
    ],
)
def test_what_a_person_has_to_decide_on_is_refused_with_the_line(
    tmp_path: Path, line: str, told: str
) -> None:
    with pytest.raises(InvalidArguments) as caught:
        raised_in(_checkout(tmp_path, requirements_DOT_txt=line), "numpy", "2.1.0")
    assert told in str(caught.value)


def test_every_place_is_read_and_a_golden_path_is_raised_by_its_answers(tmp_path: Path) -> None:
    root = _checkout(
        tmp_path,
        pyproject_DOT_toml='dependencies = ["numpy>=1.2", "scipy==1.0"]\n',
        requirements__dev_DOT_in="numpy==1.0",
    )
    (root / ".copier-answers.yml").write_text(
        "_commit: v1.4.0\n_src_path: https://git.example/golden/service\n"
    )
    assert [each.path for each in raised_in(root, "numpy", "2.0")] == [
        "pyproject.toml",
        "requirements/dev.in",
    ]
    (answers,) = raised_in(root, "service", "v1.5.0")
    assert answers.lines == (".copier-answers.yml:1: _commit: v1.4.0 -> _commit: v1.5.0",)
    assert raised_in(root, "vice", "v1.5.0") == ()
    assert (root / ".copier-answers.yml").read_text().startswith("_commit: v1.4.0")


def test_a_patch_is_in_gits_format_also_without_a_last_line_end(tmp_path: Path) -> None:
    (raised,) = raised_in(_checkout(tmp_path, requirements_DOT_txt="numpy==1.0"), "numpy", "2.0")
    assert as_patch(raised) == (
        "diff --git a/requirements.txt b/requirements.txt\n"
        "--- a/requirements.txt\n+++ b/requirements.txt\n@@ -1 +1 @@\n"
        "-numpy==1.0\n\\ No newline at end of file\n+numpy==2.0\n\\ No newline at end of file\n"
    )


def test_a_link_out_of_the_checkout_is_not_followed(tmp_path: Path) -> None:
    outside = _checkout(tmp_path / "outside", requirements_DOT_txt="numpy==1.0")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "requirements.txt").symlink_to(outside / "requirements.txt")
    assert raised_in(inside, "numpy", "2.0") == ()
    with pytest.raises(Unavailable, match="is no folder"):
        raised_in(tmp_path / "gone", "numpy", "2.0")


def test_a_patch_is_written_once_and_repeating_it_finds_it(tmp_path: Path) -> None:
    write_patch(tmp_path, "folder", "name", "text\n", repeated=False)
    place = tmp_path / "patches" / "folder" / "name.patch"
    write_patch(tmp_path, "folder", "name", "text\n", repeated=True)
    with pytest.raises(InvalidArguments, match=r"there is a patch folder/name\.patch already"):
        write_patch(tmp_path, "folder", "name", "text\n", repeated=False)
    with pytest.raises(InvalidArguments):
        write_patch(tmp_path, "folder", "name", "other\n", repeated=True)
    assert place.read_text() == "text\n"
    assert [path.name for path in place.parent.iterdir()] == ["name.patch"]
