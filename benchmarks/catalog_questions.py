"""Exact catalog answers on any catalog: `python -m benchmarks.catalog_questions FOLDER [--seed 1] [--half held-out]`.

Reads every catalog YAML below FOLDER with PyYAML alone, works out the answers from the specs without the product's
graph, words the questions with `tests/questions/catalog-wordings.tsv`, asks `answer_from_graph`, and prints how many
were exactly right, how many were left to the docs or asked back, and, what must not happen, answered wrongly.
Names are written as people write them: in full, spaced, camel, by title, in lower case, with a slip of the pen.

Half of the wordings, chosen by their hash, is for tuning (`--half tuned`), the other half never is (`--half held-out`).
"""

import argparse
import hashlib
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from ingest.answers.catalog_questions import answer_from_graph
from ingest.graph import CatalogGraph
from ingest.sources.folder import read_folder

WORDINGS = Path(__file__).parents[1] / "tests" / "questions" / "catalog-wordings.tsv"
KINDS = ("component", "api", "resource", "system", "domain", "group", "user", "template")
OWNED = ("component", "api", "resource", "system", "domain", "template")
DEFAULT_KIND = {
    "owner": "group", "system": "system", "domain": "domain", "subdomainOf": "domain", "subcomponentOf": "component",
    "dependsOn": "component", "dependencyOf": "component", "providesApis": "api", "consumesApis": "api",
    "parent": "group", "children": "group", "members": "user", "memberOf": "group",
}  # fmt: skip
Ref = str
Facts = frozenset[str | int]


def read_catalog(folder: Path) -> dict[Ref, dict[str, Any]]:
    """Entities below `folder` by full reference; of two with the same one the first."""
    found: dict[Ref, dict[str, Any]] = {}
    for path in sorted(folder.rglob("*.y*ml")):
        try:
            documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        for document in documents:
            if isinstance(document, dict) and str(document.get("kind", "")).lower() in KINDS:
                metadata = document.get("metadata")
                if isinstance(metadata, dict) and metadata.get("name") and "backstage.io" in str(
                    document.get("apiVersion")
                ):  # fmt: skip
                    document["spec"] = document.get("spec") or {}
                    found.setdefault(_ref_of(document), document)
    return found


def _ref_of(document: Mapping[str, Any]) -> Ref:
    metadata = document["metadata"]
    return f"{document['kind']}:{metadata.get('namespace', 'default')}/{metadata['name']}".lower()


class Edges:
    """The edges of a catalog, read off the specs."""

    def __init__(self, catalog: Mapping[Ref, Mapping[str, Any]]) -> None:
        self.catalog = catalog
        self.edges: dict[str, dict[Ref, set[Ref]]] = defaultdict(lambda: defaultdict(set))
        for ref, document in catalog.items():
            for name, kind in DEFAULT_KIND.items():
                for target in self._targets(document, name, kind):
                    self._add(ref, name, target)

    def _targets(self, document: Mapping[str, Any], name: str, kind: str) -> Iterator[Ref]:
        value = document["spec"].get(name)
        namespace = document["metadata"].get("namespace", "default")
        own = str(document["kind"]).lower()
        if (name in {"parent", "children", "members"} and own != "group") or (
            name == "memberOf" and own != "user"
        ):
            return
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, str) or not re.fullmatch(
                r"(?:[\w-]+:)?(?:[\w-]+/)?[\w.-]+", item.strip()
            ):
                continue
            head, colon, rest = item.strip().partition(":")
            named = head if colon else kind
            rest = rest if colon else head
            yield f"{named}:{rest}".lower() if "/" in rest else f"{named}:{namespace}/{rest}".lower()

    def _add(self, source: Ref, name: str, target: Ref) -> None:
        pairs = {
            "owner": "own", "system": "part", "domain": "part", "subdomainOf": "part", "subcomponentOf": "part",
            "dependsOn": "dep", "providesApis": "prov", "consumesApis": "cons", "parent": "child", "memberOf": "member",
        }  # fmt: skip
        turned = {"dependencyOf": "dep", "children": "child", "members": "member"}
        edge, start, end = (pairs[name], source, target) if name in pairs else (turned[name], target, source)
        self.edges[edge][start].add(end)
        self.edges[f"{edge}~"][end].add(start)

    def step(self, edge: str, *refs: Ref) -> set[Ref]:
        return {target for ref in refs for target in self.edges[edge].get(ref, ())}

    def closure(self, edges: Sequence[str], ref: Ref) -> set[Ref]:
        seen, waiting = {ref}, [ref]
        while waiting:
            here = waiting.pop()
            for edge in edges:
                for target in self.step(edge, here) - seen:
                    seen.add(target)
                    waiting.append(target)
        return seen - {ref}

    def of_kind(self, kind: str) -> list[Ref]:
        return [ref for ref in self.catalog if ref.startswith(f"{kind}:")]

    def spec(self, ref: Ref, key: str) -> str:
        value = self.catalog[ref]["spec"].get(key) if ref in self.catalog else None
        return str(value) if isinstance(value, str | int | float) else ""

    def tags(self, ref: Ref) -> list[str]:
        return [str(tag) for tag in self.catalog[ref]["metadata"].get("tags") or ()]


@dataclass(frozen=True)
class Question:
    intent: str
    wording: str
    text: str
    expected: Facts
    form: str
    slots: Mapping[str, str] = field(default_factory=dict)


def questions(
    catalog: Mapping[Ref, Mapping[str, Any]], *, seed: int, half: str, wordings: Path = WORDINGS
) -> Iterator[Question]:
    facts, chance = Edges(catalog), random.Random(seed)
    names = Names(catalog, chance)
    for line in wordings.read_text(encoding="utf-8").splitlines():
        intent, wording = line.split("\t")
        held_out = hashlib.sha256(wording.encode()).digest()[0] % 2 == 1
        if half != "all" and held_out != (half == "held-out"):
            continue
        options = list(CASES[intent](facts))
        for slots, found in chance.sample(options, min(1, len(options))):
            # Which teams, when people own some of it, are the teams alone.
            teams = "team" in wording and intent.startswith("owner") and any(":" in str(one) for one in found)
            expected = {one for one in found if str(one).startswith("group:")} if teams else found
            text, form = names.filled(wording, slots)
            if expected:
                yield Question(intent, wording, text, frozenset(expected), form, slots)


class Names:
    """Writes entities as people do."""

    def __init__(self, catalog: Mapping[Ref, Mapping[str, Any]], chance: random.Random) -> None:
        self.catalog, self.chance = catalog, chance
        self.taken: Counter[str] = Counter()
        for ref, document in catalog.items():
            self.taken.update({_joined(ref.rpartition("/")[2]), _joined(self._title(document))})

    def filled(self, wording: str, slots: Mapping[str, str]) -> tuple[str, str]:
        form = self.chance.choice(
            ["name", "name", "spaced", "title", "kind", "kind", "camel", "lower", "slip"]
        )
        shown = {
            key: self._written(value, form) if value.partition(":")[0] in KINDS and "/" in value else value
            for key, value in slots.items()
        }
        for key, article in (("x", ""), ("g", ""), ("s", ""), ("a", "")):
            shown[key] = shown.get(key, "") or article
        text = re.sub(r"\{(\w+)\}", lambda match: shown.get(match[1], match[0]), wording)
        return (text.lower() if form == "lower" else text), form

    def _title(self, document: Mapping[str, Any]) -> str:
        profile = document["spec"].get("profile")
        shown = profile.get("displayName") if isinstance(profile, dict) else None
        return str(document["metadata"].get("title") or shown or document["metadata"]["name"])

    def _written(self, ref: Ref, form: str) -> str:
        kind, name = ref.partition(":")[0], str(self.catalog[ref]["metadata"]["name"])
        word = {"group": "team", "api": "API"}.get(kind, kind)
        if self.taken[_joined(name)] > 1:
            return ref if form in {"camel", "slip"} else f"the {word} {name}"
        title = self._title(self.catalog[ref])
        parts = re.split(r"[-_. ]", name)
        forms = {
            "spaced": " ".join(parts),
            "title": title if self.taken[_joined(title)] <= 1 else name,
            "kind": self.chance.choice([f"the {name} {word}", f"{word} {name}", f"the {word} {name}"]),
            "camel": parts[0] + "".join(part.capitalize() for part in parts[1:]),
            "slip": self._slip(name),
        }
        return name if form == "kind" and word in name.lower() else forms.get(form, name)

    def _slip(self, name: str) -> str:
        """Two neighbouring letters swapped, in a name that is long enough to be recognised."""
        at = self.chance.randrange(2, max(len(name) - 2, 3))
        if len(name) < 9 or any(letter.isdigit() for letter in name) or "-" in name[at - 1 : at + 2]:
            return name
        return name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]


def _joined(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def plural(word: str) -> str:
    word = {"api": "API", "group": "team", "user": "user"}.get(word, word)
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def _singular(kind: str) -> str:
    return {"api": "API", "group": "team"}.get(kind, kind)


Case = tuple[dict[str, str], set[Any]]


def _each(kinds: Sequence[str], edge: str, slot: str = "x") -> Any:
    def cases(facts: Edges) -> Iterator[Case]:
        for kind in kinds:
            for ref in facts.of_kind(kind):
                if found := facts.step(edge, ref):
                    yield {slot: ref}, found

    return cases


def _each_kind(kinds: Sequence[str], edge: str, slot: str, *, counted: bool = False) -> Any:
    def cases(facts: Edges) -> Iterator[Case]:
        for kind in kinds:
            for ref in facts.of_kind(kind):
                found = facts.step(edge, ref)
                for wanted in {other.partition(":")[0] for other in found} & set(KINDS):
                    kept = {other for other in found if other.startswith(f"{wanted}:")}
                    yield (
                        {slot: ref, "ks": plural(wanted), "k": _singular(wanted)},
                        {len(kept)} if counted else kept,
                    )

    return cases


def _closure(edge: str) -> Any:
    def cases(facts: Edges) -> Iterator[Case]:
        for ref in facts.of_kind("component") + facts.of_kind("resource"):
            found = facts.closure([edge], ref)
            if found != facts.step(edge, ref):
                yield {"x": ref}, found

    return cases


def _count(edge: str, kinds: Sequence[str], slot: str) -> Any:
    return lambda facts: (
        ({slot: ref}, {len(found)})
        for kind in kinds
        for ref in facts.of_kind(kind)
        if (found := facts.step(edge, ref))
    )


def _spec(key: str) -> Any:
    return lambda facts: (
        ({"x": ref}, {facts.spec(ref, key)})
        for kind in ("component", "api")
        for ref in facts.of_kind(kind)
        if facts.spec(ref, key)
    )


def _filtered(
    *, base: str = "", slot: str = "", by: str = "lifecycle", negated: bool = False, counted: bool = False
) -> Any:
    """Components (or the parts or possessions of something) with or without a lifecycle, a type or a tag."""

    def cases(facts: Edges) -> Iterator[Case]:
        places: Sequence[Ref | None] = [None]
        if base:
            places = facts.of_kind("group" if slot == "g" else "system")
        for place in places:
            for kind in ("component", "api") if by != "type" else ("component",):
                among = [
                    ref
                    for ref in (facts.step(base, place) if place else facts.catalog)
                    if ref.startswith(f"{kind}:")
                ]
                among = [ref for ref in among if ref in facts.catalog]
                values: dict[str, set[Ref]] = defaultdict(set)
                for ref in among:
                    for value in facts.tags(ref) if by == "tag" else [facts.spec(ref, by)]:
                        values[value].add(ref)
                for value, having in values.items():
                    if by == "type" and any(
                        facts.spec(ref, "type") == value and not ref.startswith(("component:", "template:"))
                        for ref in facts.catalog
                    ):
                        continue  # a word for more than components
                    kept = set(among) - having if negated else having
                    if value and kept and (by != "tag" or 0 < len(value) < 25) and kind not in value:
                        slots = {"ks": plural(kind), "k": _singular(kind), "l": value, "tag": value}
                        slots |= {"t": value, "ts": plural(value)} | ({slot: place} if place else {})
                        yield slots, {len(kept)} if counted else kept

    return cases


def _lacking(edge: str, kinds: Sequence[str], to: str = "") -> Any:
    def cases(facts: Edges) -> Iterator[Case]:
        for kind in kinds:
            found = {
                ref
                for ref in facts.of_kind(kind)
                if not any(one.startswith(to) for one in facts.step(edge, ref))
            }
            if found:
                yield {"ks": plural(kind), "k": _singular(kind)}, found

    return cases


def _then(first: Sequence[str], kinds: Sequence[str], slot: str = "x") -> Any:
    def cases(facts: Edges) -> Iterator[Case]:
        for kind in kinds:
            for ref in facts.of_kind(kind):
                found = {ref}
                for edge in first:
                    name, _, only = edge.partition("/")
                    found = {one for one in facts.step(name, *found) if one.startswith(only)}
                if found:
                    yield {slot: ref}, found

    return cases


def _yes(edge: str, x: Sequence[str], other: str, by: Sequence[str]) -> Any:
    def cases(facts: Edges) -> Iterator[Case]:
        targets = [ref for kind in by for ref in facts.of_kind(kind)]
        for kind in x:
            for ref in facts.of_kind(kind)[:40]:
                found = sorted(facts.step(edge, ref) & set(targets))
                if found:
                    yield {"x": ref, other: found[0]}, {"yes"}
                missing = [one for one in targets if one not in facts.closure([edge], ref) and one != ref]
                if found and missing:
                    yield {"x": ref, other: missing[len(missing) // 2]}, {"no"}

    return cases


def _most(edge: str, kind: str, only: str = "") -> Any:
    def cases(facts: Edges) -> Iterator[Case]:
        sizes = {
            ref: sum(one.startswith(only) for one in facts.step(edge, ref)) for ref in facts.of_kind(kind)
        }
        most = max(sizes.values(), default=0)
        if most:
            yield {}, {ref for ref, size in sizes.items() if size == most}

    return cases


def _pairs(edge: str, *, how: str) -> Any:
    def cases(facts: Edges) -> Iterator[Case]:
        refs = [ref for kind in ("component", "resource") for ref in facts.of_kind(kind)]
        having = [ref for ref in refs if facts.step(edge, ref)]
        for left in having:
            for right in having:
                a, b = facts.step(edge, left), facts.step(edge, right)
                found = a & b if how == "both" else a - b
                if left != right and a & b and found:
                    yield {"x": left, "y": right}, found

    return cases


def _dangling(facts: Edges) -> Iterator[Case]:
    found = set()
    for ref, document in facts.catalog.items():
        for name, kind in DEFAULT_KIND.items():
            if any(target not in facts.catalog for target in facts._targets(document, name, kind)):
                found.add(ref)
    yield {}, found


def _impact(facts: Edges, owners: bool = False) -> Iterator[Case]:
    for kind in ("component", "resource", "api"):
        for ref in facts.of_kind(kind):
            found = facts.closure(["dep~", "prov", "cons~"], ref)
            if found and owners:
                told = facts.step("own", *found)
                if told and all(one.startswith("group:") for one in told):
                    yield {"x": ref}, told
            elif found:
                yield {"x": ref}, found


def _source(facts: Edges) -> Iterator[Case]:
    for ref in facts.of_kind("component") + facts.of_kind("api"):
        value = (facts.catalog[ref]["metadata"].get("annotations") or {}).get("backstage.io/source-location")
        if value:
            yield {"x": ref}, {str(value).removeprefix("url:")}


def _metadata(key: str) -> Any:
    def cases(facts: Edges) -> Iterator[Case]:
        for ref in facts.of_kind("component") + facts.of_kind("api"):
            value = facts.catalog[ref]["metadata"].get(key)
            if key == "tags" and value:
                yield {"x": ref}, set(map(str, value))
            elif key == "links" and isinstance(value, list):
                yield (
                    {"x": ref},
                    {str(link["url"]) for link in value if isinstance(link, dict) and link.get("url")},
                )
            elif key == "description" and value:
                yield {"x": ref}, {str(value).strip()}

    return cases


def _kinds(facts: Edges, counted: bool = False) -> Iterator[Case]:
    for kind in KINDS:
        if found := set(facts.of_kind(kind)):
            yield {"ks": plural(kind), "k": _singular(kind)}, {len(found)} if counted else found


def _two_lifecycles(facts: Edges) -> Iterator[Case]:
    refs = facts.of_kind("component")
    values = sorted({facts.spec(ref, "lifecycle") for ref in refs} - {""})
    for left in values:
        for right in values:
            if left != right:
                yield (
                    {"l": left, "l2": right},
                    {ref for ref in refs if facts.spec(ref, "lifecycle") in {left, right}},
                )


def _two_owners(facts: Edges) -> Iterator[Case]:
    groups = [ref for ref in facts.of_kind("group") if facts.step("own~", ref)]
    for left, right in pairwise(groups):
        found = {one for one in facts.step("own~", left, right) if one.startswith("component:")}
        yield {"g": left, "g2": right}, found


def _system_owner(facts: Edges) -> Iterator[Case]:
    for system in facts.of_kind("system"):
        parts = {ref for ref in facts.step("part~", system) if ref.startswith("component:")}
        for group in facts.step("own", *parts):
            if group in facts.catalog:
                yield {"s": system, "g": group, "ks": "components"}, parts & facts.step("own~", group)


def _yes_value(facts: Edges, by: str) -> Iterator[Case]:
    refs = facts.of_kind("component")
    values = sorted(
        {v for ref in refs for v in ([facts.spec(ref, "lifecycle")] if by == "l" else facts.tags(ref))} - {""}
    )
    for ref in refs[:60]:
        own = [facts.spec(ref, "lifecycle")] if by == "l" else facts.tags(ref)
        for value in values[:6] + own:
            if value and any(own):
                yield {"x": ref, by if by == "l" else "tag": value}, {"yes" if value in own else "no"}


def _paths(facts: Edges) -> Iterator[Case]:
    for ref in facts.of_kind("component"):
        for middle in facts.step("dep", ref):
            if middle in facts.catalog and middle != ref:
                yield {"x": ref, "y": middle}, {ref, middle}


CASES: Mapping[str, Any] = {
    "owner": _each(OWNED, "own"),
    "owned": _each(("group",), "own~", "g"),
    "owned_kind": _each_kind(("group",), "own~", "g"),
    "owned_type": _filtered(base="own~", slot="g", by="type"),
    "deps": _each(("component", "resource"), "dep"),
    "deps_kind": _each_kind(("component",), "dep", "x"),
    "rdeps": _each(("component", "resource"), "dep~"),
    "rdeps_kind": _each_kind(("component", "resource"), "dep~", "x"),
    "tdeps": _closure("dep"),
    "trdeps": _closure("dep~"),
    "provides": _each(("component",), "prov"),
    "providers": _each(("api",), "prov~", "a"),
    "consumes": _each(("component",), "cons"),
    "consumers": _each(("api",), "cons~", "a"),
    "parts": _each(("system",), "part~", "s"),
    "parts_kind": _each_kind(("system",), "part~", "s"),
    "system_of": lambda facts: (
        case
        for case in _each(("component", "api", "resource"), "part")(facts)
        if all("system:" in r for r in case[1])
    ),
    "domain_of": _each(("system",), "part", "s"),
    "domain_systems": lambda facts: (
        ({"d": d}, found)
        for d in facts.of_kind("domain")
        if (found := {r for r in facts.step("part~", d) if r.startswith("system:")})
    ),
    "domain_components": lambda facts: (
        ({"d": d}, found)
        for d in facts.of_kind("domain")
        if (
            found := {
                r
                for s in facts.step("part~", d)
                if s.startswith("system:")
                for r in facts.step("part~", s)
                if r.startswith("component:")
            }
        )
    ),
    "subparts": _each(("component",), "part~"),
    "members": _each(("group",), "member~", "g"),
    "teams": _each(("user",), "member", "u"),
    "children": _each(("group",), "child~", "g"),
    "parent": _each(("group",), "child", "g"),
    "lifecycle": _spec("lifecycle"),
    "type": _spec("type"),
    "tags": _metadata("tags"),
    "links": _metadata("links"),
    "description": _metadata("description"),
    "source": _source,
    "count_kind": lambda facts: _kinds(facts, counted=True),
    "count_owned": _each_kind(("group",), "own~", "g", counted=True),
    "count_members": _count("member~", ("group",), "g"),
    "count_deps": _count("dep", ("component",), "x"),
    "count_rdeps": _count("dep~", ("component", "resource"), "x"),
    "count_lifecycle": _filtered(counted=True),
    "count_parts": _each_kind(("system",), "part~", "s", counted=True),
    "list_kind": _kinds,
    "list_lifecycle": _filtered(),
    "list_not_lifecycle": _filtered(negated=True),
    "list_type": _filtered(by="type"),
    "list_tag": _filtered(by="tag"),
    "no_owner": _lacking("own", ("component", "api", "resource", "system")),
    "no_system": _lacking("part", ("component", "api", "resource"), "system:"),
    "no_dependents": _lacking("dep~", ("component", "resource")),
    "unused_apis": _lacking("cons~", ("api",)),
    "no_provider": _lacking("prov~", ("api",)),
    "owned_lifecycle": _filtered(base="own~", slot="g"),
    "owned_not_lifecycle": _filtered(base="own~", slot="g", negated=True),
    "system_lifecycle": _filtered(base="part~", slot="s"),
    "system_owner": _system_owner,
    "or_lifecycle": _two_lifecycles,
    "or_owner": _two_owners,
    "and_deps": _pairs("dep~", how="both"),
    "dep_not": _pairs("dep~", how="not"),
    "owner_of_system": _then(["part/system", "own"], ("component", "api", "resource")),
    "owner_of_provider": _then(["prov~", "own"], ("api",), "a"),
    "members_of_owner": _then(["own/group", "member~"], ("component", "api")),
    "domain_of_system": _then(["part/system", "part/domain"], ("component", "api")),
    "owners_of_deps": _then(["dep", "own"], ("component",)),
    "owners_of_consumers": _then(["cons~", "own"], ("api",), "a"),
    "lifecycle_of_provider": lambda facts: (
        ({"a": a}, found)
        for a in facts.of_kind("api")
        if (found := {facts.spec(one, "lifecycle") for one in facts.step("prov~", a)} - {""})
    ),
    "apis_of_team": _then(["own~/component", "prov"], ("group",), "g"),
    "deps_of_system_parts": _then(["part~/component", "dep"], ("system",), "s"),
    "yes_depends": _yes("dep", ("component",), "y", ("component", "resource")),
    "yes_owns": _yes("own", ("component",), "g", ("group",)),
    "yes_lifecycle": lambda facts: _yes_value(facts, "l"),
    "yes_in": _yes("part", ("component",), "s", ("system",)),
    "yes_tag": lambda facts: _yes_value(facts, "tag"),
    "impact": _impact,
    "impact_owners": lambda facts: _impact(facts, owners=True),
    "most_dependents": _most("dep~", "component"),
    "most_owner": _most("own~", "group", "component:"),
    "most_consumers": _most("cons~", "api"),
    "biggest_team": _most("member~", "group"),
    "biggest_system": _most("part~", "system", "component:"),
    "path": _paths,
    "dangling": _dangling,
    "common_deps": _pairs("dep", how="both"),
}


@dataclass(frozen=True)
class Scored:
    """`outcome`: exact, wrong, or left (to the docs, or asked back)."""

    question: Question
    outcome: str
    got: Sequence[str | int]
    milliseconds: float


def asked(found: Sequence[Question], graph: CatalogGraph) -> list[Scored]:
    """Each question with what the product says."""
    scored = []
    for question in found:
        start = time.process_time()
        finding = answer_from_graph(question.text, graph)
        spent = 1000 * (time.process_time() - start)
        if finding is None or finding.unclear:
            scored.append(Scored(question, "left", (), spent))
            continue
        right = frozenset(map(_lower, finding.facts)) == frozenset(map(_lower, question.expected))
        scored.append(Scored(question, "exact" if right else "wrong", finding.facts, spent))
    return scored


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--half", choices=("tuned", "held-out", "all"), default="tuned")
    parser.add_argument("--wordings", type=Path, default=WORDINGS, help="lines of intent, tab, wording")
    parser.add_argument("--show", action="store_true", help="print each question that was not exactly right")
    options = parser.parse_args()
    graph = CatalogGraph(read_folder(options.folder).entities)
    found = questions(
        read_catalog(options.folder), seed=options.seed, half=options.half, wordings=options.wordings
    )
    scored = asked(list(found), graph)
    for one in scored if options.show else ():
        if one.outcome != "exact":
            print(
                f"{one.outcome:6} {one.question.intent:18} {one.question.text}\n       {one.question.wording}"
            )
            print(
                f"       want {sorted(map(str, one.question.expected))[:6]}\n       got  {sorted(map(str, one.got))[:6]}"
            )
    by_intent: dict[str, Counter[str]] = defaultdict(Counter)
    for one in scored:
        by_intent[one.question.intent][one.outcome] += 1
    for intent, counts in by_intent.items():
        if counts["exact"] < counts.total():
            print(
                f"{intent:22} {counts['exact']}/{counts.total()}"
                + (f", wrong {counts['wrong']}" if counts["wrong"] else "")
            )
    total, number = sum(by_intent.values(), Counter()), max(len(scored), 1)
    print(
        f"{options.half}: exact {total['exact']}/{number} = {total['exact'] / number:.3f}, left {total['left']}, "
        f"wrong {total['wrong']}; {sum(one.milliseconds for one in scored) / number:.1f} CPU-ms a question, "
        f"at most {max((one.milliseconds for one in scored), default=0):.0f}"
    )


def _lower(fact: str | int) -> str | int:
    return fact.lower() if isinstance(fact, str) else fact


if __name__ == "__main__":
    main()
