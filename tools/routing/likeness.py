"""How well a request fits each action: by the words and by the meaning of the phrases that ask for it."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import log
from typing import Any

from tools.action import Action
from tools.catalogue import Actions
from tools.example import Example
from tools.ports import Meaning
from tools.routing.phrasing import STOP, content, phrase_of, stems
from tools.things import choices_of, said_of

_BIGRAM = 0.6
_STOPPED = 0.15


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to ask for an action; example is None for what its description says."""

    action: str
    text: str
    words: Counter[str]
    example: Example | None = None

    @property
    def verb(self) -> str:
        """The stem of its first word that says something."""
        return next(iter(content(stems(self.text))), "")


@dataclass(frozen=True, slots=True)
class Fit:
    """How well the request fits an action: `score` picks among readings, the rest is evidence.

    words_shared: with the best phrase. nearest, belongs: see `Kinship`, 0 without an embedder. second: of the second
    best phrase. phrase: the best one; words: the request's.
    """

    action: str
    score: float
    words_shared: float
    nearest: float
    belongs: float
    second: float
    phrase: Phrase
    words: frozenset[str]


class Phrasebook:
    """The phrases of all actions, weighted by how few actions use a word."""

    def __init__(self, actions: Actions, *, without: Sequence[str] = ()) -> None:
        others = [
            (info.name, text)
            for info in actions.list()
            for name, field in actions.get(info.name).input.model_fields.items()
            for text in (*said_of(field).words, *choices_of(info.input_schema["properties"][name]))
        ]
        self._said = {(name, stem) for name, text in others for stem in stems(text)}
        self._others = tuple(text.lower() for _, text in others)
        self._phrases = tuple(
            phrase
            for info in actions.list()
            if info.name not in without
            for phrase in _phrases(actions.get(info.name))
        )

    @cached_property
    def _groups(self) -> Mapping[str, Sequence[str]]:
        groups: dict[str, list[str]] = {}
        for phrase in self._phrases:
            groups.setdefault(phrase.action, []).append(phrase.text)
        return groups

    @cached_property
    def _rarity(self) -> Mapping[str, float]:
        users: dict[str, set[str]] = {}
        for phrase in self._phrases:
            for word in phrase.words:
                users.setdefault(word, set()).add(phrase.action)
        count = len({phrase.action for phrase in self._phrases})
        return {word: log(1 + count / len(used)) for word, used in users.items()}

    @cached_property
    def _weighed(self) -> Sequence[tuple[Phrase, float]]:
        return tuple((phrase, sum(map(self._weight, phrase.words))) for phrase in self._phrases)

    @cached_property
    def _words(self) -> Set[tuple[str, str]]:
        told = {(phrase.action, word) for phrase in self._phrases for word in phrase.words}
        return told | self._said

    @cached_property
    def _verbs(self) -> Set[tuple[str, str]]:
        return frozenset((phrase.action, phrase.verb) for phrase in self._phrases)

    @cached_property
    def _leading(self) -> Set[str]:
        return frozenset(phrase.verb for phrase in self._phrases if phrase.example)

    @property
    def vocabulary(self) -> Set[str]:
        """Words of phrases, and of arguments' other names."""
        return frozenset(
            re.findall(r"[a-z]+", " ".join((*(phrase.text for phrase in self._phrases), *self._others)))
        )

    def fits(self, request: str, meaning: Meaning | None) -> tuple[Fit, ...]:
        """Of every action. request: masked. Without `meaning` by words alone."""
        words = _counted(request)
        weights = {word: self._weight(word) for word in words}
        whole = sum(weights.values())
        kin = meaning.kinship(request, self._groups) if meaning is not None else None
        scored: dict[str, list[tuple[float, float, float, Phrase]]] = {}
        for phrase, weight in self._weighed:
            # Weight of the words they share over that of all, 0 to 1.
            both = 2 * sum(weights[word] for word in weights.keys() & phrase.words.keys())
            shared = both / (whole + weight) if whole + weight else 0.0
            near = kin.alike[phrase.text] if kin is not None else shared
            scored.setdefault(phrase.action, []).append((shared + near, shared, near, phrase))
        return tuple(
            _fit(name, found, kin.belongs[name] if kin is not None else 0.0, frozenset(words))
            for name, found in scored.items()
        )

    def knows(self, action: str, word: str) -> bool:
        """Whether a phrase of the action has the stem."""
        return (action, word) in self._words

    def has_words(self, text: str) -> bool:
        """Whether phrases have every word of the text."""
        return all(word in self._rarity for word in stems(text))

    def begins(self, action: str, word: str) -> bool:
        """Whether a phrase of the action, or its name, begins with the stem."""
        return (action, word) in self._verbs

    def leads(self, word: str) -> bool:
        """Whether a phrase of any action begins with the stem: then it is a verb."""
        return word in self._leading

    def meant(self, fit: Fit) -> Mapping[str, Any]:
        """What the best phrase means, if the request has at least half of the words that only such phrases have."""
        if fit.phrase.example is None or not fit.phrase.example.means:
            return {}
        usual = {
            word
            for phrase in self._phrases
            if phrase.action == fit.action and phrase.example and not phrase.example.means
            for word in phrase.words
        }
        own = {word for word in fit.phrase.words.keys() - usual if " " not in word and word not in STOP}
        return fit.phrase.example.means if 2 * len(own & fit.words) >= len(own) else {}

    def _weight(self, word: str) -> float:
        first, _, second = word.partition(" ")
        if second:
            return _BIGRAM * (self._weight(first) + self._weight(second)) / 2
        return _STOPPED if word in STOP else self._rarity.get(word, 2.5)


def _fit(
    name: str, found: list[tuple[float, float, float, Phrase]], belongs: float, words: frozenset[str]
) -> Fit:
    found.sort(key=lambda each: -each[0])
    best = found[0]
    return Fit(
        action=name,
        score=best[0] + belongs,
        words_shared=max(each[1] for each in found),
        nearest=max(each[2] for each in found),
        belongs=belongs,
        second=(found[1][0] if len(found) > 1 else 0.8 * best[0]) / 2,
        phrase=best[3],
        words=words,
    )


def _counted(text: str) -> Counter[str]:
    words = stems(text)
    return Counter((*words, *(f"{first} {second}" for first, second in pairwise(words))))


def _phrases(action: Action[Any, Any]) -> Sequence[Phrase]:
    own = [
        Phrase(action.name, text, _counted(text), example)
        for example in action.examples
        if (text := phrase_of(example, action))
    ]
    told = (action.name.replace("_", " "), action.info.title.lower())
    return (*own, *(Phrase(action.name, text, _counted(text)) for text in told))
