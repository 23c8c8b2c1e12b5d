"""Reads what kind of thing a catalog question asks for: `deprecated Python services tagged tier-1`.

Kinds, types, lifecycles and tags come from the graph itself, so a catalog with a type of its own is
understood without a change here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ingest.entities import Entity
from ingest.graph import CatalogGraph

_KIND_WORDS = {
    "component": "component", "api": "api", "interface": "api", "system": "system", "domain": "domain",
    "resource": "resource", "group": "group", "team": "group", "squad": "group", "user": "user",
    "person": "user", "people": "user", "engineer": "user", "developer": "user", "template": "template",
}  # fmt: skip
_ANY_WORDS = ("entity", "thing")
_LIFECYCLES = frozenset({"production", "experimental", "deprecated"})
_FILLER = frozenset({"all", "the", "our", "any", "different", "other", "those", "every", "each", "distinct"})
NOUN = r"‹(?P<n>\d+)›"


@dataclass(frozen=True, slots=True)
class Noun:
    """A filter over entities; None lets everything through."""

    kind: str | None = None
    type: str | None = None
    lifecycle: str | None = None
    tag: str | None = None
    owned: bool | None = None
    in_system: bool | None = None

    @property
    def plain(self) -> bool:
        """Whether it says nothing beyond a kind."""
        return self == Noun(kind=self.kind)

    def admits(self, entity: Entity) -> bool:
        """Whether `entity` is such a thing."""
        return (
            self.kind in (None, entity.ref.kind)
            and self.type in (None, _lower(entity.type))
            and self.lifecycle in (None, _lower(entity.lifecycle))
            and (self.tag is None or self.tag in map(str.lower, entity.tags))
            and self.owned in (None, entity.spec.get("owner") is not None)
            and self.in_system in (None, entity.spec.get("system") is not None)
        )


def read_nouns(text: str, graph: CatalogGraph) -> tuple[str, tuple[Noun, ...]]:
    """`text` with each noun phrase replaced by `‹n›`, and what the n-th one asks for."""
    words = _Vocabulary.of(graph)
    nouns: list[Noun] = []

    def noted(match: re.Match[str]) -> str:
        noun, kept = words.noun(match["head"]), match["before"].split()
        while kept and (narrowed := words.narrowed(noun, kept[-1])) is not None:
            noun = narrowed
            kept.pop()
        nouns.append(noun)
        return " ".join([*kept, f"‹{len(nouns) - 1}›"])

    # A value must not be taken for the noun it may also be: `components of type library`.
    text = re.sub(rf"\b{_TYPED} (?={_any_of(words.types)})", "type=", text)
    text = re.sub(rf"\b{_TAGGED} (?={_any_of(words.tags)})", "tag=", text)
    heads = "|".join(sorted(map(re.escape, words.heads()), key=len, reverse=True))
    text = re.sub(rf"(?P<before>(?:[\w.-]+ ){{0,6}}?)(?<![\w=-])(?P<head>{heads})(?![\w-])", noted, text)
    return _with_clauses(text, nouns, words), tuple(nouns)


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    types: frozenset[str]
    lifecycles: frozenset[str]
    tags: frozenset[str]

    @classmethod
    def of(cls, graph: CatalogGraph) -> "_Vocabulary":
        return cls(
            types=_values(
                entity.type for entity in graph.entities if entity.ref.kind not in {"group", "location"}
            ),
            lifecycles=_LIFECYCLES | _values(entity.lifecycle for entity in graph.entities),
            tags=_values(tag for entity in graph.entities for tag in entity.tags),
        )

    def heads(self) -> Iterable[str]:
        for word in (*_KIND_WORDS, *_ANY_WORDS, *self.types, "service"):
            yield from {word, *_plurals(word)}

    def noun(self, head: str) -> Noun:
        word = next(
            (
                one
                for one in (*_KIND_WORDS, *_ANY_WORDS, *self.types, "service")
                if head in {one, *_plurals(one)}
            ),
            head,
        )
        if word in _KIND_WORDS:
            return Noun(kind=_KIND_WORDS[word])
        if word in self.types:
            return Noun(type=word)
        return Noun(kind="component") if word == "service" else Noun()

    def narrowed(self, noun: Noun, word: str) -> Noun | None:
        """The noun with one more adjective, or None when `word` is none."""
        if word in _FILLER:
            return noun
        if word in self.lifecycles and noun.lifecycle is None:
            return replace(noun, lifecycle=word)
        if word in {"unowned", "ownerless", "orphaned", "orphan"}:
            return replace(noun, owned=False)
        if word in self.types and noun.type is None:
            return replace(noun, type=word)
        if word in self.tags and noun.tag is None:
            return replace(noun, tag=word)
        return None


def _with_clauses(text: str, nouns: list[Noun], words: _Vocabulary) -> str:
    """Take `that are deprecated`, `of type library`, `tagged tier-1`, `without an owner` into the noun before."""
    what = {"L": words.lifecycles, "T": words.types, "G": words.tags}
    for form, field in _CLAUSES:
        pattern = form
        for letter, values in what.items():
            pattern = pattern.replace(f"<{letter}>", f"(?P<value>{_any_of(values)})")
        compiled = re.compile(rf"(?P<noun>‹\d+›)(?P<between>(?: (?!‹)\S+){{0,6}}?) {pattern}")
        while match := compiled.search(text):
            index = int(match["noun"][1:-1])
            value = match["value"] if "value" in compiled.groupindex else False
            change: dict[str, Any] = {field: value}
            nouns[index] = replace(nouns[index], **change)
            text = f"{text[: match.end('noun')]}{match['between']}{text[match.end() :]}"
    return text


_IS = r"(?:(?:that|which|whose) )?(?:(?:is|are|have|has|having|being|carry|carries|do|does) )?(?:currently |still |already )?"
_TYPED = r"(?:(?:of|with|having|whose|has|have)(?: the)? type(?: of| is)?|typed(?: as)?)"
_TAGGED = r"(?:(?:tagged|labelled|labeled)(?: with| as| by)?(?: the)?(?: tag)?|(?:with|having|has|have|carry|carries|carrying)(?: the| a)? tags?)"
_CLAUSES: tuple[tuple[str, str], ...] = (
    (rf"{_IS}(?:in |with |of )?(?:the |a |an )?(?:lifecycle|lifecycle state|lifecycle stage|stage|state)(?: of| is)? <L>", "lifecycle"),
    (rf"{_IS}(?:in |marked |marked as |in the |at the )<L>(?: lifecycle| stage| state)?", "lifecycle"),
    (r"(?:(?:that|which) )?(?:is|are) (?:currently |still |already )?<L>", "lifecycle"),
    (rf"{_IS}type=<T>", "type"),
    (rf"{_IS}tag=<G>(?: tag)?", "tag"),
    (rf"{_IS}(?:with |carrying )?(?:the )?<G> tag", "tag"),
    (rf"{_IS}(?:(?:with |not have |not have |lack |lacking |missing )?(?:no |without |an |any |a )*owner|without (?:an? |any )?owner|not owned(?: by (?:anyone|anybody|any ‹\d+›))?|unowned|ownerless|orphaned|orphans)(?![\w'])(?! of)", "owned"),
    (rf"{_IS}(?:not (?:part of|in|belong to) (?:any|a) ‹\d+›|without (?:an? |any )?‹\d+›|no ‹\d+›$)", "in_system"),
)  # fmt: skip


def _any_of(values: Iterable[str]) -> str:
    """A pattern for any of `values` as a whole word, the longest first."""
    options = "|".join(sorted(map(re.escape, values), key=len, reverse=True)) or "(?!)"
    return f"(?:{options})(?![\\w-])"


def _values(values: Iterable[str | None]) -> frozenset[str]:
    return frozenset(value.lower() for value in values if value)


def _plurals(word: str) -> tuple[str, ...]:
    if word.endswith("y"):
        return (word[:-1] + "ies", word + "s")
    return (word + "es", word + "s") if word.endswith(("s", "x", "ch")) else (word + "s",)


def _lower(value: str | None) -> str | None:
    return value.lower() if value else None
