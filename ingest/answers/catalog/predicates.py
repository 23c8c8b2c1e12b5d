"""The words of the relations' table in all their forms: `own`, `owns`, `owning`, `owned by`; `owner`, `owners`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ingest.answers.catalog.inflection import gerund, participle, plural, third_person
from ingest.answers.catalog.relations import RELATIONS, Phrase, Relation, Side

Form = Literal["base", "finite", "state", "bare"]
_AFTER_BE: tuple[Form, ...] = ("state", "bare")


@dataclass(frozen=True, eq=False)
class Predicate:
    """Words that link a subject to a complement: the subject is on `subject`'s side of `relation`.

    `form`: `base` after does, `finite` (owns), `state` after is, `bare` after a noun (owning, owned by).
    """

    relation: Relation
    subject: Side
    form: Form


def predicates() -> Iterable[tuple[Phrase, Predicate]]:
    """Every form of every relation's words."""
    for relation in RELATIONS:
        for verb in relation.verbs:
            yield from _verb(relation, "doer", verb)
            if not verb.startswith(("be ", "have")):
                for form in _AFTER_BE:
                    yield (*participle(verb), "by"), Predicate(relation, "object", form)
        for verb in relation.belongs:
            yield from _verb(relation, "object", verb)
        sides: tuple[tuple[Side, Phrase], ...] = (("doer", relation.states), ("object", relation.within))
        for side, states in sides:
            for state in states:
                for form in _AFTER_BE:
                    yield tuple(state.split()), Predicate(relation, side, form)


def passives() -> Iterable[tuple[Phrase, Relation]]:
    """`owned`, `depended on`: what is said of objects without naming a doer."""
    for relation in RELATIONS:
        for verb in relation.verbs:
            if not verb.startswith(("be ", "have")) and relation.name in {
                "own",
                "provide",
                "consume",
                "depend",
                "use",
            }:
                yield participle(verb), relation


def _verb(relation: Relation, subject: Side, verb: str) -> Iterable[tuple[Phrase, Predicate]]:
    first, *rest = verb.split()
    yield (first, *rest), Predicate(relation, subject, "base")
    if first == "be":
        return
    yield (first, *rest), Predicate(relation, subject, "finite")
    yield (third_person(first), *rest), Predicate(relation, subject, "finite")
    for form in _AFTER_BE:
        yield (gerund(first), *rest), Predicate(relation, subject, form)


def nouns() -> Iterable[tuple[Phrase, Relation, Side]]:
    """Every noun for a side of a relation, in singular and plural."""
    for relation in RELATIONS:
        sides: tuple[tuple[Side, Phrase], ...] = (
            ("doer", relation.doer_nouns),
            ("object", relation.object_nouns),
        )
        for side, words in sides:
            for noun in words:
                for form in {noun, plural(noun)}:
                    yield tuple(form.split()), relation, side
