"""Whatever a Backstage answers or does not answer, what was read of it before stays, and it is told."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from ingest.errors import SourceError
from ingest.sources import read_sources
from ingest.sources.backstage.portal import Portal, PortalError, PortalLimits
from ingest.sources.backstage.source import stale
from tests.ingest.sources.backstage.replayed import ReplayedPortal, example, page

RANKER_DOCS = "/api/techdocs/metadata/techdocs/default/component/ranker"


def at(
    path: str, answer: Callable[[httpx.Request], httpx.Response]
) -> Callable[[httpx.Request], httpx.Response | None]:
    return lambda request: answer(request) if path in request.url.path else None


def status(code: int, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _request: httpx.Response(code, headers=headers)


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused", request=request)


def read_before(portal: ReplayedPortal, cache: Path) -> set[str]:
    corpus = read_sources([portal.source(cache)])
    assert corpus.skipped == ()
    return {section.key for section in corpus.sections}


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_what_may_pass_is_asked_again_with_growing_pauses(code: int, tmp_path: Path) -> None:
    portal = example()
    portal.faults.extend([at("by-query", status(code))] * 3)
    assert read_before(portal, tmp_path)
    assert len(portal.pauses) == 3
    assert portal.pauses[2] > portal.pauses[0]


def test_a_rate_limit_is_kept_to(tmp_path: Path) -> None:
    portal = example()
    portal.faults.append(at("by-query", status(429, **{"retry-after": "7"})))
    assert read_before(portal, tmp_path)
    assert portal.pauses == [7.0]


def test_half_a_list_deletes_nothing(tmp_path: Path) -> None:
    portal = example()
    before = read_before(portal, tmp_path)
    short = httpx.Response(200, json={"items": [], "totalItems": 4, "pageInfo": {}})
    portal.faults.extend([at("by-query", lambda _request: short)] * 2)
    corpus = read_sources([portal.source(tmp_path)])

    assert {section.key for section in corpus.sections} == before
    assert "listed 0 of its 4 entities" in corpus.skipped[0].reason


def test_half_an_answer_is_asked_for_again(tmp_path: Path) -> None:
    portal = example()
    portal.faults.append(at("by-refs", lambda _request: httpx.Response(200, text='{"items": [{"kind"')))
    assert read_before(portal, tmp_path)


def test_a_portal_that_is_down_leaves_everything_and_says_since_when(tmp_path: Path) -> None:
    portal = example()
    source = portal.source(tmp_path)
    before = read_before(portal, tmp_path)
    portal.faults.extend([unreachable] * 100)
    corpus = read_sources([source])

    assert {section.key for section in corpus.sections} == before
    assert [one.path for one in corpus.skipped] == ["catalog", "docs"]
    told = stale(source.folder, name="portal")
    assert told[0].startswith("The catalog of portal could not be read again since 2026-11-26T09:0")
    assert "cannot be read: connection refused" in told[0]

    again = read_sources([source])
    assert again == corpus  # the same trouble makes no new generation
    portal.faults.clear()
    assert read_sources([source]).skipped == ()
    assert stale(source.folder, name="portal") == ()


def test_a_portal_that_was_never_read_and_is_down_is_an_error(tmp_path: Path) -> None:
    portal = example()
    portal.faults.extend([unreachable] * 100)
    with pytest.raises(SourceError, match="cannot be read"):
        portal.source(tmp_path).read()


def test_an_expired_token_says_what_to_do_and_is_never_shown(tmp_path: Path) -> None:
    portal = example()
    source = portal.source(tmp_path)
    before = read_before(portal, tmp_path)
    asked = len(portal.asked)
    portal.token = "another"
    corpus = read_sources([source])

    assert {section.key for section in corpus.sections} == before
    assert len(portal.asked) == asked + 1  # nobody goes on knocking with a refused token
    told = " ".join(stale(source.folder, name="portal"))
    assert "it has expired or was withdrawn" in told
    assert "CUEBOOK_BACKSTAGE__TOKEN" in told
    assert "a-token-of-the-portal" not in told + str(corpus.skipped) + repr(source)


def test_a_component_whose_docs_fail_keeps_its_last_ones_and_the_others_go_on(tmp_path: Path) -> None:
    portal = example()
    source = portal.source(tmp_path)
    read_before(portal, tmp_path)
    portal.sites["component:default/store"][""] = page("Store", "The store keeps more features.")
    portal.built += 60_000
    portal.faults.extend([at(RANKER_DOCS, status(500))] * 4)
    corpus = read_sources([source])

    assert "more features" in "".join(one.markdown for one in corpus.pages)
    assert "orders candidates" in "".join(one.markdown for one in corpus.pages)
    assert [one.path for one in corpus.skipped] == ["component:default/ranker/docs"]
    assert (
        "The docs of component:default/ranker from portal: could not be read again since"
        in stale(source.folder, name="portal")[0]
    )


def test_a_site_that_breaks_off_keeps_the_build_from_before(tmp_path: Path) -> None:
    portal = example()
    read_before(portal, tmp_path)
    portal.sites["component:default/ranker"][""] = page("Ranker", "Half of a new build.")
    portal.built += 60_000
    portal.faults.extend([at("runbook/index.html", status(500))] * 4)
    first = "".join(one.markdown for one in read_sources([portal.source(tmp_path)]).pages)
    second = "".join(one.markdown for one in read_sources([portal.source(tmp_path)]).pages)

    assert "Half of a new build" not in first
    assert "Half of a new build" in second


def test_no_redirect_is_followed(tmp_path: Path) -> None:
    portal = example()
    portal.faults.append(at("by-query", status(302, location="http://evil.example/steal")))
    with pytest.raises(SourceError, match=r"leads to 'evil\.example', which is not followed"):
        portal.source(tmp_path).read()


def test_a_token_that_may_read_the_catalog_alone_is_told_what_it_lacks(tmp_path: Path) -> None:
    portal = example()
    portal.faults.extend([at("/api/techdocs/", status(403))] * 2)
    corpus = read_sources([portal.source(tmp_path)])
    assert len(corpus.entities) == 4
    assert "let it reach the plugin 'techdocs'" in corpus.skipped[0].reason


def test_an_answer_without_end_is_stopped() -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, text="x" * 2_000))
    portal = Portal("http://portal", None, limits=PortalLimits(page_bytes=1_000), transport=transport)
    with pytest.raises(PortalError, match="which is the most that is read"):
        portal.text("/api/techdocs/static/docs/default/component/ranker/index.html")
    portal.close()
