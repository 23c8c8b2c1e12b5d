"""The catalog tells the truth about the recommender core: whatever ships there is an entity with a page, and no more."""

import re
from pathlib import Path

import pytest

from ingest.documents import Corpus
from ingest.entities import Entity
from ingest.sources import read_folders
from recsys_core import demo
from recsys_core.data.readers import formats
from recsys_core.judge import load_protocol, protocols
from recsys_core.recipes.recipe import recipes
from recsys_core.surface import surfaces

ROOT = Path(__file__).parents[1]
PAGE = "backstage.io/techdocs-entity-path"


@pytest.fixture(scope="module")
def ours() -> Corpus:
    return read_folders((ROOT / "catalog-info.yaml",))


@pytest.fixture(scope="module")
def org() -> Corpus:
    return read_folders((ROOT / "examples" / "org",))


def named(corpus: Corpus, type_: str) -> dict[str, Entity]:
    return {entity.ref.name: entity for entity in corpus.entities if entity.type == type_}


def test_every_protocol_format_recipe_and_stage_is_an_entity(ours: Corpus) -> None:
    assert set(named(ours, "evaluation-protocol")) == set(protocols())
    assert set(named(ours, "dataset-format")) == {f"{name}-format" for name in formats()}
    assert set(named(ours, "recipe")) == {f"{name}-recipe" for name in recipes()}
    assert set(named(ours, "surface")) == {f"{name}-surface" for name in surfaces()}
    assert set(named(ours, "stage")) == {"candidates-stage", "ranker-stage", "rules-stage"}


def test_each_of_them_has_an_owner_and_a_page_that_is_there(ours: Corpus) -> None:
    places = {(section.path, section.anchor) for section in ours.sections}
    for type_ in ("evaluation-protocol", "dataset-format", "recipe", "stage", "surface", "model-registry"):
        for entity in named(ours, type_).values():
            path, _, anchor = entity.annotations[PAGE].removeprefix("/").partition("#")
            assert entity.owner is not None
            assert (f"{path}.md", anchor) in places, entity.ref


def test_no_relation_of_our_own_catalog_leads_nowhere(ours: Corpus) -> None:
    refs = {str(entity.ref) for entity in ours.entities}
    for entity in ours.entities:
        for target in entity.spec.get("dependsOn", ()):
            kind, name = target.split(":")
            assert f"{kind}:default/{name}" in refs


def test_the_page_of_protocols_shows_the_hashes_that_go_along_with_figures() -> None:
    page = (ROOT / "docs/recsys/protocols.md").read_text()

    shown = dict(re.findall(r"(?m)^\| `([\w-]+)` \| `([0-9a-f]{12})` \|", page))
    assert shown == {name: load_protocol(name).hash[:12] for name in protocols()}


def test_the_demo_organisation_has_an_entity_for_each_model_that_the_demo_registers(org: Corpus) -> None:
    models = {
        entity.annotations["cuebook.dev/model"]: str(entity.owner)
        for entity in org.entities
        if "cuebook.dev/model" in entity.annotations
    }

    made = (*demo.MODELS, *demo.EMBEDDINGS)
    assert models == {
        f"{name}@{demo.ALIAS}" if name == demo.INCUMBENT else name: demo.OWNERS.get(name, demo.OWNER)
        for name in made
    }


def test_the_demo_organisation_says_which_surface_serves_which_of_them(org: Corpus) -> None:
    uses = "cuebook.dev/uses-models"
    served = {
        entity.annotations["cuebook.dev/surface"]: (str(entity.owner), entity.annotations[uses].split(", "))
        for entity in org.entities
        if uses in entity.annotations
    }

    groups = {str(entity.ref) for entity in org.entities if entity.ref.kind == "group"}
    assert set(served) == {"home", "search", "playlists", "podcasts"}
    assert {owner for owner, _ in served.values()} <= groups
    assert {ref for _, refs in served.values() for ref in refs} == {
        f"{name}@{demo.ALIAS}" for name in demo.SERVED
    }
