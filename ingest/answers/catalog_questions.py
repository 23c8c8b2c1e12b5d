"""Exact answers from the catalog graph: reads a question, works it out, or leaves it to the docs.

A question is understood only when one reading explains every word of it (see `ingest.answers.catalog`). A word that no
reading explains sends the question to the docs; a name that may mean several entities, or none of them exactly, is asked
back. Nothing here is by similarity.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache

from ingest.answers.catalog.expressions import Listing, Meaning, Named, OnCall, Step, Values
from ingest.answers.catalog.filters import Vocabulary, hinted
from ingest.answers.catalog.finding import CatalogFinding, worked_out
from ingest.answers.catalog.grammar import Grammar
from ingest.answers.catalog.mentioned import row_of
from ingest.answers.catalog.naming import names_of
from ingest.answers.catalog.sentences import reworded, sentences, two_questions, without_depth
from ingest.answers.catalog.whole import Reading, known_words, readings, wants_all
from ingest.answers.catalog.words import MAX_WORDS, Row
from ingest.answers.mentions import mask
from ingest.common_words import COMMON_WORDS
from ingest.entities import Entity, EntityRef
from ingest.graph import CatalogGraph
from ingest.near_words import NearWords

_MOST_STRANGE = 5  # words; a misspelt name may have several
_READINGS = 12  # tried of one question
_ALIKE = 0.15  # of readings that cost nearly the same, one that finds something is meant
_IDENTIFIER = re.compile(r"\w[-_./]\w|\d|[a-z][A-Z]")


def answer_from_graph(question: str, graph: CatalogGraph) -> CatalogFinding | None:
    """The exact answer, or None when the question is not clearly one of the catalog."""
    if len(question.split()) > MAX_WORDS:
        return None
    question = reworded(question)

    def name_in(text: str) -> str | None:
        return _longest_name(text, graph)

    for text in sentences(question, name_in):
        if (finding := _read(text, graph)) is None and _may_be_misspelt(text, graph):
            finding = _read(text, graph, misspelt=True)
        if finding is not None:
            return finding
    for first, second in two_questions(question, name_in):
        lead, other = _read(first, graph), _read(second, graph)
        if lead is not None and other is not None:
            lead, other = (other, lead) if isinstance(other.meaning, OnCall) else (lead, other)
            return replace(lead, also=(other,))
    return _of_unknown(question, graph) if _may_be_misspelt(question, graph) else None


def read_sentence(question: str, graph: CatalogGraph, *, misspelt: bool = False) -> CatalogFinding | None:
    """As `answer_from_graph`, of one question, with slips of the pen or without: a millisecond or two."""
    if len(question.split()) > MAX_WORDS:
        return None
    texts = sentences(reworded(question), lambda text: _longest_name(text, graph))
    found = (_read(text, graph, misspelt=misspelt) for text in texts)
    return next((finding for finding in found if finding is not None), None)


def named_entities(question: str, graph: CatalogGraph) -> tuple[Entity, ...]:
    """Entities that the question names, in the order they appear; of those that share a name, the first."""
    return tuple(found[0] for found in mask(question, graph).mentions)


def _read(question: str, graph: CatalogGraph, *, misspelt: bool = False) -> CatalogFinding | None:
    """The first reading that finds something among those that cost about the least; else the cheapest."""
    text, deep = without_depth(question)
    vocabulary = Vocabulary.of(graph)
    row = row_of(text, graph, misspelt=misspelt)
    if misspelt:
        row = _respelt(row, _known(vocabulary))
    empty: tuple[float, CatalogFinding] | None = None
    for cost, meaning in _readings(row, vocabulary)[:_READINGS]:
        if empty is not None and cost > empty[0] + _ALIKE:
            break
        finding = worked_out(meaning, graph, deep=deep, lists_all=wants_all(row.words))
        if finding is not None and (finding.facts or finding.unclear):
            return finding
        if finding is not None and empty is None:
            empty = cost, finding
    return empty[1] if empty is not None else None


def _readings(row: Row, vocabulary: Vocabulary) -> list[Reading]:
    """All readings, the cheapest first; most questions of the docs end at a word that no reading explains."""
    known, named = _known(vocabulary), row.inside_names()
    explicable = all(at in named or word in known for at, word in enumerate(row.words))
    if not row.words or len(row.words) > MAX_WORDS or not explicable:
        return []
    return sorted(readings(Grammar(row, vocabulary)), key=lambda reading: reading[0])


def _may_be_misspelt(text: str, graph: CatalogGraph) -> bool:
    """Whether few enough words are strange; a sentence of the docs has many."""
    row, known = row_of(text, graph), _known(Vocabulary.of(graph))
    named = row.inside_names()
    strange = sum(at not in named and word not in known for at, word in enumerate(row.words))
    return 0 < strange <= _MOST_STRANGE or any("-" in part or "_" in part for part in text.split())


def _respelt(row: Row, known: frozenset[str]) -> Row:
    """Slips of the pen in the words of the question itself: `depnds on`, `lifecyle`."""
    named, near = row.inside_names(), _near_words(known)
    words = list(row.words)
    for at, word in enumerate(row.words):
        if at not in named and word not in known and word not in COMMON_WORDS and len(word) > 3:
            found = near.near(word)
            if found and (len(found) == 1 or found[0][1] < found[1][1]):
                words[at] = found[0][0]
    return replace(row, words=tuple(words))


def _known(vocabulary: Vocabulary) -> frozenset[str]:
    return _with_rules(vocabulary.words)


@lru_cache(maxsize=8)
def _with_rules(words: frozenset[str]) -> frozenset[str]:
    return known_words() | words


@lru_cache(maxsize=4)
def _near_words(known: frozenset[str]) -> NearWords:
    return NearWords(known, shortest=5)


def _longest_name(text: str, graph: CatalogGraph) -> str | None:
    mentions = [mention for found in row_of(text, graph).mentions.values() for mention in found]
    longest = max(mentions, key=lambda one: (len(one.named.written), -one.cost), default=None)
    if longest is None:
        return None
    kinds = {ref.kind for ref in longest.named.refs}
    before = text.partition(longest.named.written)[0].split()[-1:]
    # `the domain payments` is not the team of that name.
    hint = " ".join(word for word in before if hinted([word.lower()]) & kinds)
    return f"{hint} {longest.named.written}".strip()


def _of_unknown(question: str, graph: CatalogGraph) -> CatalogFinding | None:
    """A question for the owner, the members or the lifecycle of what the catalog does not have: asked back.

    Only the catalog answers these. What a thing needs or uses may be any word of the docs.
    """
    vocabulary = Vocabulary.of(graph)
    row = row_of(question, graph, known=_known(vocabulary))
    if all(one.named.refs for found in row.mentions.values() for one in found):
        return None
    found = _readings(row, vocabulary)
    named = _asked_of(found[0][1]) if found else None
    if named is None or named.refs or not _is_surely_a_name(named.written, row.words):
        return None
    return CatalogFinding(found[0][1], (), unclear=((named.written, _nearest(named.written, graph)),))


def _asked_of(meaning: Meaning) -> Named | None:
    match meaning:
        case Listing(of=Step(relation=relation, side=side, of=Named() as named)) if (relation.name, side) in {
            ("own", "doer"),
            ("own", "object"),
            ("member", "object"),
        }:
            return named
        case Listing(of=Values(property=prop, of=Named() as named)) if prop.name == "lifecycle":
            return named
    return None


def _is_surely_a_name(written: str, words: Collection[str]) -> bool:
    """Written like an identifier, or beside a word for a kind."""
    if _IDENTIFIER.search(written) and " " not in written:
        return True
    name = " ".join(re.findall(r"[^\W_]+", written.lower()))
    before, _, after = " ".join(words).partition(name)
    return any(hinted([word]) for word in (*before.split()[-1:], *after.split()[:1]))


def _nearest(written: str, graph: CatalogGraph) -> tuple[EntityRef, ...]:
    names = names_of(graph)
    key = "".join(re.findall(r"[^\W_]+", written.lower()))
    near = get_close_matches(key, list(names), n=3, cutoff=0.75)
    return tuple(dict.fromkeys(ref for name in near for ref in names[name].refs))


__all__ = ["CatalogFinding", "answer_from_graph", "named_entities", "read_sentence"]
