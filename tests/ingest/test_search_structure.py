"""What the structure of docs gives to search: copies are shown once, a page leaves room for others, operations are found whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.index.build import build_index
from ingest.index.hashing import HashingEmbedder
from ingest.library import Library
from tests.ingest.index.corpora import ENTITIES, Ada, corpus, entity, page, section

COPIED = "Drain the shard, flip the alias and wait until the shard answers."
LONG = page(
    "component:default/gateway",
    "shards.md",
    {f"shard-{number}": f"A shard is moved in step {number}; each shard moves alone." for number in range(8)},
)
ONE, OTHER = (page("component:default/gateway", f"{name}.md", {"swap": COPIED}) for name in ("one", "other"))
FAR = page("component:default/ranker", "far.md", {"far": "It is told elsewhere how a shard is moved."})
API = entity("api:default/features", type="openapi", owner="edge")
OPERATIONS = tuple(
    section("api:default/features", None, anchor, text, heading=anchor, title="features")
    for anchor, text in (
        ("getFeatureVector", "GET /features/{id}: the values of one listener."),
        ("deleteFeature", "DELETE /features/{id}: forgets a value."),
    )
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    home: Path = tmp_path_factory.mktemp("structure")
    found = corpus(LONG, ONE, OTHER, FAR, entities=(*ENTITIES, API), cards=OPERATIONS)
    build_index(found, home=home, embedder=HashingEmbedder())
    library = Library.open(home, embedder=HashingEmbedder())
    yield library
    library.close()


def test_a_text_that_stands_on_two_pages_is_shown_once(library: Library) -> None:
    hits = library.search("drain the shard and flip the alias", principal=Ada())
    assert sum(hit.section.text == COPIED for hit in hits) == 1


def test_a_page_that_says_it_eight_times_leaves_room_for_others_after_three(library: Library) -> None:
    pages = [hit.section.path for hit in library.search("how is a shard moved", principal=Ada(), k=5)]
    assert pages.count("shards.md") == 3
    assert {"far.md"} < set(pages)


def test_an_operation_is_found_by_its_name_where_no_page_has_it(library: Library) -> None:
    for question in ("getFeatureVector", "what does getFeatureVector return for a new listener?"):
        first = library.search(question, principal=Ada())[0].section
        assert (str(first.entity), first.anchor) == ("api:default/features", "getFeatureVector")
