"""The tables of relations and properties as indexes of phrases."""

from functools import cache

from ingest.answers.catalog.phrases import Phrases
from ingest.answers.catalog.predicates import Predicate, nouns, passives, predicates
from ingest.answers.catalog.properties import PROPERTIES, Property, property_nouns
from ingest.answers.catalog.relations import Phrase, Relation, Side


@cache
def predicate_forms() -> Phrases[Predicate]:
    """`owns`, `owned by`, `responsible for`."""
    return Phrases(predicates())


@cache
def passive_participles() -> Phrases[Relation]:
    """`owned`, `depended on`."""
    return Phrases(passives())


@cache
def relation_nouns() -> Phrases[tuple[Relation, Side]]:
    """`owner`, `dependencies`."""
    return Phrases((phrase, (relation, side)) for phrase, relation, side in nouns())


@cache
def nouns_of_properties() -> Phrases[Property]:
    """`lifecycle`, `tags`."""
    return Phrases(property_nouns())


@cache
def spoken_words() -> frozenset[str]:
    """Every word that the tables know."""
    described = {
        word for one in PROPERTIES for phrase in (*one.described, *one.wheres) for word in phrase.split()
    }
    return predicate_forms().words | relation_nouns().words | nouns_of_properties().words | described


@cache
def stranding(preposition: str) -> tuple[tuple[Phrase, Predicate], ...]:
    """Predicates that end with a preposition, without it: `depend` of `depend on`."""
    return tuple(
        (phrase[:-1], predicate)
        for phrase, predicate in predicates()
        if phrase[-1] == preposition and (len(phrase) > 1 or predicate.form == "state")
    )
