"""An entity's live configuration is read beside its docs, and nothing outside the tree or secret is."""

from pathlib import Path

import pytest

from ingest.documents import Corpus, SectionKind
from ingest.sources import read_folder

ENTITY = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: ranker, annotations: {{cuebook.dev/config: "{named}"}}}}
spec: {{type: service, lifecycle: production, owner: ranking}}
"""


def read(tmp_path: Path, named: str, **files: str) -> Corpus:
    root = tmp_path / "tree"
    root.mkdir()
    (root / "catalog-info.yaml").write_text(ENTITY.format(named=named))
    for name, text in files.items():
        (root / name.replace("_", ".")).write_text(text)
    return read_folder(root)


def test_a_named_file_is_a_page_of_its_entity(tmp_path: Path) -> None:
    corpus = read(tmp_path, "serving.yaml", serving_yaml="deadline_ms: 250\n")

    (page,) = corpus.pages
    (section,) = page.sections
    assert (str(page.entity), page.path, section.kind) == (
        "component:default/ranker",
        "serving.yaml",
        SectionKind.CONFIG,
    )
    assert "deadline_ms: 250" in section.text


def test_values_that_look_like_secrets_are_left_out(tmp_path: Path) -> None:
    corpus = read(
        tmp_path, "serving.yaml", serving_yaml="db:\n  password: hunter2\n  api_key: abc\n  port: 5432\n"
    )

    text = corpus.pages[0].markdown
    assert "hunter2" not in text
    assert "abc" not in text
    assert "port: 5432" in text


@pytest.mark.parametrize(
    ("named", "problem"),
    [("../other.yaml", "leaves the tree"), ("gone.yaml", "does not exist"), ("serve.sh", "is none of")],
)
def test_what_cannot_be_read_is_skipped_with_the_reason(tmp_path: Path, named: str, problem: str) -> None:
    (tmp_path / "other.yaml").write_text("x: 1\n")
    corpus = read(tmp_path, named, serve_sh="x: 1\n")

    assert corpus.pages == ()
    assert any(problem in skipped.reason for skipped in corpus.skipped)
