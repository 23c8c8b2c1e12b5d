"""Who sees an entity that names who may: members of groups and of their subgroups, persons, and nobody else."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ingest.entities import Entity
from ingest.index.build import build_index
from ingest.index.hashing import HashingEmbedder
from ingest.library import Filters, Library
from ingest.visible_to import ANNOTATION
from tests.ingest.index.corpora import CARDS, ENTITIES, GATEWAY, RANKER, corpus, entity

PEOPLE = (
    entity("group:default/safety", type="team"),
    entity("group:default/crypto", type="team", parent="safety"),
    entity("user:default/ada", memberOf=["safety"]),
    entity("user:default/eve", memberOf=["crypto"]),
    entity("user:default/bob", memberOf=[]),
)
QUESTION = "How do I renew an expired certificate?"
RUNBOOK = "component:default/gateway|runbook.md|certificates"


@dataclass(frozen=True)
class Caller:
    ref: str
    groups: frozenset[str] = frozenset()


def reserved(one: Entity, whom: str) -> Entity:
    if one.ref.name != "gateway":
        return one
    return replace(one, metadata={**one.metadata, "annotations": {ANNOTATION: whom}})


def opened(home: Path, whom: str) -> Library:
    entities = (*(reserved(one, whom) for one in ENTITIES), *PEOPLE)
    found = corpus(GATEWAY, RANKER, entities=entities, cards=CARDS)
    build_index(found, home=home, embedder=HashingEmbedder())
    return Library.open(home, embedder=HashingEmbedder())


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    library = opened(tmp_path_factory.mktemp("reserved"), "group:default/safety, user:default/guest")
    yield library
    library.close()


def finds(library: Library, caller: Caller) -> bool:
    return RUNBOOK in [hit.section.key for hit in library.search(QUESTION, principal=caller, k=50)]


@pytest.mark.parametrize(
    ("caller", "sees"),
    [
        (Caller("user:default/ada"), True),
        (Caller("user:default/eve"), True),
        (Caller("user:default/guest"), True),
        (Caller("user:default/bob"), False),
        (Caller("user:default/nobody"), False),
        (Caller("user:default/bob", frozenset({"group:default/safety"})), True),
        (Caller("user:default/bob", frozenset({"group:default/crypto"})), True),
        (Caller("user:default/bob", frozenset({"group:other/safety"})), False),
        (Caller("service:default/safety"), False),
        (Caller("not a reference"), False),
    ],
    ids=lambda value: getattr(value, "ref", value),
)
def test_members_of_what_is_named_see_it_and_nobody_else(
    library: Library, caller: Caller, sees: bool
) -> None:
    assert finds(library, caller) is sees
    assert any(one.ref.name == "gateway" for one in library.catalog(caller).entities) is sees


def test_filters_count_only_what_the_caller_may_see(library: Library) -> None:
    filters = Filters(component="gateway")
    assert library.search(QUESTION, principal=Caller("user:default/ada"), filters=filters)
    assert not library.search(QUESTION, principal=Caller("user:default/bob"), filters=filters)


@pytest.mark.parametrize("whom", ["", " , ", "group:default/sa fety", "::", "everyone"])
def test_a_name_that_is_nobody_lets_nobody_in(tmp_path: Path, whom: str) -> None:
    library = opened(tmp_path, whom)
    assert not finds(library, Caller("user:default/ada"))
    library.close()
