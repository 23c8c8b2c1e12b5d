"""A running Backstage is indexed as it is, followed as it changes, and missed without harm."""

import signal
from pathlib import Path
from typing import Any

import pytest

from ingest.documents import Corpus
from ingest.entities import EntityRef
from ingest.errors import SourceError
from ingest.graph import CatalogGraph
from ingest.sources import read_sources
from server.composition import compose
from server.indexing import index_sources
from server.settings import Settings
from server.sources import backstage_source
from tests.backstage.conftest import settings_for
from tests.backstage.portal import CATALOG_TOKEN, RunningPortal

pytestmark = [pytest.mark.integration, pytest.mark.backstage]
RANKER = EntityRef("component", "default", "ranker")


def indexed(settings: Settings, portal: RunningPortal) -> dict[str, Any]:
    return index_sources([Path(portal.address)], settings=settings)


def read(settings: Settings, portal: RunningPortal) -> Corpus:
    return read_sources([backstage_source(Path(portal.address), settings)])


async def asked(settings: Settings, question: str, *, verify: bool = False) -> dict[str, Any]:
    cuebook = compose(settings)
    try:
        return await cuebook.caller.call(
            "ask", {"question": question, "verify": verify}, cuebook.local_principal(door="cli")
        )
    finally:
        cuebook.close()


def built_runbook(portal: RunningPortal, settings: Settings) -> str:
    portal.get("/api/techdocs/sync/default/component/ranker", accept="text/event-stream")
    return next(page.markdown for page in read(settings, portal).pages if page.path == "runbook.md")


def degraded(settings: Settings) -> str:
    cuebook = compose(settings)
    try:
        return " ".join(cuebook.status()["degraded"])
    finally:
        cuebook.close()


def test_catalog_and_relations_are_those_of_the_portal(portal: RunningPortal, settings: Settings) -> None:
    corpus = read(settings, portal)
    listed = portal.get("/api/catalog/entity-facets?facet=kind").json()["facets"]["kind"]
    graph = CatalogGraph(corpus.entities)

    assert corpus.skipped == ()
    assert len(corpus.entities) == sum(kind["count"] for kind in listed)
    for entity in corpus.entities:
        place = f"{entity.ref.kind}/{entity.ref.namespace}/{entity.ref.name}"
        raw = portal.get(f"/api/catalog/entities/by-name/{place}").json()
        computed = {(relation["type"], relation["targetRef"]) for relation in raw.get("relations", [])}
        assert {(one.type, str(one.target)) for one in graph.relations(entity.ref)} == computed
        assert entity.origin.revision == f"etag:{raw['metadata']['etag']}"


def test_pages_have_the_anchors_and_the_words_of_the_built_site(
    portal: RunningPortal, settings: Settings
) -> None:
    pages = {page.path: page for page in read(settings, portal).pages}
    index = portal.get("/api/techdocs/static/docs/default/component/ranker/search/search_index.json").json()
    anchors = {entry["location"] for entry in index["docs"] if entry["location"].startswith("runbook/#")}

    assert list(pages) == ["index.md", "runbook.md"]
    made = {f"runbook/#{section.anchor}" for section in pages["runbook.md"].sections if section.anchor}
    assert made == anchors - {"runbook/#runbook"}
    restart = next(one for one in pages["runbook.md"].sections if one.anchor == "restart-a-replica")
    assert [block.kind for block in restart.blocks] == ["steps"]
    assert "rankctl queue --watch" in restart.text
    assert "[runbook](runbook.md#restart-a-replica)" in pages["index.md"].markdown


async def test_questions_are_answered_from_docs_api_and_template(
    portal: RunningPortal, settings: Settings
) -> None:
    assert indexed(settings, portal)["changed"]
    restart = await asked(settings, "How do I restart a replica of the ranker?")
    owner = await asked(settings, "Who owns the ranker?")
    search = {section.heading for section in read(settings, portal).sections}

    assert (restart["citations"][0]["path"], restart["citations"][0]["anchor"]) == (
        "runbook.md",
        "restart-a-replica",
    )
    assert "DRAIN=1" in restart["answer"]
    assert "group:default/ranking" in owner["answer"]
    assert {"Parameters: The job", "POST /rank"} & search == {"Parameters: The job", "POST /rank"}


async def test_citations_are_opened_again_from_the_portal(portal: RunningPortal, settings: Settings) -> None:
    indexed(settings, portal)
    for question in ("How do I restart a replica of the ranker?", "Who owns the ranker?"):
        answer = await asked(settings, question, verify=True)
        assert {(check["by"], check["found"], check["problem"]) for check in answer["checks"]} == {
            ("live instance", True, "")
        }


def test_nothing_is_built_again_while_nothing_changes(portal: RunningPortal, settings: Settings) -> None:
    first = indexed(settings, portal)
    second = indexed(settings, portal)
    assert (first["changed"], second["changed"], second["embedded"]) == (True, False, 0)


def test_what_changes_is_followed(portal: RunningPortal, settings: Settings) -> None:
    read(settings, portal)
    org = portal.folder / "org"
    runbook = org / "ranker" / "docs" / "runbook.md"
    catalog = org / "catalog-info.yaml"
    before = runbook.read_text(), catalog.read_text()
    try:
        runbook.write_text(before[0].replace("500", "750"))
        catalog.write_text(before[1].replace("lifecycle: production", "lifecycle: deprecated"))
        portal.wait(
            lambda: "deprecated" in portal.get("/api/catalog/entities/by-name/api/default/rank-api").text
        )
        portal.wait(lambda: "750" in built_runbook(portal, settings))  # it looks for changes once a minute
        after = {entity.ref.name: entity for entity in read(settings, portal).entities}
        assert after["rank-api"].lifecycle == "deprecated"
    finally:
        runbook.write_text(before[0])
        catalog.write_text(before[1])


def test_an_entity_that_the_portal_drops_is_gone_and_comes_back_with_it(
    portal: RunningPortal, settings: Settings
) -> None:
    table, place = EntityRef("resource", "default", "feature-table"), "resource/default/feature-table"
    catalog = portal.folder / "org" / "catalog-info.yaml"
    before = catalog.read_text()
    assert table in {entity.ref for entity in read(settings, portal).entities}
    documents = before.split("---\n")
    catalog.write_text("---\n".join(one for one in documents if "name: feature-table" not in one))
    portal.wait(lambda: portal.get(f"/api/catalog/entities/by-name/{place}").status_code == 404)
    assert table not in {entity.ref for entity in read(settings, portal).entities}

    catalog.write_text(before)
    portal.wait(lambda: portal.get(f"/api/catalog/entities/by-name/{place}").status_code == 200)
    assert table in {entity.ref for entity in read(settings, portal).entities}


def test_a_narrow_token_reads_the_catalog_and_says_what_it_lacks(
    portal: RunningPortal, tmp_path: Path
) -> None:
    settings = settings_for(portal, tmp_path, token=CATALOG_TOKEN)
    corpus = read(settings, portal)
    assert RANKER in {entity.ref for entity in corpus.entities}
    assert not corpus.pages
    assert "let it reach the plugin 'techdocs'" in corpus.skipped[0].reason


def test_a_withdrawn_token_leaves_the_index_whole(portal: RunningPortal, settings: Settings) -> None:
    indexed(settings, portal)
    withdrawn = settings_for(portal, settings.home, token="a-token-that-is-none-any-more")
    report = indexed(withdrawn, portal)

    assert (report["counts"]["pages"], report["embedded"]) == (2, 0)
    assert "put a new one into CUEBOOK_BACKSTAGE__TOKEN" in degraded(withdrawn)
    with pytest.raises(SourceError, match="refuses the token"):
        read(settings_for(portal, settings.home / "new", token="a-token-that-is-none"), portal)


def test_a_portal_killed_in_the_middle_is_missed_and_caught_up_with(
    portal: RunningPortal, settings: Settings
) -> None:
    before = {section.key for section in read(settings, portal).sections}
    source = backstage_source(Path(portal.address), settings)

    class DiesAfterItsCatalog:
        address = source.address

        def read(self) -> Any:
            begun = source.read()
            portal.stop(signal.SIGKILL)
            return begun

    corpus = read_sources([DiesAfterItsCatalog()])
    assert {section.key for section in corpus.sections} == before
    assert indexed(settings, portal)["counts"]["pages"] == 2
    assert "could not be read again since" in degraded(settings)

    portal.start()
    assert indexed(settings, portal)["skipped"] == ()
    assert degraded(settings) == ""
