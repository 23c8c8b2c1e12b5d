"""What can be asked of the catalog graph: one row a question, with the wordings that ask it.

A wording is a pattern over the masked question. `X` stands for entities that are named or were found by an
inner question, `N` for a noun phrase (`which production services`). A row reads "from X, follow these
relations", or reads a value off X. Inner questions are answered first, so rows combine: *the team that owns
the system that X is part of* needs no row of its own.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ingest.entities import Entity

_OWNS = r"(?:own|owns|maintain|maintains|run|runs|look after|looks after|(?:is|are) (?:the )?(?:responsible|accountable) (?:for|of)|(?:is|are) in charge of|take care of|takes care of|manage|manages|(?:is|are) (?:the )?owners? of)"
_OWNED = r"(?:owned|maintained|run|looked after|managed)"
_DEPEND = r"(?:depends? (?:up)?on|rel(?:y|ies) on|needs?|requires?|(?:is|are) dependent on|builds? on)"
_PROVIDE = r"(?:provides?|exposes?|offers?|serves?|implements?|publishes)"
_CONSUME = r"(?:consumes?|calls?|invokes?|uses?|talks? to|reads? from)"
_BELONG = r"(?:belongs? to|(?:is|are) (?:a )?(?:part|member|piece) of|(?:is|are) (?:in|inside|within|under)|sits? in|lives? in|falls? under)"
_IN = r"(?:belong(?:s|ing)? to|(?:that )?(?:is |are |being )?(?:a )?(?:parts? of|inside|within|in|of|under|from|make up|makes up))"
_FAIL = r"(?:goes|go|is|went|were|gets) (?:down|away|offline|unavailable|out|broken|removed|deleted|lost|missing|switched off|turned off)|fails?|breaks?|dies|disappears?|has an outage|is not available|stops?(?: working)?"
_THAT = r"(?:that |which |who )?"
_ALARM = r"(?:page|call|alert|wake(?: up)?|phone|escalate to|notify)"
_REACH = r"(?:contact|reach|ask|ping|tell)"
_WHY = r"(?:for|about|when|if|once|because of|over|regarding|concerning|at night for)"
_BROKEN = rf"(?:{_FAIL}|(?:is|looks|seems) (?:broken|on fire|slow|stuck|unhealthy|in trouble|failing)|pages|alerts|misbehaves)"
_WHOM = r"(?:who|whom|N) (?:should|do|can|must|could|would|to) (?:i |we |one |you )?(?:have to |need to )?"

#: The name of the row whose answer is more than the catalog's: see `ingest.answers.on_call`.
ON_CALL = "on call"

#: Where an impact spreads: to what depends on a thing, and to those who call the APIs it provides.
IMPACT = ("dependencyOf", "providesApi", "apiConsumedBy")


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which kinds X may have; empty for any."""

    of: frozenset[str] = frozenset()

    def __contains__(self, kind: object) -> bool:
        return not self.of or kind in self.of


def _kinds(*names: str) -> Kinds:
    return Kinds(frozenset(names))


@dataclass(frozen=True)
class Intent:
    """One row. `relations` are followed from X (transitively if `deep` or if the question says so), or `read`
    gives X's values. `label` is how the answer calls it; `kinds` are those X may have, `gives` what comes out."""

    name: str
    label: str
    forms: tuple[str, ...]
    relations: tuple[str, ...] = ()
    read: Callable[[Entity], tuple[str, ...]] | None = None
    kinds: Kinds = Kinds()
    gives: Kinds = Kinds()
    deep: bool = False

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(_spelled_out(form)) for form in self.forms)


_X = r"(?:(?:the|our|a|an|this|that) )?(?:(?:‹(?P<xn>\d+)›) )?«(?P<x>\d+)»(?!'s)(?: (?:itself|directly))?"
_N = r"(?:(?:which |what |the |all |all the |any |every |of the )*(?P<n>[‹«]\d+[›»]))"


def _spelled_out(form: str) -> str:
    spelled = re.sub(r"(?<![A-Za-z])X(?![A-Za-z])", lambda _: _X, form)
    spelled = re.sub(r"(?<![A-Za-z])N(?![A-Za-z])", lambda _: _N, spelled)
    return rf"(?<![\w'«‹-]){spelled}(?![\w'-])"


def _annotation(entity: Entity) -> tuple[str, ...]:
    value = entity.annotations.get("backstage.io/source-location") or entity.annotations.get(
        "backstage.io/managed-by-location", ""
    )
    return (value.removeprefix("url:"),) if value else ()


def _profile(entity: Entity, key: str) -> tuple[str, ...]:
    profile: Any = entity.spec.get("profile")
    value = profile.get(key) if isinstance(profile, Mapping) else None
    return (str(value),) if value else ()


def _one(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def _value_forms(words: str) -> tuple[str, ...]:
    return (rf"(?:{words}) (?:of|for|does|do|has|have|is|are|carried by|set on) X(?: (?:have|has|carry|in))?",
            rf"(?:in )?(?:which|what) (?:{words}) (?:is|does|do|are|has) X(?: (?:in|have|at|carry|of))?",
            rf"X(?:'s)? (?:{words})",
            rf"«(?P<x>\d+)»'s (?:{words})")  # fmt: skip


INTENTS: tuple[Intent, ...] = (
    Intent(
        "lifecycle", "lifecycle of", (*_value_forms("lifecycle(?: stage| state)?|maturity|stage"),
        r"is X (?:still |already )?(?:in )?(?:production|experimental|deprecated)(?: or (?:in )?(?:production|experimental|deprecated))?"),
        read=lambda entity: _one(entity.lifecycle),
    ),
    Intent(
        "type", "type of", (*_value_forms("(?:spec )?type"), r"what (?:type|kind|sort) of ‹\d+› is X", r"what (?:type|kind) is X"),
        read=lambda entity: _one(entity.type),
    ),
    Intent("tags", "tags of", (*_value_forms("tags?"), r"(?:how|with what) is X tagged"), read=lambda entity: entity.tags),
    Intent(
        "links", "links of", (*_value_forms("links?|urls?"),),
        read=lambda entity: tuple(str(link.get("url")) for link in entity.links if link.get("url")),
    ),
    Intent(
        "source", "source location of",
        (*_value_forms("source location|source code location|source code|source|repository|repo|code"),
         r"where (?:is|are|does|do|can i find) (?:the )?(?:source code|source|code|repository|repo) (?:of|for) X(?: (?:live|kept|hosted|stored|located))?",
         r"where (?:is|does) X(?:'s)? (?:source code|source|code|repository|repo)(?: (?:live|kept|hosted|stored|located))?",
         r"where (?:is|does) (?:the )?«(?P<x>\d+)»'s (?:source code|source|code|repository|repo)(?: (?:live|kept|hosted|stored|located))?"),
        read=_annotation,
    ),
    Intent("description", "description of", (*_value_forms("(?:catalog )?description"),), read=lambda entity: _one(entity.description)),
    Intent("email", "e-mail address of", (*_value_forms("e-?mail(?: address)?|mail address"),), read=lambda entity: _profile(entity, "email")),
    Intent("title", "title of", (*_value_forms("title|display name"),), read=lambda entity: _one(str(entity.metadata.get("title") or "") or None)),
    Intent(
        "impact", "affected by an outage of",
        (rf"(?:what|who|which|N) (?:else )?(?:would |will |could |might |can |is |are |gets? )?(?:be )?(?:break|breaks|affected|impacted|hit|fail|fails|suffer|suffers|stops?(?: working)?|go down|goes down)(?: by)?(?: (?:if|when|once)) X (?:{_FAIL})",
         r"(?:what|who|which|N) (?:would |will |could |might |is |are )?(?:be )?(?:affected|impacted|hit) by (?:an? |the )?(?:outage|failure|loss|incident|downtime)(?: of| in| at)? X",
         rf"(?:if|when) X (?:{_FAIL}) (?:what|who|which|N)(?: else)? (?:would |will |could |is |are )?(?:be )?(?:breaks?|affected|impacted|fails?|suffers?)",
         r"(?:impact|blast radius|effects?) of (?:an? |the )?(?:outage|failure|loss|downtime) (?:of|in|at) X", r"blast radius of X"),
        relations=IMPACT, deep=True,
    ),
    Intent(
        "members", "members of",
        (r"(?:members?|people|staff|‹\d+›) (?:of|in|on|from) X", r"who (?:all )?(?:is|are) (?:in|on|part of|(?:a |the )?members? of) X",
         r"who (?:all )?(?:works?|sits?) (?:in|on|for|at) X", r"who (?:belongs?) to X", rf"N {_THAT}(?:are |is )?(?:{_IN}|on|work(?:s|ing)? (?:in|on|for)) X",
         r"«(?P<x>\d+)»'s members?", r"X(?:'s)? members?", r"members? does X have", r"‹(?P<n>\d+)› does X have"),
        relations=("hasMember",), kinds=_kinds("group"), gives=_kinds("user"),
    ),
    Intent(
        "teams", "teams of",
        (r"(?:which |what )*N (?:is|does|are|do) X (?:in|on|a member of|members of|part of|belong to|work (?:in|on|for))", rf"N {_THAT}X {_BELONG}",
         r"N (?:of|has) X", r"N X (?:works? (?:for|in|on))", r"«(?P<x>\d+)»'s ‹(?P<n>\d+)›", r"(?:who|where) does X work for", r"which N has X as a member",
         r"what is X a member of", r"what does X belong to"),
        relations=("memberOf",), kinds=_kinds("user"), gives=_kinds("group"),
    ),
    Intent(
        "owned", "owned by",
        (rf"N (?:does|do|did) X (?:{_OWNS})", rf"N {_THAT}X (?:{_OWNS})", rf"N {_THAT}(?:(?:is|are) )?(?:and )?(?:are )?{_OWNED} by X",
         rf"what (?:all |else )?(?:does|do) X (?:{_OWNS})", rf"what is {_OWNED} by X", rf"everything {_THAT}X (?:{_OWNS})", rf"everything {_OWNED} by X",
         r"N (?:that |which )?(?:belong(?:s|ing)? to|of) X", r"«(?P<x>\d+)»'s ‹(?P<n>\d+)›"),
        relations=("ownerOf",), kinds=_kinds("group", "user"),
    ),
    Intent(
        ON_CALL, "owner to page for",
        (r"(?:who|whom|N) (?:is|are) (?:the )?on[- ]call(?: team| engineer| person)? (?:for|of|at|on) X", r"on[- ]call (?:team |engineer |contact |rotation )?(?:for|of) X",
         r"(?:who|which ‹\d+›|N) (?:has|carries|holds) the pager (?:for|of) X", r"X(?:'s)? on[- ]call(?: team| engineer| contact| rotation)?", r"«(?P<x>\d+)»'s on[- ]call(?: team| engineer| contact| rotation)?",
         rf"{_WHOM}(?:{_ALARM}|{_REACH}) {_WHY} X {_BROKEN}", rf"(?:{_WHY} )?X {_BROKEN}(?: and)? {_WHOM}(?:{_ALARM}|{_REACH})",
         rf"who {_OWNS} X and (?:who is on[- ]call|{_WHOM}{_ALARM})(?: for (?:it|them|that))?",
         rf"{_WHOM}{_ALARM} {_WHY} (?:an? (?:incident|outage|problem) (?:of|in|with|on) )?X"),
        relations=("ownedBy",), kinds=_kinds("component", "api", "system", "resource", "domain", "template"), gives=_kinds("group", "user"),
    ),
    Intent(
        "owner", "owner of",
        (rf"(?:who|whom|N) {_THAT}(?:currently |actually )?{_OWNS} X", r"owners? (?:of|for) X", r"«(?P<x>\d+)»'s owners?", r"X owners?",
         rf"(?:by )?(?:who|whom|N) (?:is|are) X {_OWNED}(?: by)?", r"(?:who|N) (?:is|are) (?:the )?(?:one |person )?(?:responsible for|behind) X",
         r"(?:who|whom|N) (?:should|do|can|must|could) (?:i|we|one) (?:contact|ask|talk to|ping|reach out to|reach)(?: about| regarding| for| concerning| with questions about)+ X",
         r"N (?:that )?X belongs? to", r"(?:to )?N does X belong(?: to)?", rf"{_OWNED} by (?:who|whom|N) is X", r"who does X belong to", r"N behind X",
         r"N of X"),
        relations=("ownedBy",), kinds=_kinds("component", "api", "system", "resource", "domain", "template"), gives=_kinds("group", "user"),
    ),
    Intent(
        "provides", "APIs provided by",
        (rf"N (?:does|do) X {_PROVIDE}", rf"N {_THAT}X {_PROVIDE}", rf"N {_THAT}(?:is |are )?(?:provided|exposed|offered|served|implemented) by X", r"what (?:does|do) X (?:provide|expose|offer|serve)"),
        relations=("providesApi",), kinds=_kinds("component"), gives=_kinds("api"),
    ),
    Intent(
        "providers", "provider of",
        (rf"(?:who|what|N) {_THAT}{_PROVIDE} X", r"providers? of X", r"(?:by )?(?:who|whom|what|N) (?:is|are) X (?:provided|exposed|served|offered|implemented)(?: by)?", r"what is X provided by"),
        relations=("apiProvidedBy",), kinds=_kinds("api"),
    ),
    Intent(
        "consumes", "APIs consumed by",
        (rf"N (?:does|do) X {_CONSUME}", rf"N {_THAT}X {_CONSUME}", rf"N {_THAT}(?:is |are )?(?:and )?(?:consumed|called|used|invoked) by X", r"what (?:does|do) X (?:consume|call)"),
        relations=("consumesApi",), kinds=_kinds("component"), gives=_kinds("api"),
    ),
    Intent(
        "consumers", "consumers of",
        (rf"(?:who|what|N) (?:all )?{_THAT}{_CONSUME} X", r"(?:consumers?|callers?|clients?|users?|‹\d+›) of X", r"(?:by )?(?:who|whom|what|N) (?:is|are) X (?:consumed|called|used|invoked)(?: by)?"),
        relations=("apiConsumedBy",), kinds=_kinds("api"),
    ),
    Intent(
        "dependents", "dependents of",
        (rf"(?:who|what|N) (?:all |else )?{_THAT}{_DEPEND} X", r"(?:dependents?|dependants?|reverse dependencies) of X", r"«(?P<x>\d+)»'s (?:dependents?|dependants?)",
         rf"(?:who|what|N) {_THAT}(?:use|uses|using) X", r"‹(?P<n>\d+)› depending on X", r"dependent on X", r"(?:by )?(?:what|N) (?:is|are) X (?:used|needed|required)(?: by)?"),
        relations=("dependencyOf",), kinds=_kinds("component", "resource", "api", "system"),
    ),
    Intent(
        "dependencies", "dependencies of",
        (rf"(?:what|on what|(?:on )?N) (?:all |else )?(?:does|do) X {_DEPEND}(?: on)?", r"(?:on )?N (?:does|do) X (?:depend|rely)(?: on)?", rf"N {_THAT}(?:on which )?X {_DEPEND}", rf"what X {_DEPEND}",
         r"(?:dependencies|dependency|upstreams?) (?:of|for|does) X(?: have)?", r"«(?P<x>\d+)»'s (?:dependencies|dependency)", r"X dependencies", r"N (?:does|do) X use", r"N (?:that )?X uses?", r"what does X use",
         r"N (?:used|needed|required) by X"),
        relations=("dependsOn",), kinds=_kinds("component", "resource", "system"),
    ),
    Intent(
        "parent", "parent of",
        (r"(?:to )?(?:which |what )*N (?:is|does|are|do) X (?:in|inside|part of|a part of|belong to|belong|sit in|live in|under|within)", rf"N {_THAT}X {_BELONG}", r"N (?:of|for|contains?|has|holds?|includes?|around) X", r"N (?:that )?(?:contains?|includes?|holds?) X",
         r"what is X (?:a )?part of", r"what does X belong to", r"«(?P<x>\d+)»'s ‹(?P<n>\d+)›", r"where does X belong"),
        relations=("partOf",), kinds=_kinds("component", "api", "resource", "system", "domain"), gives=_kinds("system", "domain"),
    ),
    Intent(
        "subteams", "teams under",
        (r"(?:sub-?teams?|sub-?groups?|child (?:teams?|groups?|‹\d+›)|children) (?:of|does|under) X(?: have)?", r"N (?:that )?(?:are |is )?(?:under|below|part of|in|belong to|report to|children of) X", r"child ‹(?P<n>\d+)› of X"),
        relations=("parentOf",), kinds=_kinds("group"), gives=_kinds("group"),
    ),
    Intent(
        "parent team", "parent team of",
        (r"parent(?: team| group| ‹\d+›)? (?:of|for) X", r"«(?P<x>\d+)»'s parent(?: team| group| ‹\d+›)?", r"(?:which |what )*N (?:is|does) X (?:under|part of|in|belong to|report to)", rf"N {_THAT}X {_BELONG}"),
        relations=("childOf",), kinds=_kinds("group"), gives=_kinds("group"),
    ),
    Intent(
        "parts", "parts of",
        (rf"N {_THAT}{_IN} X", rf"what {_THAT}(?:is|are) (?:in|inside|part of|parts of) X", r"what (?:belongs to|makes up) X", r"(?:parts|pieces|contents) of X", r"what (?:does|do) X (?:contain|consist of|include|comprise|have)",
         r"what is X (?:made of|made up of|composed of)", r"N (?:does|do) X (?:contain|consist of|include|comprise|have)", r"N (?:is|are) X (?:made of|made up of|composed of)", r"«(?P<x>\d+)»'s ‹(?P<n>\d+)›"),
        relations=("hasPart",), kinds=_kinds("system", "domain", "component"),
    ),
)  # fmt: skip


def the(name: str) -> Intent:
    """The row of that name. Raises `LookupError`."""
    return next(intent for intent in INTENTS if intent.name == name)
