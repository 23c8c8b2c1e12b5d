"""Exact answers from the catalog graph: reads a question as relations to follow, or leaves it to the docs.

The question is masked (`mentions`), its noun phrases become filters (`noun_phrases`), and the rows of
`catalog_intents` reduce it from the inside out. Only when nothing but question words is left was it
understood; a word that no row explains sends the question to the docs. Nothing here is by similarity.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ingest.answers.answer import Fact
from ingest.answers.catalog_intents import INTENTS, Intent
from ingest.answers.mentions import Masked, mask
from ingest.answers.noun_phrases import Noun, read_nouns
from ingest.entities import Entity, EntityRef
from ingest.graph import CatalogGraph

_DEEP = re.compile(
    r"\b(?:(?:directly|direct) (?:or|and) (?:indirectly|indirect|transitively|transitive)|(?:in|un)directly|indirect|"
    r"transitively|transitive|recursively|recursive|at any (?:depth|level)|all the way (?:down|up))\b"
)
_FLAT = re.compile(r"\b(?:directly|direct|immediately|immediate)\b")
_COUNT = re.compile(r"\b(?:how many|number of|count(?: of)?|total number of)\b")
_CLAUSE = re.compile(r"(?<=[^\s:])[:;?!.](?:\s+|$)|\s[-–—]\s")
_DANGLING = re.compile(
    r"\bdangling\b|\b(?:relations?|references?|refers?|points?|depends?)\b.*\b(?:do(?:es)? not exist|doesn'?t exist|don'?t exist|"
    r"non-?existent|missing|unresolved|not in the catalog)\b|\bunresolved (?:relations?|references?)\b"
)
_ASKING_WORDS = """which what who whom whose list show name give me all the a an are is was there exist exists in our this catalog
    please can could you tell and do does have has we currently right now today exactly i want need to know would like
    find get us of how many number count total every each registered listed known see display so that it them these
    their names refs overall altogether backstage according say says
    where found find kept live lives hosted stored"""
_ASKING = frozenset(_ASKING_WORDS.split())


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of the derivation: from `subjects` by `label` to the results."""

    label: str
    subjects: tuple[EntityRef, ...]
    results: tuple[EntityRef, ...] = ()
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogFinding:
    """An exact answer before it is told: the last hop holds the results, `noun` what was asked to be listed."""

    hops: tuple[Hop, ...]
    counted: bool
    noun: Noun | None = None
    kept: tuple[EntityRef, ...] = ()

    @property
    def facts(self) -> tuple[Fact, ...]:
        if self.counted:
            return (len(self.hops[-1].values or self.kept),)
        return self.hops[-1].values or tuple(str(ref) for ref in self.kept)


def answer_from_graph(question: str, graph: CatalogGraph) -> CatalogFinding | None:
    """The exact answer, or None when the question is not clearly one of the catalog."""
    if _DANGLING.search(question.lower()):
        return _dangling(question.lower(), graph)
    masked = mask(question, graph)
    clauses = [clause for clause in _CLAUSE.split(masked.text) if clause.strip()]
    for clause in dict.fromkeys((" ".join(clauses), *reversed(clauses))):
        text = clause if clause.count("«") else _resolved(clause, masked)
        if (finding := _Reading(_tidy(text), masked, graph).finding()) is not None:
            return finding
    return None


def _resolved(clause: str, masked: Masked) -> str:
    """`it` in a clause of its own means the one entity that the rest of the question names."""
    if len(masked.mentions) != 1:
        return clause
    clause = re.sub(r"\b(?:its|their)\b", "«0»'s", clause)
    return re.sub(r"\b(?:it|them|this|that one)\b", "«0»", clause)


def _tidy(text: str) -> str:
    text = re.sub(r"’", "'", text)
    text = re.sub(r"\b(\w+)n't\b", r"\1 not", text)
    text = re.sub(r"\bwho'?s\b(?! )", "who is", re.sub(r"\b(who|what|where)'s\b", r"\1 is", text))
    return " ".join(re.sub(r"[^\w\s«»'./-]|(?<![\w»])[./'-]|[./-](?!\w)", " ", text).split())


def _dangling(text: str, graph: CatalogGraph) -> CatalogFinding | None:
    relations = graph.dangling
    sources = tuple(dict.fromkeys(relation.source for relation in relations))
    targets = tuple(dict.fromkeys(relation.target for relation in relations))
    wants_targets = (
        re.search(r"\btargets?\b|\breferenced\b|\breferred to\b|\bpointed (?:to|at)\b", text) is not None
    )
    kept = targets if wants_targets else sources
    label = "relations to entities that are not in the catalog, from"
    return CatalogFinding((Hop(label, sources, targets),), counted=_COUNT.search(text) is not None, kept=kept)


@dataclass(frozen=True, slots=True)
class _Set:
    """Entities that a mark stands for: those a name may mean (no hops), or an inner question's results."""

    refs: tuple[EntityRef, ...]
    hops: tuple[Hop, ...] = ()
    noun: Noun | None = None


class _Reading:
    """One clause being reduced."""

    def __init__(self, text: str, masked: Masked, graph: CatalogGraph) -> None:
        self.deep = True if _DEEP.search(text) else False if _FLAT.search(text) else None
        text = " ".join(_FLAT.sub(" ", _DEEP.sub(" ", text)).split())
        self.counted = _COUNT.search(text) is not None
        self.graph = graph
        self.sets = [_Set(tuple(entity.ref for entity in found)) for found in masked.mentions]
        self.text, nouns = read_nouns(text, graph)
        self.nouns = list(nouns)
        self._absorb_kinds()

    def finding(self) -> CatalogFinding | None:
        while self._reduce():
            pass
        marks = re.findall(r"[«‹]\d+[»›]", self.text)
        rest = set(re.sub(r"[«‹]\d+[»›]", " ", self.text).replace("'s", " ").split())
        if len(marks) != 1 or not rest <= _ASKING:
            return None
        index = int(marks[0][1:-1])
        if marks[0].startswith("‹"):
            return self._listed(self.nouns[index], rest)
        found = self.sets[index]
        if not found.hops:
            return None
        return CatalogFinding(found.hops, self.counted, found.noun, found.refs)

    def _absorb_kinds(self) -> None:
        """`the «0» system`: the word after a name says which of its bearers is meant."""
        for match in reversed(list(re.finditer(r"«(\d+)» ‹(\d+)›", self.text))):
            narrowed = self._bearers(self.sets[int(match[1])].refs, self.nouns[int(match[2])])
            if narrowed:
                self.sets[int(match[1])] = _Set(narrowed)
                self.text = f"{self.text[: match.start()]}«{match[1]}»{self.text[match.end() :]}"

    def _bearers(self, refs: Sequence[EntityRef], noun: Noun) -> tuple[EntityRef, ...]:
        return tuple(
            ref for ref in refs if (entity := self.graph.get(ref)) is not None and noun.admits(entity)
        )

    def _reduce(self) -> bool:
        spare: tuple[re.Match[str], _Set] | None = None
        for intent in INTENTS:
            for pattern in intent.patterns:
                for match in pattern.finditer(self.text):
                    found = self._followed(intent, match)
                    if found is None:
                        continue
                    if found.refs or found.hops[-1].values:
                        return self._replace(match, found)
                    spare = spare or (match, found)
        return self._replace(*spare) if spare else False

    def _replace(self, match: re.Match[str], found: _Set) -> bool:
        self.sets.append(found)
        self.text = f"{self.text[: match.start()]}«{len(self.sets) - 1}»{self.text[match.end() :]}"
        return True

    def _followed(self, intent: Intent, match: re.Match[str]) -> _Set | None:
        groups = match.groupdict()
        start = self.sets[int(groups["x"])]
        subjects = self._subjects(intent, start, groups.get("xn"))
        noun, among = self._asked(groups.get("n"))
        if not subjects or (noun is not None and not _may_give(intent, noun)):
            return None
        if intent.read is not None:
            values = [
                value for ref in subjects if (entity := self.graph.get(ref)) for value in intent.read(entity)
            ]
            return _Set((), (*start.hops, Hop(intent.label, subjects, values=tuple(dict.fromkeys(values)))))
        results = self._results(intent, subjects, noun)
        if among is not None:
            results = tuple(ref for ref in results if ref in among.refs)
        before = among.hops if among is not None else ()
        return _Set(
            results,
            (*before, *start.hops, Hop(intent.label, subjects, results)),
            noun or (among.noun if among else None),
        )

    def _subjects(self, intent: Intent, start: _Set, hint: str | None) -> tuple[EntityRef, ...]:
        refs = start.refs
        if hint is not None:
            refs = self._bearers(refs, self.nouns[int(hint)])
        refs = tuple(ref for ref in refs if ref.kind in intent.kinds)
        # A name that several entities bear means the first of them that can be asked this.
        return refs if start.hops else refs[:1]

    def _asked(self, mark: str | None) -> tuple[Noun | None, _Set | None]:
        if mark is None:
            return None, None
        index = int(re.sub(r"\D", "", mark))
        if mark.startswith("«"):
            among = self.sets[index]
            return (None, among) if among.hops else (Noun(kind="nothing"), None)
        return self.nouns[index], None

    def _results(
        self, intent: Intent, subjects: Iterable[EntityRef], noun: Noun | None
    ) -> tuple[EntityRef, ...]:
        subjects = tuple(subjects)
        deep = intent.deep if self.deep is None else self.deep
        found = self._walk(intent, subjects, noun, deep=deep)
        if not found and noun is not None and set(intent.relations) <= {"partOf", "hasPart"}:
            found = self._walk(intent, subjects, noun, deep=True)
        return found

    def _walk(
        self, intent: Intent, subjects: Sequence[EntityRef], noun: Noun | None, *, deep: bool
    ) -> tuple[EntityRef, ...]:
        types = intent.relations if deep or not intent.deep else intent.relations[:1]
        reached = dict.fromkeys(
            ref for subject in subjects for ref in self.graph.reach(subject, types, depth=None if deep else 1)
        )
        return tuple(ref for ref in reached if noun is None or self._admitted(ref, noun))

    def _admitted(self, ref: EntityRef, noun: Noun) -> bool:
        entity = self.graph.get(ref)
        # What is not in the catalog has nothing but a kind to go by.
        return noun.admits(entity) if entity is not None else noun.plain and noun.kind in (None, ref.kind)

    def _listed(self, noun: Noun, rest: set[str]) -> CatalogFinding | None:
        asks_all = self.counted or rest & {"list", "show", "all", "exist", "there", "every"}
        if noun == Noun() or (noun.plain and not asks_all):
            return None
        found = tuple(entity.ref for entity in self.graph.entities if noun.admits(entity))
        return CatalogFinding((Hop("", found, found),), self.counted, noun, found)


def _may_give(intent: Intent, noun: Noun) -> bool:
    return (
        noun == replace(Noun(), lifecycle=noun.lifecycle, tag=noun.tag)
        or not intent.gives.of
        or noun.kind in intent.gives
    )


def named_entities(question: str, graph: CatalogGraph) -> tuple[Entity, ...]:
    """Entities that the question names, in the order they appear; of those that share a name, the first."""
    return tuple(found[0] for found in mask(question, graph).mentions)
