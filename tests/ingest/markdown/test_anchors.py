"""The anchors that are cited are those of the built site."""

import os
import re
import warnings
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ingest.markdown.anchors import headings_of
from ingest.markdown.slugs import named_slug
from tests.ingest.markdown.tricky_pages import TRICKY_PAGES


class _HeadingIds(HTMLParser):
    def __init__(self, content: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if re.fullmatch("h[1-6]", tag):
            self.ids.append(dict(attrs).get("id") or "")


def _built_by_mkdocs(folder: Path) -> dict[str, list[str]]:
    """Every page's heading ids as mkdocs renders them with the TechDocs plugin."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mkdocs.commands.build import _populate_page
        from mkdocs.config import load_config
        from mkdocs.structure.files import get_files
        from mkdocs.structure.nav import get_navigation

        config = load_config(str(folder / "mkdocs.yml"), site_dir=str(folder / "site"))
        config.plugins.on_startup(command="build", dirty=False)
        config = config.plugins.on_config(config)
        files = config.plugins.on_files(get_files(config), config=config)
        get_navigation(files, config)
        ids = {}
        for file in files.documentation_pages():
            assert file.page is not None
            _populate_page(file.page, config, files, False)
            ids[file.src_uri] = _HeadingIds(file.page.content or "").ids
        return ids


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "docs").mkdir()
    (folder / "mkdocs.yml").write_text("site_name: Tricky\nplugins: [techdocs-core]\n")
    for name, text in TRICKY_PAGES.items():
        (folder / "docs" / name).write_text(text, encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        return _built_by_mkdocs(folder)
    finally:
        os.chdir(before)


@pytest.mark.parametrize("name", sorted(TRICKY_PAGES))
def test_anchors_are_those_of_the_built_page(name: str, built: dict[str, list[str]]) -> None:
    anchors = [heading.anchor for heading in headings_of(TRICKY_PAGES[name])]

    rest = iter(built[name])
    assert all(anchor in rest for anchor in anchors), (anchors, built[name])
    in_containers = {"nested.md": 6, "html.md": 1, "underlined.md": 1}.get(name, 0)
    assert len(built[name]) - len(anchors) <= in_containers, (anchors, built[name])


def test_heading_names_its_lines_and_level() -> None:
    headings = headings_of("intro\n\nTitle\n=====\n\n```\n# no\n```\n\n### Deep `code`\n")

    assert [(h.level, h.text, h.anchor, h.line, h.end) for h in headings] == [
        (1, "Title", "title", 2, 4),
        (3, "Deep code", "deep-code", 9, 10),
    ]


def test_site_may_choose_its_slugs() -> None:
    slug = named_slug("pymdownx.slugs.slugify", {"case": "lower"})
    assert slug is not None

    assert headings_of("## Größe & Maß\n", slug=slug)[0].anchor == "größe--maß"


@pytest.mark.parametrize("name", ["os.system", "pymdownx.slugs.nothing", "builtins.eval", ""])
def test_slug_function_that_is_not_known_is_never_imported(name: str) -> None:
    assert named_slug(name, {}) is None


def test_page_too_large_for_the_parser_still_has_its_headings() -> None:
    page = "# Big\n\n```\n# no\n```\n\n## One\n\n" + "word " * 450_000 + "\n\n## One\n"

    assert [heading.anchor for heading in headings_of(page)] == ["big", "one", "one_1"]


def test_marks_in_the_page_itself_do_no_harm() -> None:
    page = "# A \ue0007\ue001 b\n\n## C\n"

    assert [heading.anchor for heading in headings_of(page)] == ["a-7-b", "c"]


@pytest.mark.parametrize("text", ["", "\n", "no heading", ">" * 5_000 + " # x\n# y", "- " * 500 + "x\n\n# y"])
def test_odd_page_is_read_without_an_error(text: str) -> None:
    assert all(heading.anchor for heading in headings_of(text))
