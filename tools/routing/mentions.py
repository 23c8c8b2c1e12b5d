"""Finds what a request names: each reader knows one kind of thing, and a span may be read in several ways."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache

from tools.routing.dates import moments
from tools.routing.jobs import jobs_in
from tools.routing.known import Known, KnownModel
from tools.routing.numerals import spelt
from tools.things import Mention, Thing

_ALSO_CALLED = {
    "item_knn": ("knn", "k nn", "nearest neighbour", "nearest neighbor", "nearest neighbours"),
    "als": ("matrix factorization", "matrix factorisation", "alternating least squares"),
    "popularity": ("most popular", "popularity baseline"),
    "item2vec": ("item to vec", "item embeddings"),
    "sequential": ("sasrec", "sequential model", "sequential transformer"),
}
_ALIAS_SAID = {"production": ("prod", "live"), "staging": ("staged",)}
BY_ALIAS = "by alias"
"""Kind of a mention of a model by an alias that stands elsewhere; an action that takes aliases has its own use for it."""
BARE = "bare version"
"""Kind of a mention of a model by nothing but the number of its version."""
_BARE = re.compile(r"\b(?:version |v\.? ?)(\d+)\b")
_DATA_CALLED = {"ml": ("movielens", "movie lens")}
_NUMBER = re.compile(r"(?<![\w.@:/-])(-?\d+(?:[.,]\d+)?)(?![\w@:/]|\.\d|-\w)")
_RELEASE = re.compile(r"(?<![\w:@.-])v?(\d+(?:\.\d+)+(?:[a-z0-9.+-]*[a-z0-9])?)(?![\w:@])|(?<===)(\S+)")
_PLAN = re.compile(r"\b[0-9a-f]{64}\b")
_MY_PLAN = re.compile(
    r"\b(?:(?:my|the|that|this|your)\s+)?(?:(?:last|latest|newest|most recent|previous|current)\s+)?plan\b(?!s)"
    r"|\b(?:what (?:i|we|you) (?:just )?did|the last (?:thing|change|action|one))\b"
)
_METRIC = re.compile(r"\b(ndcg|recall|precision|mrr|hit|map|coverage|auc)(?:[-_ @]+(?:at )?(\d+))?\b")
_VERSION = r"(?:\s*[:@]\s*|\s+(?:version\s+|v\.?\s?))(?P<version>\d+)\b"
_NAMES = frozenset({Thing.ALIAS, Thing.SURFACE, Thing.DATA, Thing.PLAYBOOK, Thing.METRIC, Thing.NUMBER})
_HIDES: dict[Thing, frozenset[Thing]] = {
    Thing.ENTITY: _NAMES,
    Thing.MODEL: _NAMES | {Thing.ENTITY},
    Thing.MODEL_KIND: _NAMES,
    Thing.JOB: _NAMES | {Thing.ENTITY},
    Thing.DATA: frozenset({Thing.NUMBER, Thing.ENTITY}),
    Thing.PROTOCOL: frozenset({Thing.NUMBER, Thing.ENTITY}),
    Thing.REPOSITORY: _NAMES | {Thing.ENTITY},
    Thing.PLAYBOOK: frozenset({Thing.NUMBER, Thing.ENTITY}),
    Thing.METRIC: frozenset({Thing.NUMBER}),
    Thing.PLAN: frozenset({Thing.NUMBER}),
    Thing.MOMENT: frozenset({Thing.NUMBER}),
}
"""What a longer mention of a thing hides: `podcast index` is a model and no `index`; a job may be called by its model."""
_QUOTED = re.compile(r"[\"“`']([^\"”`'\n]{1,200})[\"”`']")


def mentions(request: str, known: Known, *, today: date) -> tuple[Mention, ...]:
    """Every reading, in the order of the request; the surest of a span first."""
    text = request.lower()
    found = [
        *_models(text, known),
        *_listed(text, known),
        *_entities(request, known),
        *_plans(text, known),
        *_metrics(text),
        *_numbers(text),
        *(_release(match) for match in _RELEASE.finditer(text)),
        *moments(text, today=today),
    ]
    found = [*found, *_elliptical(text, found, known)]
    found += jobs_in(text, known.jobs, taken=found)
    return tuple(sorted(_without_parts(found), key=lambda each: (each.start, -each.sure)))


def _without_parts(found: Sequence[Mention]) -> Iterator[Mention]:
    """A mention inside a longer one of the same thing is none, nor is a number inside a name."""
    for each in found:
        wider = (
            other
            for other in found
            if other.start <= each.start
            and each.end <= other.end
            and other.end - other.start > each.end - each.start
        )
        if not any(other.thing is each.thing or each.thing in _HIDES.get(other.thing, ()) for other in wider):
            yield each


@lru_cache(maxsize=4_096)
def pattern_of(name: str) -> re.Pattern[str]:
    """A name in any joint: `item_knn`, `item-knn`, `item knn`, `itemknn`."""
    parts = [re.escape(part) for part in re.split(r"[-_. ]+", name.lower()) if part]
    return re.compile(rf"(?<![\w@:/.-]){r'[-_. ]?'.join(parts)}(?:s|'s|’s)?(?![\w/]|[-.]\w)")


def _models(text: str, known: Known) -> Iterator[Mention]:
    for model in known.models.values():
        for called in (model.name, *_ALSO_CALLED.get(model.name, ())):
            for match in pattern_of(called).finditer(text):
                yield from _versions(text, match.start(), match.end(), model)
    for kind in known.kinds:
        for called in (kind, *_ALSO_CALLED.get(kind, ())):
            for match in pattern_of(called).finditer(text):
                yield Mention(Thing.MODEL_KIND, kind, match.start(), match.end())


def _versions(text: str, start: int, end: int, model: KnownModel) -> Iterator[Mention]:
    """The model's name, and the version that is meant: `als:3`, `als v3`, `version 3 of als`, `als@production`, …"""
    yield Mention(Thing.MODEL_NAME, model.name, start, end)
    if after := re.match(_VERSION, text[end:]):
        yield Mention(Thing.MODEL, f"{model.name}:{after['version']}", start, end + after.end())
        return
    if (after := re.match(r"\s(\d+)\b(?! ?\w+s\b)(?!\.)", text[end:])) and 1 <= int(after[1]) <= model.newest:
        yield Mention(Thing.MODEL, f"{model.name}:{after[1]}", start, end + after.end(), sure=0.9)
    if before := re.search(r"\b(?:version |v)(\d+) of (?:the )?$", text[:start]):
        yield Mention(Thing.MODEL, f"{model.name}:{before[1]}", before.start(), end)
        return
    if at := re.match(r"@([a-z0-9][a-z0-9._-]*)", text[end:]):
        yield Mention(Thing.MODEL, f"{model.name}@{at[1]}", start, end + at.end())
        return
    for alias, said in _aliases(model.aliases):
        if before := re.search(rf"\b{re.escape(said)}(?:'s)? $", text[:start]):
            yield Mention(Thing.MODEL, f"{model.name}@{alias}", before.start(), end)
            return
        if after := re.match(rf"(?: model)? (?:in|from|on) {re.escape(said)}\b", text[end:]):
            yield Mention(Thing.MODEL, f"{model.name}@{alias}", start, end + after.end())
            yield Mention(Thing.MODEL, model.name, start, end, sure=0.9)
            return
    yield Mention(Thing.MODEL, model.name, start, end)


def _aliases(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each alias with each word for it."""
    for alias in names:
        yield alias, alias
        yield from ((alias, said) for said in _ALIAS_SAID.get(alias, ()))


def _elliptical(text: str, found: Sequence[Mention], known: Known) -> Iterator[Mention]:
    """What stands for a version of the only model that is named: `does pipeline v2 beat v1`, `staging against production
    for pipeline`, `whatever is on staging for pipeline`."""
    named = {each.value for each in found if each.thing is Thing.MODEL_NAME}
    if len(named) != 1 or (model := known.models.get(next(iter(named)))) is None:
        return
    versions = [each for each in found if each.thing is Thing.MODEL]
    for match in _BARE.finditer(text):
        value, at = f"{model.name}:{match[1]}", match.span()
        if int(match[1]) <= model.newest and not any(_within(at, each) for each in versions):
            yield Mention(Thing.MODEL, value, *at, sure=0.8, kind=BARE)
    held = [
        Mention(Thing.MODEL, f"{model.name}@{each.value}", each.start, each.end, sure=0.8, kind=BY_ALIAS)
        for each in found
        if each.thing is Thing.ALIAS and each.value in model.aliases
        if not any(_within((each.start, each.end), one) for one in versions)
    ]
    if all(each.value == model.name for each in versions):
        yield from held


def _within(at: tuple[int, int], each: Mention) -> bool:
    return each.start <= at[0] and at[1] <= each.end


def _listed(text: str, known: Known) -> Iterator[Mention]:
    lists: tuple[tuple[Thing, Iterable[str]], ...] = (
        (Thing.DATA, known.data),
        (Thing.PROTOCOL, known.protocols),
        (Thing.ALIAS, known.aliases),
        (Thing.PLAYBOOK, known.playbooks),
        (Thing.REPOSITORY, known.repositories),
        (Thing.SURFACE, known.surfaces),
        (Thing.ACTION, (name for name in known.actions if "_" in name)),
    )
    for thing, names in lists:
        for name in names:
            for called in (name, *_other_names(thing, name)):
                for match in pattern_of(called).finditer(text):
                    plain = (
                        thing is Thing.ACTION and "_" not in match[0]
                    )  # `compare models`, `docs health`: words
                    yield Mention(thing, name, match.start(), match.end(), sure=0.4 if plain else 1.0)


def _other_names(thing: Thing, name: str) -> Iterator[str]:
    """`movielens` and `movielens 100k` for the data set `ml-100k`; `prod` for the alias `production`."""
    if thing is Thing.ALIAS:
        yield from (
            said for said in _ALIAS_SAID.get(name, ()) if said != "live"
        )  # which is no name, but tells a state
    first, _, rest = name.partition("-")
    if thing is Thing.DATA:
        for called in _DATA_CALLED.get(first, ()):
            yield from (called, f"{called} {rest}") if rest else (called,)


def _entities(request: str, known: Known) -> Iterator[Mention]:
    for link in known.links(request):
        start = request.lower().find(link.mention.lower())
        if start < 0:
            continue
        end = start + len(link.mention)
        ref = link.entity.ref
        yield Mention(Thing.ENTITY, str(ref), start, end, sure=link.score, kind=ref.kind)
        for name in known.models_of(link.entity):
            yield Mention(Thing.MODEL, name, start, end, sure=0.5 * link.score)
            yield Mention(Thing.MODEL_NAME, name, start, end, sure=0.5 * link.score)


def _plans(text: str, known: Known) -> Iterator[Mention]:
    for match in _PLAN.finditer(text):
        yield Mention(Thing.PLAN, match[0], match.start(), match.end())
    for match in _MY_PLAN.finditer(text):
        yield Mention(Thing.PLAN, known.plans[0] if known.plans else "", match.start(), match.end(), sure=0.8)


def _metrics(text: str) -> Iterator[Mention]:
    for match in _METRIC.finditer(text):
        cut = match[2] or ("" if match[1] in {"mrr", "auc", "coverage", "map"} else "10")
        yield Mention(Thing.METRIC, f"{match[1]}@{cut}" if cut else match[1], match.start(), match.end())


def _release(match: re.Match[str]) -> Mention:
    """`2.12.1`, `v1.4`, `==2.0`; a number as well where it has one point only."""
    return Mention(Thing.VERSION, match[1] or match[2], match.start(), match.end(), sure=0.7)


def _numbers(text: str) -> Iterator[Mention]:
    for match in _NUMBER.finditer(text):
        yield Mention(Thing.NUMBER, match[1].replace(",", "."), match.start(), match.end())
    for start, end, value in spelt(text):
        yield Mention(Thing.NUMBER, str(value), start, end, sure=0.6)


def quoted(request: str) -> tuple[str, ...]:
    """What stands in quotation marks."""
    return tuple(match[1].strip() for match in _QUOTED.finditer(request))
