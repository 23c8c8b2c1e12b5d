"""Expressions to entities: the only place that looks at the graph, and it knows no words.

Every step leaves a `Hop`: which entities it started from and what it found, so that the answer can cite their cards.
"""

from collections import Counter, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

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
)
from ingest.answers.catalog.relations import IMPACT, Relation, Side
from ingest.entities import EntityRef
from ingest.graph import CatalogGraph

Refs = tuple[EntityRef, ...]
#: Source, relation type, target.
Link = tuple[EntityRef, str, EntityRef]
_CHAINS = frozenset({"depend", "use", "contain", "parent"})


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of the derivation: from `subjects` by `label` to the results, with how many steps away each is."""

    label: str
    subjects: Refs
    results: Refs = ()
    values: tuple[str, ...] = ()
    depths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """`notes` say what was done beyond the words: parts of parts, what subteams own."""

    refs: Refs
    hops: tuple[Hop, ...] = ()
    values: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    scores: dict[EntityRef, int] = field(default_factory=dict)


class Evaluation:
    """Works out expressions on one graph; `deep` follows every relation to its end, False only one step."""

    def __init__(self, graph: CatalogGraph, *, deep: bool | None = None) -> None:
        self.graph, self.deep = graph, deep

    def result(self, one: Expression) -> Result:  # noqa: PLR0911 - a return a case
        match one:
            case Named(refs=refs):
                return Result(refs[:1])
            case Every() | Having() | Either() if is_filter(one):
                every = (entity.ref for entity in self.graph.entities)
                return Result(tuple(sorted(ref for ref in every if self._admits(one, ref))))
            case Having(base=base):
                return self._kept(self.result(base), one)
            case Step():
                return self._step(one, among=None)
            case Both(left=left, right=right):
                return self._both(left, right)
            case Either(left=left, right=right):
                return self._either(self.result(left), self.result(right))
            case Without(left=left, right=right):
                start, less = self.result(left), self.result(right)
                return Result(
                    tuple(ref for ref in start.refs if ref not in set(less.refs)), (*start.hops, *less.hops)
                )
            case Linked(base=base):
                start = self.result(base)
                kept = tuple(ref for ref in start.refs if self._is_linked(ref, one))
                return Result(kept, start.hops, notes=start.notes)
            case Impact(of=of):
                start = self.result(of)
                types = IMPACT if self.deep is not False else IMPACT[:1]
                return self._walked(start, types, "affected by an outage of", deep=self.deep is not False)
            case Dangling(targets=targets):
                return self._dangling(targets)
            case Ranked():
                return self._ranked(one)
            case Values(property=prop, of=of):
                start = self.result(of)
                entities = [entity for ref in start.refs if (entity := self.graph.get(ref)) is not None]
                values = tuple(dict.fromkeys(value for entity in entities for value in prop.read(entity)))
                return Result(
                    (), (*start.hops, Hop(prop.label, start.refs, values=values)), values, start.notes
                )
        raise AssertionError(f"no way to work out {one!r}")

    def chain(self, subject: EntityRef, wanted: Step) -> tuple[Link, ...]:
        """How `subject` stands on that side of a relation to what is wanted, through others of the same relation."""
        if wanted.relation.name not in _CHAINS:
            return ()
        other: Side = "object" if wanted.side == "doer" else "doer"
        ends = self.result(wanted.of).refs
        types = wanted.relation.types(other)
        return next((path for end in ends[:1] if (path := self._shortest(subject, end, lambda _: types))), ())

    def path(self, start: EntityRef, end: EntityRef) -> tuple[Link, ...]:
        """The shortest chain of relations between two entities, in whichever directions they point.

        Owners tie everything to everything: a chain through one says little, so there is none.
        """

        def followed(here: EntityRef) -> tuple[str, ...] | None:
            return None if here in {start, end} or here.kind not in {"group", "user"} else ()

        return self._shortest(start, end, followed)

    def _shortest(
        self, start: EntityRef, end: EntityRef, types: Callable[[EntityRef], Collection[str] | None]
    ) -> tuple[Link, ...]:
        came: dict[EntityRef, Link] = {}
        waiting = deque([start])
        while waiting and end not in came:
            here = waiting.popleft()
            for relation in self.graph.relations(here, types=types(here)):
                if relation.target not in came and relation.target != start:
                    came[relation.target] = (here, relation.type, relation.target)
                    waiting.append(relation.target)
        links: list[Link] = []
        here = end
        while here in came:
            links.append(came[here])
            here = came[here][0]
        return tuple(reversed(links))

    def _admits(self, wanted: Expression, ref: EntityRef) -> bool:
        """Whether an entity passes a filter; what is not in the catalog has nothing but a kind to go by."""
        match wanted:
            case Every(kind=kind):
                return kind in (None, ref.kind) and ref.kind != "location"
            case Having(base=base):
                return self._admits(base, ref) and self._has(ref, wanted)
            case Either(left=left, right=right):
                return self._admits(left, ref) or self._admits(right, ref)
        return False

    def _has(self, ref: EntityRef, wanted: Having) -> bool:
        entity = self.graph.get(ref)
        if entity is None:
            return False
        if wanted.field == "tag":
            own = {tag.lower() for tag in entity.tags}
        else:
            value = {"type": entity.type, "lifecycle": entity.lifecycle, "namespace": ref.namespace}[
                wanted.field
            ]
            own = {value.lower()} if value else set()
            if wanted.negated and wanted.field == "lifecycle" and not own:
                return ref.kind in {"component", "api"}
        return bool(own & set(wanted.values)) != wanted.negated

    def _kept(self, start: Result, wanted: Having) -> Result:
        kept = tuple(ref for ref in start.refs if self._has(ref, wanted))
        return Result(kept, start.hops, notes=start.notes)

    def _both(self, left: Expression, right: Expression) -> Result:
        if is_filter(left):
            found = self._step(right, among=left) if isinstance(right, Step) else self.result(right)
            kept = tuple(ref for ref in found.refs if self._admits(left, ref))
            if not kept and (note := _loosely(left)) and found.refs and isinstance(right, Step):
                return Result(found.refs, found.hops, notes=(*found.notes, note), scores=found.scores)
            return Result(kept, found.hops, notes=found.notes, scores=found.scores)
        one, other = self.result(left), self.result(right)
        kept = tuple(ref for ref in one.refs if ref in set(other.refs))
        return Result(kept, (*one.hops, *other.hops), notes=(*one.notes, *other.notes))

    def _either(self, one: Result, other: Result) -> Result:
        refs = tuple(dict.fromkeys((*one.refs, *other.refs)))
        hops = list(one.hops)
        for hop in other.hops:
            same = next((at for at, known in enumerate(hops) if known.label == hop.label), None)
            if same is None:
                hops.append(hop)
            else:
                known = hops[same]
                hops[same] = Hop(
                    known.label,
                    tuple(dict.fromkeys((*known.subjects, *hop.subjects))),
                    tuple(dict.fromkeys((*known.results, *hop.results))),
                )
        return Result(refs, tuple(hops), notes=(*one.notes, *other.notes))

    def _step(self, one: Step, *, among: Expression | None) -> Result:
        start = self.result(one.of)
        types, label = one.relation.types(one.side), one.relation.label(one.side)
        deep = self.deep if one.deep is None else one.deep
        if (one.relation.name, one.side) == ("own", "object"):
            return self._owned(start, label, deep=deep)
        found = self._walked(start, types, label, deep=bool(deep))
        if deep is None and not self._any(found, among) and one.relation.name in {"contain", "member"}:
            further = self._walked(start, self._further(one), label, deep=True)
            kept = tuple(
                ref
                for ref in further.refs
                if ref.kind in one.relation.kinds(one.side) - {"group"} or one.relation.name == "contain"
            )
            if self._any(further, among) and kept:
                return Result(kept, further.hops, notes=further.notes)
        return found

    def _further(self, one: Step) -> tuple[str, ...]:
        """Parts of parts; members of subteams."""
        types = one.relation.types(one.side)
        return (*types, "parentOf") if one.relation.name == "member" and one.side == "object" else types

    def _owned(self, start: Result, label: str, *, deep: bool | None) -> Result:
        """What teams own; also what teams under them own when that was asked for, or when they own nothing."""
        found = self._walked(start, ("ownerOf",), label, deep=False)
        teams = tuple(ref for one in start.refs for ref in self.graph.reach(one, {"parentOf"}))
        below = self._walked(Result(teams, start.hops), ("ownerOf",), "owned by teams under", deep=False)
        more = tuple(ref for ref in below.refs if ref not in set(found.refs))
        if not more or deep is False:
            return found
        if deep is None and found.refs:
            return replace(found, notes=(*found.notes, f"Teams under it own {len(more)} more."))
        note = (
            f"Of these, {len(more)} belong to teams under it."
            if found.refs
            else "All belong to teams under it."
        )
        hops = (*found.hops, Hop("owned by teams under", teams, below.refs))
        return Result((*found.refs, *more), hops, notes=(*found.notes, note))

    def _any(self, found: Result, among: Expression | None) -> bool:
        return any(among is None or self._admits(among, ref) for ref in found.refs)

    def _walked(self, start: Result, types: Collection[str], label: str, *, deep: bool) -> Result:
        depths: dict[EntityRef, int] = {}
        for subject in start.refs:
            # What a system contains are its components, not the components' own parts.
            within = None if subject.kind == "component" else "component"
            reached = self.graph.steps_to(
                subject, types, depth=None if deep else 1, ends=within if "hasPart" in types else None
            )
            for ref, depth in reached.items():
                if ref not in depths or depth < depths[ref]:
                    depths[ref] = depth
        refs = tuple(sorted(depths, key=lambda ref: depths[ref]))
        hop = Hop(label, start.refs, refs, depths=tuple(depths[ref] for ref in refs) if deep else ())
        return Result(refs, (*start.hops, hop), notes=start.notes)

    def _is_linked(self, ref: EntityRef, one: Linked) -> bool:
        found = self.linked(ref, one.relation, one.side)
        return any(one.kind in (None, other.kind) for other in found) != one.negated

    def linked(self, ref: EntityRef, relation: Relation, side: Side) -> tuple[EntityRef, ...]:
        """What stands on that side of the relation to `ref`, one step away."""
        return tuple(found.target for found in self.graph.relations(ref, types=relation.types(side)))

    def _dangling(self, targets: bool) -> Result:
        relations = self.graph.dangling
        sources = tuple(dict.fromkeys(relation.source for relation in relations))
        missing = tuple(dict.fromkeys(relation.target for relation in relations))
        hop = Hop("relations to entities that are not in the catalog, from", sources, missing)
        return Result(missing if targets else sources, (hop,))

    def _ranked(self, one: Ranked) -> Result:
        start = self.result(one.base)
        sizes: Counter[EntityRef] = Counter()
        for ref in start.refs:
            sizes[ref] = len(self._counted(ref, one))
        if not sizes:
            return Result((), start.hops)
        best = min(sizes.values()) if one.fewest else max(sizes.values())
        kept = tuple(ref for ref in start.refs if sizes[ref] == best and (best or one.fewest))
        return Result(kept, start.hops, scores={ref: sizes[ref] for ref in kept})

    def _counted(self, ref: EntityRef, one: Ranked) -> set[EntityRef]:
        found = {
            other for other in self.linked(ref, one.relation, one.side) if self._passes(one.among, other)
        }
        if not found and one.relation.name == "contain" and one.side == "object":
            found = {
                other
                for other in self.graph.steps_to(ref, one.relation.types(one.side), ends="component")
                if self._passes(one.among, other)
            }
        return found

    def _passes(self, among: Expression, ref: EntityRef) -> bool:
        return self._admits(among, ref) if is_filter(among) else ref in self.result(among).refs


def _loosely(wanted: Expression) -> str:
    """Some nouns are said of more than they name; what is told then, "" for all others."""
    match wanted:
        case Every(kind="group"):
            return "It is no team."
        case Having(base=Every(), field="type", values=("service",), negated=False):
            return "None is of the type service."
    return ""
