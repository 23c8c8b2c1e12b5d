"""Expressions to noun phrases: the first line of an answer says how the question was understood."""

from collections.abc import Callable

from ingest.answers.catalog.expressions import (
    Both,
    Dangling,
    Either,
    Every,
    Expression,
    Having,
    Impact,
    Linked,
    Named,
    Ranked,
    Step,
    Values,
    Without,
    is_filter,
    kinds_of,
)
from ingest.answers.catalog.inflection import participle, plural, third_person
from ingest.entities import EntityRef

Name = Callable[[EntityRef], str]
_KINDS = {"api": "API", "group": "team", "user": "person"}


def described(one: Expression, name: Name) -> str:  # noqa: PLR0911 - a return a case
    """A phrase such as `components owned by Ranking that are not deprecated`; `name` writes an entity."""
    match one:
        case Named(refs=refs, written=written):
            return name(refs[0]) if refs else written
        case Every(kind=kind):
            return _plural(kind)
        case Having(base=base):
            return _having(one, described(base, name))
        case Step(relation=relation, side=side, of=of):
            return f"{relation.label(side)} {described(of, name)}"
        case Both(left=left, right=right):
            return _both(left, right, name)
        case Either(left=left, right=right):
            return f"{described(left, name)} or {described(right, name)}"
        case Without(left=left, right=right):
            return f"{described(left, name)}, except {described(right, name)}"
        case Linked(base=base, relation=relation, side=side, kind=kind, negated=negated):
            noun = (
                _plural(kind)
                if kind
                else _noun(relation.doer_nouns, relation.object_nouns, side, relation.label(side))
            )
            return f"{described(base, name)} {'without' if negated else 'with'} {noun}"
        case Impact(of=of):
            return f"what an outage of {described(of, name)} affects"
        case Dangling(targets=targets):
            return (
                "missing targets of relations"
                if targets
                else "entities with relations to what is not in the catalog"
            )
        case Ranked(base=base, relation=relation, side=side, among=among, fewest=fewest):
            counted = (
                _noun(relation.doer_nouns, relation.object_nouns, side, relation.label(side))
                if among == Every()
                else described(among, name)
            )
            return f"{described(base, name)} with the {'fewest' if fewest else 'most'} {counted}"
        case Values(property=prop, of=of):
            return f"{prop.label} {described(of, name)}"
    raise AssertionError(f"no words for {one!r}")


def _both(left: Expression, right: Expression, name: Name) -> str:
    if isinstance(right, Step) and (is_filter(left) or isinstance(left, Both | Linked | Without)):
        return f"{described(left, name)} {right.relation.clause(right.side)} {described(right.of, name)}"
    if isinstance(right, Impact):
        return f"{described(left, name)} among {described(right, name)}"
    return f"{described(left, name)} that are also among {described(right, name)}"


def _having(one: Having, base: str) -> str:
    values = " or ".join(one.values)
    denied = "not " if one.negated else ""
    match one.field:
        case "lifecycle":
            return (
                f"{base} {denied}in {values}"
                if values == "production"
                else f"{base} that are {denied}{values}"
            )
        case "type":
            return f"{base} {denied}of type {values}"
        case "tag":
            return f"{base} {denied}tagged {values}"
    return f"{base} {denied}in {values}"


def said_of(one: Expression, subject: str, name: Name, *, holds: bool) -> str:
    """A sentence: `A does not depend on B`, `A is deprecated`."""
    denied = "" if holds else "not "
    match one:
        case Step(relation=relation, side="doer", of=of):
            verb = relation.verbs[0]
            return f"{subject} {_conjugated(verb) if holds else f'does not {verb}'} {described(of, name)}"
        case Step(relation=relation, side="object", of=of) if relation.name in {
            "contain",
            "member",
            "parent",
        }:
            return f"{subject} is {denied}{relation.within[0]} {described(of, name)}"
        case Step(relation=relation, of=of):
            return f"{subject} is {denied}{' '.join(participle(relation.verbs[0]))} by {described(of, name)}"
        case Having():
            return f"{subject} is {denied}{_having(one, '').strip().removeprefix('that are ')}"
    return f"{subject} is {denied}among {described(one, name)}"


def _conjugated(verb: str) -> str:
    first, *rest = verb.split()
    return " ".join((third_person(first), *rest))


def _plural(kind: str | None) -> str:
    return "entities" if kind is None else "people" if kind == "user" else plural(_KINDS.get(kind, kind))


def _noun(doers: tuple[str, ...], objects: tuple[str, ...], side: str, label: str) -> str:
    nouns = doers if side == "doer" else objects
    return plural(nouns[0]) if nouns else label


def kind_word(kind: str, *, many: bool) -> str:
    """`API`, `teams`, `people`."""
    return _plural(kind) if many else _KINDS.get(kind, kind)


__all__ = ["described", "kind_word", "kinds_of"]
