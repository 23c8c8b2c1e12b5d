"""A meaning worked out on a graph: the exact answer, before it is told."""

from dataclasses import dataclass, replace

from ingest.answers.answer import Fact
from ingest.answers.catalog.evaluation import Evaluation, Hop, Link, Result
from ingest.answers.catalog.expressions import (
    Check,
    Compare,
    Every,
    Expression,
    Having,
    Listing,
    Meaning,
    Named,
    OnCall,
    Path,
    Step,
    named_in,
)
from ingest.answers.catalog.properties import property_named
from ingest.answers.catalog.relations import BY_NAME
from ingest.entities import EntityRef
from ingest.graph import CatalogGraph

#: A name that was not written as in the catalog, with the entities that it may mean.
Unclear = tuple[str, tuple[EntityRef, ...]]
_COMPARED = ("lifecycle", "type", "tags")


@dataclass(frozen=True, slots=True)
class CatalogFinding:
    """The last hop holds the results.

    counted: only their number was asked for. verdict: yes or no, for questions of that kind. path: the links of a chain.
    scores: for superlatives, how many each of `kept` has. unclear: names that may mean several entities; then there is
    no answer but a question back. also: what else was asked in the same sentence.
    """

    meaning: Meaning
    hops: tuple[Hop, ...]
    kept: tuple[EntityRef, ...] = ()
    values: tuple[str, ...] = ()
    counted: bool = False
    verdict: bool | None = None
    path: tuple[Link, ...] = ()
    notes: tuple[str, ...] = ()
    scores: tuple[int, ...] = ()
    unclear: tuple[Unclear, ...] = ()
    also: tuple["CatalogFinding", ...] = ()

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The complete answer: full references, values, one number, or yes or no."""
        own: tuple[Fact, ...] = self.values or tuple(str(ref) for ref in self.kept)
        if self.unclear:
            own = ()
        elif self.verdict is not None:
            own = ("yes" if self.verdict else "no",)
        elif self.counted:
            own = (len(own),)
        return tuple(dict.fromkeys((*own, *(fact for other in self.also for fact in other.facts))))


def worked_out(
    meaning: Meaning, graph: CatalogGraph, *, deep: bool | None, lists_all: bool
) -> CatalogFinding | None:
    """What `meaning` comes to. `lists_all`: a bare kind was asked to be listed; without that it is no question."""
    if unclear := _unclear(meaning):
        return CatalogFinding(meaning, (), unclear=unclear)
    evaluation = Evaluation(graph, deep=deep)
    match meaning:
        case Listing(of=of, counted=counted):
            is_question = counted or lists_all or not _is_bare(of)
            return _listed(meaning, evaluation.result(of), counted=counted) if is_question else None
        case Check(subject=subject, found=wanted):
            return _checked(meaning, evaluation.result(subject), wanted, evaluation)
        case Path(start=start, end=end):
            return _connected(meaning, evaluation.result(start), evaluation.result(end), evaluation)
        case Compare(left=left, right=right):
            return _compared(meaning, evaluation.result(left), evaluation.result(right), evaluation)
        case OnCall(of=of):
            found = evaluation.result(Step(BY_NAME["own"], "doer", of))
            hops = (*found.hops[:-1], replace(found.hops[-1], label="whom to call about"))
            return _listed(meaning, replace(found, hops=hops), counted=False)


def _unclear(meaning: Meaning) -> tuple[Unclear, ...]:
    """Names that were not written as the catalog has them and that fit several entities equally well."""
    return tuple(
        (named.written, named.refs)
        for named in named_in(meaning)
        if not named.sure and len({ref.name for ref in named.refs}) > 1
    )


def _is_bare(one: Expression) -> bool:
    match one:
        case Every() | Having(base=Every(kind=None), field="type", negated=False):
            return True
    return False


def _listed(meaning: Meaning, found: Result, *, counted: bool) -> CatalogFinding:
    return CatalogFinding(
        meaning,
        found.hops or (Hop("", found.refs, found.refs),),
        kept=found.refs,
        values=found.values,
        counted=counted,
        notes=tuple(dict.fromkeys(found.notes)),
        scores=tuple(found.scores.get(ref, 0) for ref in found.refs) if found.scores else (),
    )


def _checked(
    meaning: Meaning, subject: Result, wanted: Expression, evaluation: Evaluation
) -> CatalogFinding | None:
    if not subject.refs:
        return None
    found = evaluation.result(wanted)
    path: tuple[Link, ...] = ()
    if isinstance(wanted, Step) and len(subject.refs) == 1 and evaluation.deep is not False:
        path = evaluation.chain(subject.refs[0], wanted)
    verdict = set(subject.refs) <= set(found.refs) or bool(path)
    hops = (*subject.hops, *found.hops) or (Hop("", subject.refs, subject.refs),)
    return CatalogFinding(meaning, hops, kept=subject.refs, verdict=verdict, path=path)


def _connected(meaning: Meaning, start: Result, end: Result, evaluation: Evaluation) -> CatalogFinding | None:
    if not start.refs or not end.refs:
        return None
    ends = start.refs[0], end.refs[0]
    path = evaluation.path(*ends)
    kept = (ends[0], *(link[2] for link in path)) if path else ()
    return CatalogFinding(meaning, (Hop("connection of", ends, kept),), kept=kept, path=path)


def _compared(meaning: Meaning, left: Result, right: Result, evaluation: Evaluation) -> CatalogFinding | None:
    """Each aspect that either of two entities has: `owner: A | B`."""
    if len(left.refs) != 1 or len(right.refs) != 1:
        return None
    refs = (*left.refs, *right.refs)
    values = []
    for name in _COMPARED:
        read = property_named(name).read
        values.append(
            (name, [", ".join(read(entity)) if (entity := evaluation.graph.get(ref)) else "" for ref in refs])
        )
    for name, side in (("own", "doer"), ("contain", "doer"), ("depend", "object"), ("depend", "doer"), ("provide", "object"), ("consume", "object")):  # fmt: skip
        relation = BY_NAME[name]
        told = [
            ", ".join(
                str(one) for one in evaluation.linked(ref, relation, "doer" if side == "doer" else "object")
            )
            for ref in refs
        ]
        values.append(
            (
                relation.label("doer" if side == "doer" else "object")
                .removesuffix(" of")
                .removesuffix(" by"),
                told,
            )
        )
    kept = tuple(f"{name}: {one or '–'} | {other or '–'}" for name, (one, other) in values if one or other)
    return CatalogFinding(meaning, (Hop("comparison of", refs, values=kept),), values=kept)


__all__ = ["CatalogFinding", "Hop", "Named", "Unclear", "worked_out"]
