"""A TechDocs site is read as mkdocs would build it, and bad input stops nothing but itself."""

import os
from pathlib import Path

import pytest

from ingest.documents import Page
from ingest.entities import Entity, EntityRef
from ingest.revisions import Revisions
from ingest.sources.techdocs import Docs, read_techdocs

ENTITY = Entity(
    EntityRef.parse("component:default/feast"),
    kind="Component",
    api_version="backstage.io/v1alpha1",
    metadata={"name": "feast", "title": "Feature store"},
    spec={"owner": "data"},
)


def _site(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def _read(root: Path, folder: str = ".") -> Docs:
    return read_techdocs(ENTITY, root / folder, root=root, revisions=Revisions(root))


def _page(docs: Docs, path: str) -> Page:
    return next(page for page in docs.pages if page.path == path)


def test_nav_gives_order_titles_and_trail(tmp_path: Path) -> None:
    _site(
        tmp_path,
        {
            "mkdocs.yml": (
                "site_name: Feast\nnav:\n  - Start: index.md\n  - Run:\n    - On call: ops/on-call.md\n"
                "    - ops/plain.md\n  - Web: https://example.com\n"
            ),
            "docs/index.md": "# Welcome\n\nHello.\n",
            "docs/ops/on-call.md": "# Paging\n\n## Night\n\nSleep.\n",
            "docs/ops/plain.md": "---\ntitle: From matter\n---\n# Heading\n",
            "docs/apart.md": "No title.\n",
        },
    )

    docs = _read(tmp_path)

    assert [(page.path, page.title, page.trail) for page in docs.pages] == [
        ("index.md", "Start", ("Feast",)),
        ("ops/on-call.md", "On call", ("Feast", "Run")),
        ("ops/plain.md", "From matter", ("Feast", "Run")),
        ("apart.md", "Apart", ("Feast",)),
    ]
    assert docs.skipped == ()
    night = _page(docs, "ops/on-call.md").sections[1]
    assert night.key == "component:default/feast|ops/on-call.md|night"
    assert night.breadcrumb == ("Feast", "Run", "On call", "Paging", "Night")
    assert str(night.owner) == "group:default/data"
    assert night.revision.startswith("sha256:")


def test_without_nav_or_configuration_pages_come_as_mkdocs_lists_them(tmp_path: Path) -> None:
    _site(
        tmp_path,
        {
            "docs/zeta.md": "# Z",
            "docs/README.md": "# Readme",
            "docs/a-folder/index.markdown": "text",
            "docs/a-folder/about.md": "# A",
            "docs/.hidden/x.md": "# X",
            "docs/templates/y.md": "# Y",
            "docs/image.png": "",
        },
    )

    docs = _read(tmp_path)

    assert [(page.path, page.title, page.trail) for page in docs.pages] == [
        ("README.md", "Readme", ("Feature store",)),
        ("zeta.md", "Z", ("Feature store",)),
        ("a-folder/index.markdown", "A folder", ("Feature store", "A folder")),
        ("a-folder/about.md", "A", ("Feature store", "A folder")),
    ]


def test_configuration_with_python_tags_is_read_and_nothing_runs(tmp_path: Path) -> None:
    _site(
        tmp_path,
        {
            "mkdocs.yml": (
                "site_name: !ENV [NAME, Site]\ndocs_dir: handbook\nplugins: [techdocs-core]\n"
                "exclude_docs: |\n  draft-*\n  !draft-keep.md\n  /old/\n  !old/kept.md\n"
                "markdown_extensions:\n  - toc:\n      slugify: !!python/object/apply:pymdownx.slugs.slugify\n"
                "        kwds: {case: lower}\n  - pymdownx.emoji:\n"
                "      emoji_index: !!python/name:material.extensions.emoji.twemoji\n"
                "hooks: !!python/object/apply:os.system ['touch pwned']\n"
            ),
            "handbook/index.md": "# A\n\n## Größe\n",
            "handbook/draft-no.md": "# No",
            "handbook/draft-keep.md": "# Keep",
            "handbook/old/x.md": "# Old",
            "handbook/old/kept.md": "# Kept",
        },
    )

    docs = _read(tmp_path)

    assert [page.path for page in docs.pages] == ["index.md", "draft-keep.md", "old/kept.md"]
    assert docs.pages[0].trail == ("Site",)
    assert docs.pages[0].sections[1].anchor == "größe"
    assert not list(tmp_path.rglob("pwned"))


def test_unknown_slug_function_is_told_and_the_default_used(tmp_path: Path) -> None:
    _site(
        tmp_path,
        {
            "mkdocs.yml": "markdown_extensions:\n  toc:\n    slugify: !!python/name:my.own.slug\n",
            "docs/index.md": "# A\n\n## Big One\n",
        },
    )

    docs = _read(tmp_path)

    assert docs.pages[0].sections[1].anchor == "big-one"
    assert "my.own.slug" in docs.skipped[0].reason


def test_includes_are_part_of_the_page(tmp_path: Path) -> None:
    _site(
        tmp_path,
        {
            "mkdocs.yml": "site_name: S\n",
            "docs/index.md": '# A\n\n--8<-- "snippets/limits.md"\n\n--8<-- "../outside.md"\n',
            "snippets/limits.md": "## Limits\n\nForty.\n",
        },
    )

    docs = _read(tmp_path)

    assert docs.pages[0].sections[1].text.startswith("Forty.")
    assert [(skip.path, "outside.md" in skip.reason) for skip in docs.skipped] == [("docs/index.md", True)]


def test_included_site_has_its_pages_under_its_name(tmp_path: Path) -> None:
    _site(
        tmp_path,
        {
            "mkdocs.yml": "site_name: All\nnav:\n  - index.md\n  - Sub: '!include ./sub/mkdocs.yml'\n"
            "  - Gone: '!include ../gone.yml'\n",
            "docs/index.md": "# All",
            "sub/mkdocs.yml": "site_name: Sub Site\nnav:\n  - Deep: index.md\n",
            "sub/docs/index.md": "# Deep",
        },
    )

    docs = _read(tmp_path)

    assert [(page.path, page.trail) for page in docs.pages] == [
        ("index.md", ("All",)),
        ("sub-site/index.md", ("All", "Sub")),
    ]
    assert "leaves the tree" in docs.skipped[0].reason


def test_bad_files_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    root = _site(
        tmp_path / "tree", {"docs/good.md": "# Good", "docs/index.md": "# I", "docs/README.md": "# R"}
    )
    (tmp_path / "secret.md").write_text("# Secret")
    docs_folder = root / "docs"
    (docs_folder / "latin.md").write_bytes(b"# Caf\xe9")
    (docs_folder / "bom.md").write_bytes(b"\xef\xbb\xbf# Bom\r\n\r\ntext\r\n")
    (docs_folder / "huge.md").write_bytes(b"# Huge\n" + b"x" * 5_100_000)
    (docs_folder / "link.md").symlink_to(tmp_path / "secret.md")
    (docs_folder / "loop").symlink_to(docs_folder, target_is_directory=True)
    (docs_folder / "dangling.md").symlink_to("nothing.md")

    docs = _read(root)

    assert [page.title for page in docs.pages] == ["I", "Bom", "Good"]
    assert _page(docs, "bom.md").markdown == "# Bom\n\ntext\n"
    reasons = {skip.path.removeprefix("docs/"): skip.reason for skip in docs.skipped}
    assert reasons.keys() == {"README.md", "latin.md", "huge.md", "link.md", "loop", "dangling.md"}
    assert "offset 5" in reasons["latin.md"]
    assert "5.1 MB" in reasons["huge.md"]
    assert "leaves the tree" in reasons["link.md"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_unreadable_page_is_skipped(tmp_path: Path) -> None:
    _site(tmp_path, {"docs/index.md": "# A", "docs/shut.md": "# B"})
    (tmp_path / "docs/shut.md").chmod(0)

    docs = _read(tmp_path)

    assert [page.path for page in docs.pages] == ["index.md"]
    assert docs.skipped[0].path == "docs/shut.md"


@pytest.mark.parametrize(
    ("mkdocs", "reason"),
    [
        ("site_name: [", "not valid YAML"),
        ("- just a list", "not a YAML mapping"),
        ("docs_dir: ../elsewhere", "leaves the tree"),
        ("nav: [index.md, gone.md]", "does not exist"),
        ("nav: &a [index.md, {x: *a}]", ""),
    ],
)
def test_broken_configuration_is_told_and_docs_are_read(mkdocs: str, reason: str, tmp_path: Path) -> None:
    _site(tmp_path, {"mkdocs.yml": mkdocs, "docs/index.md": "# A"})

    docs = _read(tmp_path)

    assert [page.path for page in docs.pages] == ["index.md"]
    assert reason in "".join(skip.reason for skip in docs.skipped)


def test_site_without_pages_is_told(tmp_path: Path) -> None:
    _site(tmp_path, {"mkdocs.yml": "site_name: Empty\n"})

    docs = _read(tmp_path)

    assert docs.pages == ()
    assert docs.skipped[0].path == "docs"
