"""An item's way in sentences."""

from collections.abc import Iterator

from recsys_core.explanation.journey import Journey, Layer, Standing
from recsys_core.explanation.parting import Parting
from recsys_core.proposals import WORDS

_MOST = 4  # features told


def told(journey: Journey) -> Iterator[str]:
    """One sentence a layer, the outcome first."""
    name = journey.item.title or journey.item.id
    yield (
        f"{name} ({journey.item.id}) is shown at place {journey.place}."
        if journey.place
        else f"{name} ({journey.item.id}) is not shown: the {_WHERE[journey.stopped_at]} decided it."
    )
    yield _user(journey)
    yield from _candidates(journey)
    if journey.ranked is not None:
        yield from _ranker(journey)
        yield from _rules(journey)


_WHERE = {
    Layer.CANDIDATES: "candidate sources",
    Layer.RANKER: "ranker",
    Layer.RULES: "rules",
    Layer.USER: "history",
    Layer.CATALOGUE: "catalogue",
    None: "pipeline",
}


def _user(journey: Journey) -> str:
    heard = "; the item is among them" if journey.heard else ""
    if journey.cold:
        return f"user: no history, so the order of {journey.cold} stands."
    return f"user: {journey.history} items of history{heard}."


def _candidates(journey: Journey) -> Iterator[str]:
    if not journey.allowed:
        yield f"candidates: the surface proposes no {journey.item.vertical.value}."
    elif journey.missing:
        yield f"candidates: the query's {', '.join(map(repr, journey.missing))} is not in title, creator or attributes."
    else:
        places = "; ".join(_standing(each) for each in journey.sources)
        yield f"candidates: {'proposed' if journey.ranked else 'proposed by nobody'}: {places}."


def _standing(each: Standing) -> str:
    if each.source == WORDS:
        return (
            f"it has every word of the query (place {each.rank})"
            if each.rank
            else "too many are more popular"
        )
    if not each.asked:
        return f"{each.source} is not asked here"
    place = f"place {each.rank:,}" if each.rank else "no place, nothing in the history leads to it"
    return f"{each.source} {place}{'' if each.proposes else f', and takes {each.takes:,}'}"


def _ranker(journey: Journey) -> Iterator[str]:
    text = f"ranker: place {journey.ranked:,} of {journey.candidates:,} with {journey.score:.3f}"
    if journey.ranked is not None and journey.ranked > journey.kept:
        text += f"; the best {journey.kept:,} go before the rules"
    if journey.against is not None and journey.against_score is not None and journey.shares:
        text += f"; {journey.against.id} has {journey.against_score:.3f}"
    yield f"{text}."
    if journey.shares:
        shares = (
            f"{each.feature} {each.adds:+.3f}"
            + ("" if each.against is None else f" (there {each.against:+.3f})")
            for each in journey.shares[:_MOST]
        )
        yield f"features that tell the two apart most: {'; '.join(shares)}."


def _rules(journey: Journey) -> Iterator[str]:
    for step in journey.rules:
        if step.after is None:
            yield f"rule {step.rule}: removed it from place {step.before}: {step.reason}."
        else:
            way = "brought it forward" if step.after < step.before else "put it back"
            yield f"rule {step.rule}: {way} from place {step.before} to {step.after}: {step.reason}."
    if not journey.rules:
        yield "rules: none touched it."


def told_of_parting(parting: Parting, *, now: str, before: str) -> Iterator[str]:
    """What changed between two versions, by their names."""
    if parting.layer is Layer.CATALOGUE:
        yield f"against {before}: {'; '.join(parting.changed)}."
        return
    first, last = parting.steps[0].place, parting.steps[-1].place
    yield f"against {before}: there {_shown(first)}, in {now} {_shown(last)}."
    if parting.layer is None:
        yield "the two do not part over it."
        return
    steps = ", ".join(f"+ {each.layer} {_shown(each.place)}" for each in parting.steps if each.layer)
    yield f"they part at the {parting.layer}. Layer by layer from {before} to {now}: {steps}."
    if parting.changed:
        yield f"changed there: {'; '.join(parting.changed)}."


def _shown(place: int | None) -> str:
    return "not shown" if place is None else f"shown at {place}"
