"""Relations are seen from both ends, whoever declared them."""

from typing import Any

import pytest

from ingest.entities import Entity, EntityRef
from ingest.relations import INVERSE, relations_of, unreadable_references


def entity(ref: str, **spec: Any) -> Entity:
    parsed = EntityRef.parse(ref)
    return Entity(parsed, parsed.kind.capitalize(), "backstage.io/v1alpha1", {"name": parsed.name}, spec)


@pytest.mark.parametrize(
    ("ref", "spec", "type_", "target"),
    [
        ("component:a", {"owner": "ops"}, "ownedBy", "group:default/ops"),
        ("component:a", {"owner": "user:ada"}, "ownedBy", "user:default/ada"),
        ("component:eu/a", {"owner": "ops"}, "ownedBy", "group:eu/ops"),
        ("component:a", {"system": "feed"}, "partOf", "system:default/feed"),
        ("component:a", {"subcomponentOf": "b"}, "partOf", "component:default/b"),
        ("system:a", {"domain": "music"}, "partOf", "domain:default/music"),
        ("domain:a", {"subdomainOf": "music"}, "partOf", "domain:default/music"),
        ("component:a", {"dependsOn": ["resource:db"]}, "dependsOn", "resource:default/db"),
        ("component:a", {"dependsOn": ["b"]}, "dependsOn", "component:default/b"),
        ("resource:a", {"dependencyOf": ["component:b"]}, "dependencyOf", "component:default/b"),
        ("component:a", {"providesApis": ["x"]}, "providesApi", "api:default/x"),
        ("component:a", {"consumesApis": ["team/x"]}, "consumesApi", "api:team/x"),
        ("group:a", {"parent": "b"}, "childOf", "group:default/b"),
        ("group:a", {"children": ["b"]}, "parentOf", "group:default/b"),
        ("group:a", {"members": ["ada"]}, "hasMember", "user:default/ada"),
        ("user:ada", {"memberOf": ["a"]}, "memberOf", "group:default/a"),
        ("robot:a", {"owner": "ops"}, "ownedBy", "group:default/ops"),
    ],
)
def test_a_field_is_a_relation_and_its_inverse(
    ref: str, spec: dict[str, Any], type_: str, target: str
) -> None:
    relations = relations_of([entity(ref, **spec)])

    source = str(EntityRef.parse(ref))
    assert {(str(r.source), r.type, str(r.target), r.declared) for r in relations} == {
        (source, type_, target, True),
        (target, INVERSE[type_], source, False),
    }


def test_what_both_sides_declare_is_one_relation_each_way() -> None:
    relations = relations_of([entity("group:a", members=["ada"]), entity("user:ada", memberOf=["a"])])

    assert [(r.type, r.declared) for r in relations] == [("hasMember", True), ("memberOf", True)]


def test_fields_of_groups_mean_nothing_on_other_kinds() -> None:
    assert relations_of([entity("robot:a", parent="b", members=["ada"])]) == ()


def test_what_is_no_reference_is_reported_and_relates_nothing() -> None:
    broken = entity("component:a", owner="The A Team", dependsOn=[{"x": 1}, None, "::"])

    assert relations_of([broken]) == ()
    assert ["spec.owner: 'The A Team'" in item.reason for item in unreadable_references([broken])] == [
        True,
        False,
    ]
