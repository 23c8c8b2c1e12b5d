"""The library as its callers see it: search, verbatim re-opening, permissions, and following the next index."""

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingest.entities import Entity, EntityRef
from ingest.errors import EmbedderUnavailable, IndexDamaged, IndexMissing, NotFound
from ingest.index.build import build_index
from ingest.index.embedders import Vectors
from ingest.index.hashing import HashingEmbedder
from ingest.library import Filters, Hit, Library
from ingest.permissions import Principal
from tests.ingest.index.corpora import CARDS, ENTITIES, GATEWAY, RANKER, SMALL, Ada, Bob, corpus, page


class DeadEmbedder(HashingEmbedder):
    """The same model, whose endpoint does not answer."""

    calls = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.calls += 1
        raise EmbedderUnavailable("http://embedder.test does not answer")


def bob_sees_no_gateway(principal: Principal, entity: Entity) -> bool:
    return principal.ref != Bob.ref or entity.ref.name != "gateway"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    build_index(SMALL, home=tmp_path, embedder=HashingEmbedder())
    return tmp_path


@pytest.fixture
def library(home: Path) -> Iterator[Library]:
    opened = Library.open(home, embedder=HashingEmbedder(), may_see=bob_sees_no_gateway)
    yield opened
    opened.close()


def keys(hits: Sequence[Hit]) -> list[str]:
    return [hit.section.key for hit in hits]


def test_the_section_that_says_it_comes_first(library: Library) -> None:
    hits = library.search("How do I renew an expired certificate?", principal=Ada())
    assert keys(hits)[0] == "component:default/gateway|runbook.md|certificates"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_flag_is_found_whole(library: Library) -> None:
    assert keys(library.search("MAX_STALENESS", principal=Ada()))[0].endswith("|stale-features")


def test_a_catalog_question_finds_the_entity_first(library: Library) -> None:
    assert keys(library.search("who owns the ranker?", principal=Ada()))[0] == "component:default/ranker||"


def test_a_catalog_question_in_two_parts_is_led_by_what_answers_it(library: Library) -> None:
    one, two = (
        keys(library.search(question, principal=Ada()))[:2]
        for question in ("who owns the ranker?", "the ranker: who's in charge?")
    )

    assert one == two
    assert two[1].startswith("group:")


def test_no_more_hits_than_asked_for_and_none_twice(library: Library) -> None:
    assert len(library.search("gateway", principal=Ada(), k=2)) == 2
    found = keys(library.search("gateway ranker", principal=Ada(), k=50))
    assert len(found) == len(set(found))


@pytest.mark.parametrize("question", ["", " ", "?!", '"', "the of", "\x00", "a" * 20_000])
def test_any_text_can_be_searched(library: Library, question: str) -> None:
    library.search(question, principal=Ada())


def test_sections_and_pages_are_opened_as_they_were_read(library: Library) -> None:
    stale = GATEWAY.sections[1]
    assert library.section("component:gateway", "runbook.md", "stale-features", principal=Ada()) == stale
    assert library.page("component:gateway", "runbook.md", principal=Ada()) == GATEWAY
    assert library.section("component:ranker", None, "", principal=Ada()) == CARDS[1]
    assert [entry.path for entry in library.pages("component:ranker", principal=Ada())] == ["index.md"]
    assert library.catalog(Ada()).entities == ENTITIES


def test_what_is_not_there_is_not_found(library: Library) -> None:
    with pytest.raises(NotFound, match="no section 'nowhere'"):
        library.section("component:gateway", "runbook.md", "nowhere", principal=Ada())
    with pytest.raises(NotFound, match="no page"):
        library.page("component:gateway", "../../etc/passwd", principal=Ada())
    with pytest.raises(NotFound, match="no entity"):
        library.pages("component:ghost", principal=Ada())
    assert library.pages("group:edge", principal=Ada()) == ()


def test_what_may_not_be_seen_does_not_exist(library: Library) -> None:
    for question in ("renew the certificate", "who owns the gateway?", "MAX_STALENESS"):
        assert not any("gateway" in key for key in keys(library.search(question, principal=Bob(), k=50)))
    hidden = EntityRef.parse("component:gateway")
    assert library.catalog(Bob()).get(hidden) is None
    refusals = []
    for name in ("gateway", "ghost"):
        with pytest.raises(NotFound) as refused:
            library.page(f"component:{name}", "runbook.md", principal=Bob())
        refusals.append(str(refused.value).replace(name, "X"))
        with pytest.raises(NotFound):
            library.section(f"component:{name}", "runbook.md", "", principal=Bob())
        with pytest.raises(NotFound):
            library.pages(f"component:{name}", principal=Bob())
    assert refusals[0] == refusals[1]


@pytest.mark.parametrize(
    ("filters", "only"),
    [
        (Filters(component="ranker"), {"component:default/ranker"}),
        (Filters(owner="edge"), {"component:default/gateway"}),
        (Filters(owner="group:default/edge"), {"component:default/gateway"}),
        (Filters(system="feed"), {"component:default/ranker"}),
        (Filters(kind=("Group",)), {"group:default/edge", "group:default/ranking"}),
        (Filters(kind=("component",), owner="nobody"), set()),
    ],
)
def test_filters_narrow_before_anything_is_ranked(library: Library, filters: Filters, only: set[str]) -> None:
    found = library.search(
        "edge ranking gateway ranker listeners certificate", principal=Ada(), filters=filters, k=50
    )
    assert {str(hit.section.entity) for hit in found} == only


def test_an_open_library_follows_the_next_generation(home: Path) -> None:
    library = Library.open(home, embedder=HashingEmbedder())
    before = library.generation
    library.search("certificate", principal=Ada())
    mood = page("component:default/ranker", "mood.md", {"": "# Mood\nThe mood dial turns the shelf blue."})
    for _ in range(3):  # the first generation's folder is gone after the second
        build_index(
            corpus(RANKER, mood, entities=ENTITIES), home=home, embedder=HashingEmbedder(), rebuild=True
        )
        assert keys(library.search("mood dial", principal=Ada()))[0].startswith(
            "component:default/ranker|mood.md"
        )
    assert library.generation != before
    assert not any("gateway" in key for key in keys(library.search("certificate", principal=Ada())))
    library.close()


def test_searches_go_on_while_generations_change(home: Path) -> None:
    library = Library.open(home, embedder=HashingEmbedder())
    with ThreadPoolExecutor(4) as pool:
        searches = [pool.submit(library.search, "certificate shelf", principal=Ada()) for _ in range(40)]
        for _ in range(3):
            build_index(SMALL, home=home, embedder=HashingEmbedder(), rebuild=True)
        searches += [pool.submit(library.search, "certificate shelf", principal=Ada()) for _ in range(40)]
        assert {tuple(keys(search.result())) for search in searches} == {
            tuple(keys(library.search("certificate shelf", principal=Ada())))
        }
    library.close()


def test_without_its_embedder_the_library_searches_by_words_and_says_so(home: Path) -> None:
    embedder = DeadEmbedder()
    library = Library.open(home, embedder=embedder)
    hits = library.search("renew the certificate", principal=Ada())
    assert keys(hits)[0].endswith("|certificates")
    assert "does not answer" in library.status()["degraded"]
    library.search("drain the shard", principal=Ada())
    assert embedder.calls == 1  # the next question does not wait for the same time-out
    assert library.similarity("renew a certificate", ["certificate renewal", "blue"]) > [0.3, 0.0]
    library.close()


def test_another_embedder_than_the_indexs_is_not_mixed_with_it(home: Path) -> None:
    library = Library.open(home, embedder=HashingEmbedder(dimension=32))
    assert keys(library.search("renew the certificate", principal=Ada()))[0].endswith("|certificates")
    assert "run `cuebook ingest`" in library.status()["degraded"]
    library.close()


def test_lost_vectors_leave_search_by_words(home: Path) -> None:
    library = Library.open(home, embedder=HashingEmbedder())
    shutil.rmtree(home / "index" / "generations" / library.generation / "vectors")
    assert keys(library.search("renew the certificate", principal=Ada()))[0].endswith("|certificates")
    assert "vectors" in library.status()["degraded"]
    library.close()


def test_nothing_indexed_and_a_damaged_index_are_told_apart(home: Path, tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="cuebook ingest"):
        Library.open(tmp_path / "elsewhere", embedder=HashingEmbedder())
    for folder in (home / "index" / "generations").iterdir():
        (folder / "library.sqlite").write_bytes(b"\0" * 100)
    with pytest.raises(IndexDamaged, match="rebuild"):
        Library.open(home, embedder=HashingEmbedder())


def test_status_tells_what_is_open(library: Library) -> None:
    status = library.status()
    assert status["counts"]["sections"] == 9
    assert status["embedder"] == "hashing-256@1"
    assert status["skipped"] == [{"path": "broken.yaml", "reason": "is no YAML"}]
    assert status["degraded"] is None


def test_document_frequency_counts_sections_by_stem(library: Library) -> None:
    assert library.document_frequency("certif") == 1
    assert library.document_frequency("gateway") > 1
    assert library.document_frequency("zebra") == 0
