"""Where links lead, in the forms that mkdocs, Hugo and Docusaurus sites write them."""

from dataclasses import replace

import pytest

from ingest.documents import Page
from ingest.page_links import PageLinks, link_texts
from tests.ingest.index.corpora import page

_REF = "component:default/gateway"


def _pages(markdown: str) -> tuple[Page, Page]:
    source = replace(page(_REF, "ops/index.md", {"": ""}), markdown=markdown)
    return source, page(_REF, "ops/restart.md", {"": "Restarts.", "swap": "Flip the alias."})


@pytest.mark.parametrize(
    "target",
    [
        "restart.md#swap",
        "./restart/#swap",
        "../ops/restart#swap",
        "/docs/latest/ops/restart/#swap",
        "https://example.com/docs/ops/restart/#swap",
        '{{< relref "restart.md#swap" >}}',
    ],
)
def test_a_link_leads_to_the_section_in_whatever_form_it_is_written(target: str) -> None:
    source, restart = _pages(f"See [the cut-over]({target}).")
    (found,) = PageLinks((source, restart)).of(source)
    assert (found.path, found.anchor) == ("ops/restart.md", "swap")


@pytest.mark.parametrize(
    "markdown",
    [
        "`[code](restart.md)`",
        "```\n[code](restart.md)\n```",
        "![image](restart.md)",
        "[out](https://example.com/restart)",
        "[gone](gone.md)",
        "[up](../../../restart.md)",
        "[mail](mailto:restart.md)",
    ],
)
def test_what_is_no_link_to_a_page_leads_nowhere(markdown: str) -> None:
    source, restart = _pages(markdown)
    assert list(PageLinks((source, restart)).of(source)) == []


def test_an_unknown_anchor_leads_to_the_top_of_the_page() -> None:
    source, restart = _pages("[x][r]\n\n[r]: restart.md#gone")
    (found,) = PageLinks((source, restart)).of(source)
    assert found.anchor == ""


def test_each_wording_of_the_links_to_a_section_is_kept_once() -> None:
    source, restart = _pages(
        "[**cut** over](restart.md#swap) or [flip](restart.md#swap), [flip](restart.md#swap)"
    )
    assert link_texts((source, restart)) == {(restart.entity, "ops/restart.md", "swap"): "cut over\nflip"}
