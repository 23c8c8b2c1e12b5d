"""From a request in words to an action and its arguments, without a language model.

1. `mentions` finds what the request names: models, data, jobs, entities, numbers, days.
2. `likeness` compares the request, with a word of its kind for each of these, with the phrases of every action.
3. `filling` fills the arguments of every action, and says what is missing and what is left over.
4. `evidence` weighs all of that for each action, and for none of them.

Nothing is called here, and a request that asks how something is done is a question, whatever it is about.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tools.action import Action
from tools.catalogue import Actions
from tools.effect import Effect
from tools.ports import Meaning
from tools.routing.clauses import CHANGES, first_word, leans_on_the_rest, said_to_do
from tools.routing.evidence import ForAction, ForNone, Weights, shares, weighed
from tools.routing.filled import Filled
from tools.routing.filling import fill
from tools.routing.known import Known
from tools.routing.likeness import Fit, Phrasebook
from tools.routing.mentions import mentions
from tools.routing.missing import STRONG
from tools.routing.phrasing import begins_as_no_order, content, masked, stems
from tools.routing.spelling import Spelling
from tools.things import Mention, Thing

ASK, NONE = "ask", "none"
NEAR = 0.30
"""How alike a request that names nothing and the best passage are, at least, if it is about what is indexed."""
CLOSE = 0.6
"""Two actions are both shown when the second is at least this share as likely as the first."""
_TELLING = frozenset(Thing) - {Thing.NUMBER, Thing.MOMENT, Thing.ALIAS, Thing.SURFACE}
_QUESTION = re.compile(
    r"^(?:in|on|at|for|to|from|with|by|of|under|since) (?:which|what|whom|whose)\b|^(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|does|do|did|has|have|am|can i|can we|should|may|would|will|could)"
    r"(?:'s|'re|'d|’s|s)?\b|\?\s*$"
)
_WHAT = re.compile(r"^(?:who|whom|whose|when|where|why|which|what)(?:'s|’s|s)?\b")
_HOW_TO = re.compile(
    r"^(?:how (?:do|can|should|would|to|does|is|are|come)\b|what (?:is the|are the|'s the)? ?(?:way|steps|procedure|process|command)\b"
    r"|what (?:do|should) (?:i|we)\b|what does\b|what is an?\b|why\b|(?:can|may|should) (?:i|we)\b|is it (?:ok|safe|possible|allowed)\b"
    r"|explain\b|when (?:do|should|is|does)\b|where (?:do|can|is|are|does)\b|tell me (?:how|why|about)\b)"
    r"|\b(?:what (?:do|should|can) (?:i|we) do|how (?:do|can|should) (?:i|we))\b"
)


@dataclass(frozen=True)
class Choice:
    """An action that the request may mean. score: how likely, 0 to 1, beside all others and none."""

    action: str
    score: float
    filled: Filled


@dataclass(frozen=True)
class Route:
    """The best choices, best first; none when nothing fits. close: the second fits about as well."""

    choices: tuple[Choice, ...]
    close: bool
    nearest: tuple[str, ...]


@dataclass(frozen=True)
class Weighing:
    """Everything that is known of a request: arguments and evidence by action, and the evidence for none."""

    filled: dict[str, Filled]
    actions: dict[str, ForAction]
    none: ForNone


@dataclass(frozen=True)
class _Shape:
    """What kind of sentence a request is; verb: the stem of its first word that says something; things: that is a plural."""

    verb: str
    things: bool
    asks: bool
    asks_what: bool
    how_to: bool
    order: bool
    about: bool
    foreign: bool
    under_way: bool
    words: tuple[str, ...]

    @property
    def changes(self) -> bool:
        return self.verb in CHANGES and not self.asks and not self.things


class Router:
    """Over the actions of one process; `never` are those that a request is not routed to."""

    def __init__(self, actions: Actions, *, never: Sequence[str] = ()) -> None:
        self._actions = actions
        self._book = Phrasebook(actions, without=never)
        self._spelling = Spelling(self._book.vocabulary)

    def route(self, request: str, known: Known, meaning: Meaning | None, *, today: date) -> Route:
        """Call it on a worker thread."""
        weighing = self.weigh(request, known, meaning, today=today)
        return decided(weighing)

    def weigh(self, request: str, known: Known, meaning: Meaning | None, *, today: date) -> Weighing:
        """The evidence alone."""
        found = mentions(request, known, today=today)
        shape = self._shape(self._shown(request, found), request, found, known)
        fits = self._fits(request, found, meaning)
        beginning = sum(self._book.begins(fit.action, shape.verb) for fit in fits)
        filled, evidence = {}, {}
        for fit in fits:
            action: Action[Any, Any] = self._actions.get(fit.action)
            filled[fit.action] = fill(
                action, request, found, known, means=self._book.meant(fit), spelling=self._spelling
            )
            evidence[fit.action] = self._for(fit, action, filled[fit.action], shape, beginning)
        none = ForNone(
            always=1.0,
            foreign_verb=float(shape.changes and not beginning),
            names_nothing=float(not shape.about),
            foreign=float(shape.foreign),
            order=float(shape.order),
        )
        return Weighing(filled, evidence, none)

    def _shown(self, request: str, found: Sequence[Mention]) -> str:
        return self._spelling.corrected(masked(request, found))

    def _shape(self, whole: str, request: str, found: Sequence[Mention], known: Known) -> _Shape:
        shown = said_to_do(whole, asks=bool(_QUESTION.search(whole)))
        verb, asks = first_word(shown), bool(_QUESTION.search(shown))
        about = any(each.sure >= 0.5 and each.thing in _TELLING for each in found)
        return _Shape(
            verb=verb,
            things=begins_as_no_order(shown),
            asks=asks,
            asks_what=bool(_WHAT.search(shown)),
            how_to=bool(_HOW_TO.search(shown)),
            order=not asks and not begins_as_no_order(shown) and (verb in CHANGES or self._book.leads(verb)),
            about=about,
            foreign=not about and known.closeness(request) < NEAR,
            under_way=any(each.thing in {Thing.JOB, Thing.PLAN} for each in found),
            words=content(stems(shown)),
        )

    def _fits(self, request: str, found: Sequence[Mention], meaning: Meaning | None) -> tuple[Fit, ...]:
        """Read both ways where an entity is called by words that phrases have as well, such as `training job`."""
        plainly = [
            each
            for each in found
            if each.thing is not Thing.ENTITY
            or "-" in request[each.start : each.end]
            or not self._book.has_words(request[each.start : each.end])
        ]
        ways = [self._shown(request, each) for each in (found, plainly)]
        orders = (said_to_do(way, asks=bool(_QUESTION.search(way))) for way in ways)
        readings = dict.fromkeys((*ways, *(order for order in orders if not leans_on_the_rest(order))))
        best: dict[str, Fit] = {}
        for shown in readings:
            for fit in self._book.fits(shown, meaning):
                if fit.action not in best or best[fit.action].score < fit.score:
                    best[fit.action] = fit
        return tuple(best.values())

    def _for(
        self, fit: Fit, action: Action[Any, Any], filled: Filled, shape: _Shape, beginning: int
    ) -> ForAction:
        is_ask, begins = action.name == ASK, self._book.begins(action.name, shape.verb)
        unknown = sum(not self._book.knows(action.name, word) for word in shape.words) / (
            len(shape.words) or 1
        )
        strong = sum(each.thing in STRONG for each in filled.used)
        return ForAction(
            words=fit.words_shared,
            nearest=fit.nearest,
            belongs=fit.belongs,
            second=fit.second,
            begins=float(shape.changes and begins) / (beginning or 1),
            foreign_verb=float(shape.changes and not begins),
            known_verb=float(self._book.knows(action.name, shape.verb)),
            effect_of_question=float(shape.asks and action.effect is not Effect.READS),
            effect_of_what=float(shape.asks_what and action.effect is not Effect.READS),
            not_how_to=float(shape.how_to and not is_ask),
            used=min(strong, 3),
            filled=min(3, max(0, len(filled.arguments) - len(filled.used))) * (not is_ask),
            missing=min(len(filled.missing), 2),
            unused=min(len(filled.unused), 2),
            unknown=unknown * (not is_ask),
            unknown_effect=unknown * (action.effect is not Effect.READS),
            ask=float(is_ask),
            ask_question=float(is_ask and shape.asks),
            ask_how_to=float(is_ask and shape.how_to),
            ask_order=float(is_ask and shape.order),
            ask_foreign=float(is_ask and shape.foreign),
            ask_under_way=float(is_ask and shape.under_way),
        )


def decided(weighing: Weighing, weights: Weights | None = None) -> Route:
    """The likeliest, or none."""
    scores = {
        name: weighed(each, weights)
        for name, each in weighing.actions.items()
        if not (each.foreign_verb or each.effect_of_what)
    }
    likely = shares({**scores, NONE: weighed(weighing.none, weights)})
    order = sorted(scores, key=lambda name: (-likely[name], name))
    if not order or likely[order[0]] < likely[NONE]:
        return Route((), False, tuple(order[:2]))
    best = [Choice(name, round(likely[name], 3), weighing.filled[name]) for name in order[:2]]
    close = len(best) > 1 and best[1].score >= CLOSE * best[0].score
    return Route(tuple(best if close else best[:1]), close, tuple(order[:2]))
