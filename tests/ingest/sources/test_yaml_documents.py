"""YAML values as Backstage reads them, and bombs that do not go off."""

import json
from itertools import pairwise

import pytest

from ingest.sources.yaml_documents import UnreadableYaml, read_documents, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-01-01", "2024-01-01"),
        ("12:30:45", "12:30:45"),
        ("no", "no"),
        ("true", True),
        ("~", None),
        ("0x1f", 31),
        ("010", 10),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        ("'7'", "7"),
        ("!!str 7", "7"),
        ("!vault secret", "secret"),
        ("9" * 400, "9" * 400),
    ],
)
def test_a_scalar_keeps_what_its_author_meant(text: str, value: object) -> None:
    assert read_yaml(f"key: {text}") == {"key": value}


def test_every_value_can_be_written_as_json() -> None:
    value = read_yaml("{1: a, true: b, ~: c, d: 2024-01-01T10:00:00Z, e: !!binary aGk=, f: !!set {x, y}}")

    assert json.loads(json.dumps(value)) == value
    assert list(value) == ["1", "true", "", "d", "e", "f"]


def test_merges_and_aliases_are_filled_in() -> None:
    assert read_yaml("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: [*a]") == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": [{"x": 1, "y": 2}],
    }


def test_documents_know_their_lines_also_after_comments_and_directives() -> None:
    text = (
        "%YAML 1.2\n# ours\n---\n# first\na: 1\n---\nb: |\n  ---\n  text\n---\n# nothing\n---\n\nc: 1\n...\n"
    )

    assert [(document.line, list(document.value)) for document in read_documents(text)] == [
        (5, ["a"]),
        (7, ["b"]),
        (14, ["c"]),
    ]


def _bomb(leaf: str, level: str) -> str:
    names = "abcdefghijkl"
    levels = (level.format(name=n, of=",".join([f"*{p}"] * 9)) for p, n in pairwise(names))
    return f"a: &a {leaf}\n" + "\n".join(levels)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (_bomb("[x]", "{name}: &{name} [{of}]"), "expands to more than 1,000,000 values"),
        (_bomb("{x: 1}", "{name}: &{name} {{<<: [{of}]}}"), "expands to more than 1,000,000 values"),
        ("[" * 100_000, "nested more than 100 levels deep"),
        ("- " * 50_000, "nested more than 100 levels deep"),
        ("a: &a [*a]", r"alias \*a stands before its anchor or inside it"),
        ("a: \x00", "control characters"),
        ("a: b: c", "mapping values are not allowed"),
    ],
    ids=["laughs", "merges", "flow", "block", "circle", "control", "colon"],
)
def test_a_dishonest_document_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UnreadableYaml, match=problem) as caught:
        read_yaml(text)
    assert caught.value.line >= 1
