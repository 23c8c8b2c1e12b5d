"""Citations of a Backstage are opened again from it, not from what was kept of it."""

from pathlib import Path

import httpx
import pytest

from ingest.answers import Citation
from ingest.entities import Entity
from ingest.index.build import build_index
from ingest.index.hashing import HashingEmbedder
from ingest.library import Library
from ingest.permissions import Principal, everyone_sees_everything
from ingest.sources import read_sources
from ingest.sources.reopening import Opening, Reopener
from tests.ingest.answers.small_library import ADA
from tests.ingest.sources.backstage.replayed import ReplayedPortal, example, page

RANKER = "component:default/ranker"


def opened(
    portal: ReplayedPortal, library: Library, cache: Path, *cited: tuple[str | None, str, str]
) -> list[Opening]:
    citations = [Citation(1, RANKER, path, anchor, "", quote, "sha256:x") for path, anchor, quote in cited]
    reopener = Reopener([], library=library, instances=[portal.source(cache)])
    return list(reopener.check(citations, principal=ADA))


@pytest.fixture
def portal() -> ReplayedPortal:
    return example()


@pytest.fixture
def library(portal: ReplayedPortal, tmp_path: Path) -> Library:
    return indexed(portal, tmp_path)


def indexed(portal: ReplayedPortal, where: Path, *, sees: bool = True) -> Library:
    def may_see(_principal: Principal, entity: Entity) -> bool:
        return entity.ref.name != "ranker"

    build_index(read_sources([portal.source(where)]), home=where, embedder=HashingEmbedder())
    chosen = everyone_sees_everything if sees else may_see
    return Library.open(where, embedder=HashingEmbedder(), may_see=chosen)


def test_a_page_and_a_card_are_asked_for_again(
    portal: ReplayedPortal, library: Library, tmp_path: Path
) -> None:
    portal.asked.clear()
    page_of, card = opened(
        portal,
        library,
        tmp_path,
        ("index.md", "what-it-does", "orders candidates"),
        (None, "", "group:default/ranking"),
    )
    assert (page_of.found, card.found, page_of.by, card.by) == (True, True, "live instance", "live instance")
    assert [path for path in portal.asked if "static" in path or "by-refs" in path]


def test_a_quote_that_is_gone_by_now_does_not_hold(
    portal: ReplayedPortal, library: Library, tmp_path: Path
) -> None:
    portal.sites[RANKER][""] = page("Ranker", "It is retired.")
    del portal.sites[RANKER]["runbook/"]
    quote, anchor, gone = opened(
        portal,
        library,
        tmp_path,
        ("index.md", "what-it-does", "orders candidates"),
        ("index.md", "made-up", "orders candidates"),
        ("runbook.md", "what-it-does", "Drain it."),
    )
    assert (quote.opens, quote.found) == (True, False)
    assert (anchor.opens, gone.opens) == (False, False)
    assert "run `cuebook ingest`" in gone.problem


def test_a_portal_that_is_down_is_told_and_vouches_for_nothing(
    portal: ReplayedPortal, library: Library, tmp_path: Path
) -> None:
    def down(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)

    portal.faults.extend([down] * 8)
    (opening,) = opened(portal, library, tmp_path, ("index.md", "what-it-does", "orders candidates"))
    assert not opening.found
    assert "connection refused" in opening.problem


def test_what_a_principal_may_not_see_is_not_asked_for(portal: ReplayedPortal, tmp_path: Path) -> None:
    library = indexed(portal, tmp_path, sees=False)
    portal.asked.clear()
    (opening,) = opened(portal, library, tmp_path, ("index.md", "what-it-does", "orders candidates"))
    assert not opening.opens
    assert not portal.asked
