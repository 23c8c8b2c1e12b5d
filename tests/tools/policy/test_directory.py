"""Groups and owners out of a catalog: the graph that is really used, and the fake that ships."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from ingest.entities import Entity, EntityRef
from ingest.graph import CatalogGraph
from tests.tools.policy.conftest import ORGANISATION, asked, rulebook
from tools.fakes import FakePorts, example_ports
from tools.policy import Verdict
from tools.policy.directory import CatalogDirectory, Directory
from tools.policy.names import LookAlike
from tools.principal import Principal

ADA = Principal(ref="user:default/ada")


def entity(ref: str, **spec: Any) -> Entity:
    parsed = EntityRef.parse(ref)
    return Entity(parsed, parsed.kind.title(), "backstage.io/v1alpha1", {"name": parsed.name}, spec)


GRAPH = (
    entity("user:default/ada", memberOf=["ranking"]),
    entity("user:default/root", memberOf=["loop"]),
    entity("group:default/ranking", type="team", parent="org", children=[]),
    entity("group:default/org", type="department", children=["ranking"]),
    entity("group:default/loop", type="team", parent="loop", children=["loop"]),
    entity("component:default/ranker", type="service", lifecycle="production", owner="ranking"),
    entity("component:default/search", type="service", lifecycle="production", owner="group:default/search"),
    entity("component:default/twin", type="service", lifecycle="production", owner="user:ada"),
    entity("resource:default/twin", type="model", owner="ranking"),
    entity("resource:default/nobodys", type="model"),
)


@dataclass(frozen=True)
class RealRefs:
    parse = staticmethod(EntityRef.parse)


@dataclass(frozen=True)
class RealLibrary:
    graph: CatalogGraph

    def catalog(self, _principal: object) -> CatalogGraph:
        return self.graph


@pytest.fixture
def ports() -> FakePorts:
    real: Any = (RealLibrary(CatalogGraph(GRAPH)), RealRefs())
    return replace(example_ports(), library=real[0], refs=real[1])


@pytest.fixture
def catalog(ports: FakePorts) -> CatalogDirectory:
    return CatalogDirectory(ports)


@pytest.fixture(params=["catalog", "fake"])
def directory(request: pytest.FixtureRequest, catalog: CatalogDirectory) -> Directory:
    return catalog if request.param == "catalog" else ORGANISATION


def test_a_member_of_a_team_is_in_every_group_above_it(directory: Directory) -> None:
    assert directory.teams(ADA) == {"group:default/ranking"}
    assert directory.groups(ADA) == {"group:default/ranking", "group:default/org"}


def test_an_unknown_principal_is_in_no_group(directory: Directory) -> None:
    for ref in ("user:default/eve", "service:default/ci", "no ref at all"):
        assert directory.groups(Principal(ref=ref)) == frozenset()


def test_an_owner_is_the_catalogs_and_a_group_is_its_own(directory: Directory) -> None:
    assert directory.owner("component:default/ranker", ADA) == "group:default/ranking"
    assert directory.owner("group:default/search", ADA) == "group:default/search"
    with pytest.raises(LookupError, match="names no entities"):
        directory.owner("component:default/gone", ADA)
    with pytest.raises(LookAlike):
        directory.owner("component:default/rаnker", ADA)


def test_a_cycle_of_parents_ends(catalog: CatalogDirectory) -> None:
    assert catalog.groups(Principal(ref="user:default/root")) == {"group:default/loop"}


def test_a_name_that_fits_several_and_one_without_an_owner_have_no_owner(catalog: CatalogDirectory) -> None:
    assert catalog.owner("ranker", ADA) == "group:default/ranking"
    for text, said in (("twin", "names 2 entities"), ("nobodys", "has no owner")):
        with pytest.raises(LookupError, match=said):
            catalog.owner(text, ADA)


@pytest.mark.parametrize(("model", "verdict"), [("ranker", Verdict.ALLOW), ("search", Verdict.DENY)])
def test_a_rule_about_the_own_team_follows_the_catalog(
    catalog: CatalogDirectory, model: str, verdict: Verdict
) -> None:
    text = "version: 1\nrules: [{name: own, arguments: {model: {owned_by: own_team}}, verdict: allow}]"
    assert rulebook(text, catalog).decide(asked(arguments={"model": model})).verdict is verdict


def test_groups_that_a_token_names_count_as_well() -> None:
    text = "version: 1\nrules: [{name: theirs, who: group:search, verdict: allow}]"
    request = asked()
    named = request.principal.model_copy(update={"groups": frozenset({"group:default/search"})})
    assert rulebook(text).decide(request).verdict is Verdict.DENY
    assert rulebook(text).decide(replace(request, principal=named)).verdict is Verdict.ALLOW
