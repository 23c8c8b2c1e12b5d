"""What one entity says of itself, and how people ask for it: one row a property."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ingest.answers.catalog.inflection import plural
from ingest.answers.catalog.relations import Phrase
from ingest.entities import Entity

Read = Callable[[Entity], tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Property:
    """`nouns` in the singular; `described` are participles after is (`how is X tagged`); `label` begins the answer.
    `wheres` are what may follow `where is X`.
    """

    name: str
    label: str
    read: Read
    nouns: tuple[str, ...]
    described: tuple[str, ...] = ()
    wheres: tuple[str, ...] = ()


def _one(value: object) -> tuple[str, ...]:
    return (str(value),) if value else ()


def _source(entity: Entity) -> tuple[str, ...]:
    value = entity.annotations.get("backstage.io/source-location") or entity.annotations.get(
        "backstage.io/managed-by-location", ""
    )
    if not value and (slug := entity.annotations.get("github.com/project-slug")):
        value = f"https://github.com/{slug}"
    return (value.removeprefix("url:"),) if value else ()


def _links(entity: Entity) -> tuple[str, ...]:
    return tuple(str(link.get("url")) for link in entity.links if link.get("url"))


def _profile(key: str) -> Read:
    def read(entity: Entity) -> tuple[str, ...]:
        profile: Any = entity.spec.get("profile")
        return _one(profile.get(key) if isinstance(profile, Mapping) else None)

    return read


def _lead(entity: Entity) -> tuple[str, ...]:
    """Backstage has no field for it; organisations put it into the spec, an annotation or a label."""
    labels: Any = entity.metadata.get("labels")
    places: tuple[Mapping[str, Any], ...] = (
        entity.spec,
        entity.annotations,
        labels if isinstance(labels, Mapping) else {},
    )
    wanted = {"lead", "manager", "teamlead", "leader", "techlead", "engineeringmanager"}
    return tuple(
        str(value)
        for place in places
        for key, value in place.items()
        if "".join(filter(str.isalpha, str(key).rpartition("/")[2].lower())) in wanted
        and isinstance(value, str)
    )


def _named_annotation(*names: str) -> Read:
    return lambda entity: tuple(entity.annotations[name] for name in names if name in entity.annotations)


PROPERTIES: tuple[Property, ...] = (
    Property("lifecycle", "lifecycle of", lambda entity: _one(entity.lifecycle),
             ("lifecycle", "life cycle", "lifecycle stage", "lifecycle state", "lifecycle status", "maturity", "stage", "maturity level", "lifecycle phase"),
             described=("mature",)),
    Property("type", "type of", lambda entity: _one(entity.type), ("type", "spec type", "component type", "entity type", "resource type", "api type")),
    Property("tags", "tags of", lambda entity: entity.tags, ("tag", "label"), described=("tagged", "labelled", "labeled", "tagged with", "labelled with", "tagged as")),
    Property("links", "links of", _links, ("link", "url", "external link", "bookmark")),
    Property("source", "source location of", _source,
             ("source", "source code", "source location", "source code location", "source location annotation", "repository", "repo", "code", "git repository", "git repo", "github repo", "github repository",
              "code repository", "code location", "repository url", "repo url", "repo link", "codebase", "code base", "source repository", "source repo", "git url", "github url", "repository link", "source url", "git location", "code repo"),
             wheres=("hosted", "hosted in git", "kept", "in git", "checked in", "hosted on github")),
    Property("description", "description of", lambda entity: _one(entity.description), ("description", "catalog description", "summary"),
             described=("described", "described in the catalog")),
    Property("title", "title of", lambda entity: _one(entity.metadata.get("title")), ("title", "display name")),
    Property("email", "e-mail address of", _profile("email"), ("email", "e mail", "email address", "e mail address", "mail address")),
    Property("lead", "lead of", _lead, ("lead", "manager", "team lead", "leader", "tech lead", "engineering manager", "boss", "head")),
    Property("kind", "kind of", lambda entity: (entity.kind,), ("kind", "entity kind")),
    Property("namespace", "namespace of", lambda entity: (entity.ref.namespace,), ("namespace",)),
    Property("slack", "Slack channel of", _named_annotation("slack.com/channel", "slack/channel", "backstage.io/slack-channel"), ("slack", "slack channel", "chat channel")),
)  # fmt: skip


def property_nouns() -> Iterator[tuple[Phrase, Property]]:
    """Every noun for a property, in singular and plural."""
    for one in PROPERTIES:
        for noun in one.nouns:
            for form in {noun, plural(noun)}:
                yield tuple(form.split()), one


def property_named(name: str) -> Property:
    """The row of that name."""
    return next(one for one in PROPERTIES if one.name == name)
