"""Includes are put in place, and lead nowhere else."""

from pathlib import Path

import pytest

from ingest.markdown import expand_includes, split_front_matter


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    docs = tmp_path / "tree" / "docs"
    docs.mkdir(parents=True)
    (docs / "part.md").write_text(
        "one\ntwo\n<!-- --8<-- [start:middle] -->\nthree\n<!-- --8<-- [end:middle] -->\nfour\n"
    )
    (docs / "loop.md").write_text('before\n--8<-- "loop.md"\n')
    (docs / "latin.md").write_bytes(b"caf\xe9")
    (tmp_path / "secret.md").write_text("secret")
    (docs / "link.md").symlink_to(tmp_path / "secret.md")
    return docs


def _expand(text: str, docs: Path) -> tuple[str, int]:
    included = expand_includes(text, folders=[docs], tree=docs.parent)
    return included.text, len(included.problems)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ('a\n--8<-- "part.md:2:2"\nb', "a\ntwo\nb"),
        ('    --8<-- "part.md:middle"', "    three"),
        ("--8<--\npart.md:1:1\n; part.md\n\npart.md:-1\n--8<--\nend", "one\n\nfour\nend"),
        (';--8<-- "part.md"', '--8<-- "part.md"'),
        ('--8<-- "part.md"', "one\ntwo\nthree\nfour"),
    ],
)
def test_include_is_put_in_place(text: str, expanded: str, docs: Path) -> None:
    assert _expand(text, docs) == (expanded, 0)


@pytest.mark.parametrize(
    "target",
    [
        "missing.md",
        "../../secret.md",
        "link.md",
        "latin.md",
        "https://x.example/a.md",
        "part.md:nothing",
        "/etc/passwd",
    ],
)
def test_include_that_cannot_be_followed_stays_as_it_is_and_is_told(target: str, docs: Path) -> None:
    line = f'--8<-- "{target}"'

    assert _expand(line, docs) == (line, 1)


def test_include_in_a_circle_ends(docs: Path) -> None:
    text, problems = _expand('--8<-- "loop.md"', docs)

    assert text == 'before\n--8<-- "loop.md"'
    assert problems == 1


def test_front_matter_is_plain_data() -> None:
    matter = split_front_matter("---\ntitle: A\nwhen: 2026-01-02\ntags: [x]\n---\n\n# A\n")

    assert matter.values == {"title": "A", "when": "2026-01-02", "tags": ["x"]}
    assert matter.body == "# A\n"


@pytest.mark.parametrize(
    "text",
    [
        "---\n- a\n---\nb",
        "---\n: : :\n\t- x\n---\nb",
        "---\nno end",
        "---\nx: !!python/object:os.system y\n---\n",
    ],
)
def test_front_matter_that_is_none_stays_in_the_page(text: str) -> None:
    matter = split_front_matter(text)

    assert (matter.values, matter.body) == ({}, text)
