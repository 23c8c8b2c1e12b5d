"""Docs as HTML: the same anchors as the citations, and nothing that runs or leads elsewhere."""

import re
from dataclasses import replace

import httpx
import pytest

from server.web.rendering import rendered
from tests.server.memory import PAGES

RUNBOOK = PAGES[1]


def html_of(markdown: str) -> str:
    return rendered(replace(RUNBOOK, markdown=markdown, sections=()))


async def test_a_page_shows_its_text_its_place_and_its_origin(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs/component/default/home-ranker/ops/runbook")).text

    assert "Drain the canary." in page
    assert 'aria-current="page">Ranker runbook' in page
    assert "git:0123abc" in page
    assert "/catalog/group/default/ranking" in page


async def test_a_citation_opens_the_page_at_its_heading(client: httpx.AsyncClient) -> None:
    cited = (await client.post("/api/v1/actions/ask", json={"question": "second heading name"})).json()
    link, _, anchor = cited["citations"][0]["link"].partition("#")

    page = (await client.get(link)).text

    assert anchor == "restart-the-ranker_1"
    assert page.count(f'id="{anchor}"') == 1


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        ("/docs/component/default/home-ranker", "/docs/component/default/home-ranker/index.md"),
        (
            "/docs/component/default/home-ranker/ops/runbook.html",
            "/docs/component/default/home-ranker/ops/runbook.md",
        ),
    ],
)
async def test_other_spellings_lead_to_the_page(
    address: str, leads_to: str, client: httpx.AsyncClient
) -> None:
    assert (await client.get(address)).headers["location"] == leads_to


@pytest.mark.parametrize("path", ["nope", "../../etc/passwd", "%2e%2e/x", "ops"])
async def test_what_is_no_page_is_not_found(path: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/docs/component/default/home-ranker/{path}")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/static/../pages.py",
        "/static/%2e%2e/pages.py",
        "/static/..%2f..%2fsettings.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/..%5cpages.py",
        "/docs/component/default/home-ranker/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/docs/component/default/home-ranker//etc/passwd",
    ],
)
async def test_no_address_leaves_its_folder(address: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(address)

    assert answer.status_code == 404
    assert "import" not in answer.text
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "<a href='data:text/html,x'>x</a>",
        "<iframe src='//evil.example'></iframe>",
        "<form action='//evil.example'><input type=text></form>",
        "<style>body{display:none}</style>",
        "<p style='position:fixed' onclick='x()'>x</p>",
        "![x](https://evil.example/track.png)",
        "<svg><script>alert(1)</script></svg>",
        "<base href='//evil.example'>",
        "<meta http-equiv=refresh content='0;url=//evil.example'>",
        "<object data=x></object><embed src=x>",
        "[x](//evil.example/x)",
        '<details open ontoggle="alert(1)">x</details>',
        "[x](&#106;avascript:alert(1))",
        "<a href='java\tscript:alert(1)'>x</a>",
        "<a href='  javascript:alert(1)'>x</a>",
        "[x](/\\evil.example)",
        "# A {: onclick='alert(1)' style='x' }",
        "```mermaid\ngraph TD; A[<img src=x onerror=alert(1)>]-->B\n```",
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        "<!--><img src=x onerror=alert(1)>-->",
        '<math><mi xlink:href="javascript:alert(1)">',
    ],
)
def test_nothing_of_a_page_runs_loads_or_disguises_itself(markdown: str) -> None:
    html = html_of(markdown).lower()

    assert not re.search(r"<(script|img|iframe|form|style|svg|base|meta|object|embed)\b", html)
    assert not re.search(r"<[^>]*\s(on\w+|style|src|action)=", html)
    assert not re.search(r"href=\"?(javascript|data|//)", html)


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("deploy.md#roll-back", "/docs/component/default/home-ranker/ops/deploy.md#roll-back"),
        ("../index.md", "/docs/component/default/home-ranker/index.md"),
        ("/index.md", "/docs/component/default/home-ranker/index.md"),
        ("#steps", "#steps"),
        ("https://example.com/x", "https://example.com/x"),
        ("mailto:a@example.com", "mailto:a@example.com"),
    ],
)
def test_links_stay_with_the_docs_or_say_where_they_go(link: str, address: str) -> None:
    assert f'<a href="{address}"' in html_of(f"[x]({link})")


def test_a_link_that_leaves_the_docs_tree_goes_nowhere() -> None:
    assert "href" not in html_of("[x](../../../etc/passwd)")


@pytest.mark.parametrize(
    ("markdown", "piece"),
    [
        ("!!! warning\n    Careful", 'class="admonition warning"'),
        ("??? note\n    Hidden", "<details"),
        ("| a | b |\n|--:|---|\n| 1 | 2 |", '<td align="right">1</td>'),
        ("```python\nx = 1\n```", "<code>"),
        ('=== "A"\n    a\n', 'class="tabbed-set'),
        ("- [x] done", 'type="checkbox"'),
        ("1. a\n  - b\n", "<ul>"),
        ("# A {#b}", 'id="b"'),
        ("![the graph](x.png)", "[image: the graph]"),
    ],
)
def test_techdocs_markdown_is_rendered(markdown: str, piece: str) -> None:
    assert piece in html_of(markdown)


@pytest.mark.parametrize("address", ["/", "/search", "/catalog", "/catalog/component/default/home-ranker"])
async def test_the_application_is_one_page_at_each_of_its_addresses(
    address: str, client: httpx.AsyncClient
) -> None:
    page = await client.get(address)

    assert page.status_code == 200
    assert '<script type="module"' in page.text
