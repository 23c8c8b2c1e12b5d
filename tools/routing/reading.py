"""A request read for one action: what it names, where the action's phrases have its arguments, and what is taken."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from tools.action import Action
from tools.routing.contexts import Contexts
from tools.routing.filled import Filled
from tools.routing.known import Known
from tools.routing.mentions import BARE, BY_ALIAS, quoted
from tools.routing.spelling import Spelling
from tools.things import Mention, Names, Thing, names_of, said_of

_NEVER = re.compile(r"^(?:context|before|(?:\w+_)?offset|max_chars)$")
"""Arguments that continue an earlier answer; no request names them."""
_SAME = {"team": "group", "teams": "group", "squads": "group", "people": "user", "persons": "user"}


class Reading:
    """at: where an argument's value stands; spent: where words stand that became a value of a list."""

    def __init__(
        self,
        action: Action[Any, Any],
        request: str,
        found: Sequence[Mention],
        known: Known,
        *,
        spelling: Spelling,
    ) -> None:
        self.request, self.known, self.found = request, known, found
        self.schema = action.info.input_schema
        self.contexts = Contexts(action.examples, request, words=spelling.words)
        self._spelling = spelling
        self.filled = Filled()
        self.at: dict[str, Mention] = {}
        self.spent: set[int] = set()
        properties = self.schema.get("properties", {})
        takes = {name: field for name, field in action.input.model_fields.items() if not _NEVER.match(name)}
        self.names = {name: names_of(name, field, properties[name]) for name, field in takes.items()}
        self.said = {name: said_of(field) for name, field in takes.items()}
        order = sorted(takes, key=self._turn)
        self.properties = {name: properties[name] for name in order}
        # Beside a question the others narrow it: only what a phrase leads to is that, not all that the question names.
        self.whole = any(names and names.thing is Thing.REQUEST for names in self.names.values())

    def _turn(self, name: str) -> tuple[int, bool, float]:
        """What is told apart by the words around it goes first, so that it is not taken for something else."""
        names = self.names[name]
        named = [each for each in self.found if names and each.thing in {names.thing, *names.also}]
        return _late(names), not self.contexts.has(name), -self.contexts.strength(name, named)

    @cached_property
    def _told_elsewhere(self) -> frozenset[str]:
        """Models of which the request tells alias or versions elsewhere: their name alone is not the newest version."""
        if self._takes_alias:
            return frozenset()
        by_alias = {each.value.partition("@")[0] for each in self.found if each.kind == BY_ALIAS}
        bare = [each.value.partition(":")[0] for each in self.found if each.kind == BARE]
        return frozenset(by_alias | {name for name in bare if bare.count(name) > 1})

    @property
    def _takes_alias(self) -> bool:
        return any(names is not None and names.thing is Thing.ALIAS for names in self.names.values())

    def free(self, names: Names) -> Iterable[Mention]:
        wanted = {names.thing, *names.also}
        for each in sorted(self.found, key=lambda one: (-one.sure, one.start)):
            if each.thing not in wanted or not each.value or (each.kind == BY_ALIAS and self._takes_alias):
                continue
            if each.thing is Thing.MODEL and each.value in self._told_elsewhere:
                continue
            if any(each.overlaps(used) for used in self.filled.used):
                continue
            if (
                names.kinds
                and each.thing in {Thing.ENTITY, Thing.JOB}
                and names.thing is each.thing
                and each.kind not in names.kinds
            ):
                continue
            yield each

    def words(self) -> Iterable[tuple[str, int]]:
        for match in re.finditer(r"[\w.@:/-]+", self.request.lower()):
            word = match[0].strip(".-:")
            yield word, match.start()
            if (meant := self._spelling.word(word)) != word:
                yield meant, match.start()
            if word in _SAME:
                yield _SAME[word], match.start()

    def is_word(self, text: str) -> bool:
        """Whether phrases have it, so that it names nothing."""
        return text in self._spelling.words

    def says(self, text: str) -> bool:
        """Whether the words of `text` stand in the request one after the other, in one number or the other."""
        words = r"\W+".join(rf"{re.escape(word.removesuffix('s'))}s?" for word in text.split())
        return re.search(rf"\b{words}\b", self._as_meant) is not None

    @cached_property
    def _as_meant(self) -> str:
        """The request in lower case, without slips."""
        return re.sub(r"[a-z]+", lambda match: self._spelling.word(match[0]), self.request.lower())

    def quoted(self, pattern: str) -> str | None:
        """What stands in quotation marks and is no other argument yet."""
        taken = self.filled.arguments.values()
        fitting = (text for text in quoted(self.request) if text not in taken and re.search(pattern, text))
        return next(fitting, None)

    def described(self, name: str) -> str:
        return str(self.schema["properties"][name].get("description", ""))


def _late(names: Names | None) -> int:
    """Free texts after what is known, numbers last of what is known."""
    if names is None or names.thing in {Thing.REQUEST, Thing.NEW_NAME}:
        return 2
    return 1 if names.thing in {Thing.NUMBER, Thing.ALIAS} else 0
