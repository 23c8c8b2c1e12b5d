"""Gaps: questions that the docs did not answer, or answered badly, grouped by what they ask.

A gap is mended when the last answer to what it asks was none of these: because somebody asked again, or because the
index was built anew and the question was put to it (`tools.questions.again`).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tools.ports import Catalog, Library, Refs
from tools.questions.asked import AskedAgain, AskedQuestion, Outcome, Place, plain
from tools.questions.log import QuestionLog
from tools.questions.rating import Rating

MOST_TEXTS = 400
"""Distinct questions that are grouped, the most frequent: grouping takes the square of them."""
_SHOWN = 5


class Standing(StrEnum):
    """Whether the docs answer it by now."""

    OPEN = "open"
    MENDED = "mended"


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions with one meaning that failed. `question` is the most frequent of `phrasings`.

    `asks` counts them however they were answered, `failures` those that were not, `badly_rated` those whose answer did not
    help. `entity` is what they are about, "" when nothing of the catalog, `owner` whom to ask, "" when nobody is known.
    `askers` are hashes, `first` and `last` seconds since the epoch.
    """

    id: str
    question: str
    phrasings: tuple[str, ...]
    asks: int
    failures: int
    badly_rated: int
    askers: frozenset[str]
    teams: tuple[str, ...]
    first: float
    last: float
    nearest: tuple[Place, ...]
    entity: str
    owner: str
    comments: tuple[str, ...]
    standing: Standing


@dataclass(frozen=True, slots=True)
class _Known:
    """What the log knows of each question besides that it failed."""

    ratings: dict[str, tuple[Rating, ...]]
    tally: dict[str, tuple[int, float]]
    again: dict[str, AskedAgain]


def gaps(log: QuestionLog, library: Library, catalog: Catalog, refs: Refs) -> tuple[Gap, ...]:
    """All gaps about what `catalog` shows, the most failures first. The same log gives the same gaps."""
    known = _Known(log.ratings(), log.tally(), {each.question: each for each in log.asked_again()})
    by_text: dict[str, list[AskedQuestion]] = {}
    for asked in log.failures():
        if asked.standalone.strip() and _may_be_shown(asked, catalog, refs):
            by_text.setdefault(plain(asked.standalone), []).append(asked)
    texts = sorted(by_text, key=lambda text: (-len(by_text[text]), text))[:MOST_TEXTS]
    about = [_subject(by_text[text]) for text in texts]
    groups = library.same_meaning([by_text[text][-1].standalone for text in texts], about)
    found = [_gap([by_text[texts[place]] for place in group], known, catalog, refs) for group in groups]
    return tuple(sorted(found, key=lambda gap: (-gap.failures, gap.id)))


def _gap(alike: Sequence[Sequence[AskedQuestion]], known: _Known, catalog: Catalog, refs: Refs) -> Gap:
    lead = alike[0]
    failed = sorted((asked for each in alike for asked in each), key=lambda asked: (asked.at, asked.id))
    texts = [plain(each[0].standalone) for each in alike]
    bad = [rating for asked in failed for rating in known.ratings.get(asked.id, ()) if not rating.helpful]
    nearest = _nearest(failed)
    entity = next((subject for each in alike if (subject := _subject(each))), "")
    return Gap(
        id=gap_id(lead[0].standalone),
        question=lead[-1].standalone,
        phrasings=tuple(each[-1].standalone for each in alike[:_SHOWN]),
        asks=sum(known.tally.get(text, (len(each), 0.0))[0] for text, each in zip(texts, alike, strict=True)),
        failures=len(failed),
        badly_rated=len({asked.id for asked in failed if not asked.failed}),
        askers=frozenset(asked.asker for asked in failed),
        teams=tuple(sorted({team for asked in failed for team in asked.teams})),
        first=failed[0].at,
        last=failed[-1].at,
        nearest=nearest,
        entity=entity,
        owner=_owner((entity, *(place.entity for place in nearest)), catalog, refs),
        comments=tuple(dict.fromkeys(rating.comment for rating in bad if rating.comment))[:_SHOWN],
        standing=_standing(failed[-1], texts, known),
    )


def gap_id(question: str) -> str:
    """Stays the same while the same question leads the group."""
    return hashlib.blake2b(plain(question).encode(), digest_size=5).hexdigest()


def _standing(last: AskedQuestion, texts: Iterable[str], known: _Known) -> Standing:
    answered = any(known.tally.get(text, (0, 0.0))[1] > last.at for text in texts)
    again = [known.again[text] for text in texts if text in known.again]
    newer = [each for each in again if each.at > last.at]
    if newer:
        return Standing.MENDED if all(_mends(each, last) for each in newer) else Standing.OPEN
    return Standing.MENDED if answered and last.failed else Standing.OPEN


def _mends(again: AskedAgain, last: AskedQuestion) -> bool:
    """An answer where there was none, or one that rests on something else than the one that did not help."""
    return again.after is not Outcome.ABSTAINED and (last.failed or again.cited != last.cited)


def _subject(asked: Sequence[AskedQuestion]) -> str:
    return next((each.entities[0] for each in asked if each.entities), "")


def _nearest(failed: Sequence[AskedQuestion]) -> tuple[Place, ...]:
    """The places that came nearest most often, each page once."""
    votes: Counter[tuple[str, str]] = Counter()
    places: dict[tuple[str, str], Place] = {}
    for asked in failed:
        for place in asked.cited or asked.nearest:
            votes[place.page] += 1
            places.setdefault(place.page, place)
    return tuple(places[page] for page, _ in sorted(votes.items(), key=lambda each: (-each[1], each[0])))[
        :_SHOWN
    ]


def _owner(candidates: Iterable[str], catalog: Catalog, refs: Refs) -> str:
    """The owner of the first of these entities that has one."""
    for text in filter(None, candidates):
        entity = catalog.get(refs.parse(text))
        if entity is not None and entity.owner is not None:
            return str(entity.owner)
    return ""


def _may_be_shown(asked: AskedQuestion, catalog: Catalog, refs: Refs) -> bool:
    """Whether all that the question touches may be seen: another's question must not tell what is hidden."""
    touched = {*asked.entities, *(place.entity for place in (*asked.cited, *asked.nearest))}
    return all(catalog.get(refs.parse(text)) is not None for text in touched)
