"""What a request leaves unsaid: what a pronoun stands for, what to ask for with candidates, what found no place."""

import re
from collections.abc import Iterable

from tools.routing.filled import Missing
from tools.routing.named import MOST_CANDIDATES
from tools.routing.reading import Reading
from tools.things import Mention, Names, Thing, choices_of

STRONG = {
    Thing.MODEL,
    Thing.MODEL_KIND,
    Thing.DATA,
    Thing.JOB,
    Thing.PROTOCOL,
    Thing.PLAN,
    Thing.PLAYBOOK,
    Thing.REPOSITORY,
}
_PRONOUN = re.compile(r"\b(?:that|it|this|them|(?:the|my|our)(?: \w+)? (?:playbook|run))\b")


def note_missing(reading: Reading) -> None:
    asked = {each.argument for each in reading.filled.missing}
    for name in reading.schema.get("required", ()):
        if name in reading.filled.arguments or name in asked:
            continue
        if value := _meant_by_pronoun(reading, name):
            reading.filled.arguments[name] = value
        else:
            reading.filled.missing.append(Missing(name, reading.described(name), _candidates(reading, name)))


def _meant_by_pronoun(reading: Reading, name: str) -> str | None:
    """`undo that`: the newest plan; `stop it`: the only job that can be meant."""
    names = reading.names.get(name)
    if (
        names is None
        or names.thing not in {Thing.PLAN, Thing.JOB}
        or not _PRONOUN.search(reading.request.lower())
    ):
        return None
    fitting = _candidates(reading, name)
    return fitting[0] if fitting and (names.thing is Thing.PLAN or len(fitting) == 1) else None


def _candidates(reading: Reading, name: str) -> tuple[str, ...]:
    names, known = reading.names.get(name), reading.known
    if names is None:
        return tuple(choices_of(reading.schema["properties"][name]))[:MOST_CANDIDATES]
    jobs = (job.id for job in known.jobs if "active" not in names.kinds or job.is_active)
    served = sorted(known.models.values(), key=lambda model: (not model.aliases, model.name))
    values: Iterable[str] = {
        Thing.MODEL: (model.name for model in served),
        Thing.MODEL_NAME: (model.name for model in served),
        Thing.MODEL_KIND: known.kinds,
        Thing.DATA: known.data,
        Thing.JOB: jobs,
        Thing.PROTOCOL: known.protocols,
        Thing.PLAYBOOK: known.playbooks,
        Thing.REPOSITORY: known.repositories,
        Thing.PLAN: known.plans,
        Thing.ENTITY: _entities(reading, names),
    }.get(names.thing, ())
    return tuple(values)[:MOST_CANDIDATES]


def _entities(reading: Reading, names: Names) -> Iterable[str]:
    """Owners of what is named, then the entities of the kind."""
    catalog = reading.known.catalog
    if catalog is None:
        return ()
    owners = []
    if "group" in names.kinds:
        for link in reading.known.links(reading.request):
            owner = link.entity.ref if link.entity.ref.kind == "group" else link.entity.owner
            owners += [str(owner)] if owner else []
    of_kind = [str(each.ref) for each in catalog.entities if each.ref.kind in names.kinds[:1]]
    return dict.fromkeys((*owners, *of_kind))


def unused(reading: Reading) -> Iterable[Mention]:
    """What the request names surely and no argument took."""
    seen: list[Mention] = list(reading.filled.used)
    if reading.whole:
        return
    for each in sorted(reading.found, key=lambda one: (one.start - one.end, -one.sure)):
        strong = (
            each.thing in STRONG
            or each.thing is Thing.ALIAS
            or (each.thing is Thing.ENTITY and each.sure >= 0.8)
        )
        if strong and each.sure >= 0.5 and not any(each.overlaps(one) for one in seen):
            seen.append(each)
            yield each
