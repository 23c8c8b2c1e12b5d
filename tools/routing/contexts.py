"""Where in a request an argument stands, by the words around its brace in an action's phrases."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from tools.example import BRACE, Example
from tools.routing.phrasing import STOP, stems
from tools.things import Mention

_END = re.compile(
    r"(?<!\s)\s+(?:on|for|with|from|by|in|to|and|of|using|as|at|owned|under|over|because|since|until|that|,)\s"
    r"|[,;?!]|\.(?:\s|$)|$"
)
_NEGATED = re.compile(r"\s+(?:not|never|no)$", re.IGNORECASE)
"""Words behind a value that belong to the verb after it: `x is not shown` where a phrase has `is {item} shown`."""
_TOKEN = re.compile(r"\s*[\"'`“]?(?P<token>[A-Za-z0-9][\w.+:/@-]*)")
_ADJACENT = re.compile(r"\{([a-z][a-z0-9_]*)\}\s*$")
_NEXT = re.compile(r"\s*(?:[\w-]+\s+)?\{([a-z][a-z0-9_]*)\}")
_QUOTES = " \"'`“”.?!,"
_ORDERED = {(stem,) for stem in stems("top first last latest newest oldest best recent only most")}
_AT_MOST = {stems(words) for words in ("at most", "up to", "no more", "not more")}
_OF_THEM = {
    stems(words) for words in ("of them", "of those", "will do", "is enough", "are enough", "at most")
}
_ASKING = {"what", "which", "who", "whom", "whose", "where", "when", "how", "why"}
_MOST_WORDS = 4  # of a name


@dataclass(frozen=True, slots=True)
class _Around:
    """The stems on both sides of a brace, at most two, up to the next brace.

    behind: the argument right before it; ahead: the one after it, with at most one word between.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    behind: str
    ahead: str = ""

    @property
    def tells(self) -> bool:
        """Whether one of the words says something."""
        return any(word not in STOP for word in (*self.left, *self.right[:1]))


class Contexts:
    """The request read with the phrases of one action."""

    def __init__(self, examples: Iterable[Example], request: str, *, words: Set[str] = frozenset()) -> None:
        """words: those of all phrases, which name nothing."""
        self._request, self._text, self._words = request, request.lower(), words
        self._around: dict[str, list[_Around]] = {}
        self._keys: dict[str, list[str]] = {}
        for example in examples:
            for brace in BRACE.finditer(example.says):
                if brace[2]:
                    self._keys.setdefault(brace[1], []).append(brace[2])
                name = f"{brace[1]}.{brace[2]}" if brace[2] else brace[1]
                self._around.setdefault(name, []).append(_around(example.says, brace))

    def has(self, name: str) -> bool:
        return name in self._around

    def is_called(self, name: str) -> bool:
        """Whether the request has the argument's own name, as in `of type kafka-topic`."""
        return stems(name)[-1:] != () and stems(name)[-1] in stems(self._text)

    def keys_of(self, name: str) -> Sequence[str]:
        """Keys of an object that phrases name."""
        return tuple(dict.fromkeys(self._keys.get(name, ())))

    def best(self, name: str, found: Sequence[Mention]) -> Mention:
        """The mention that stands where the phrases have `name`; else the first."""

        return max(found, key=lambda each: (round(each.sure, 1) + self.strength(name, (each,)), -each.start))

    def strength(self, name: str, found: Sequence[Mention]) -> float:
        """How well the words around the best of the mentions are those of `name` in some phrase, 0 to 0.45."""
        return max((self._fits(name, each) for each in found), default=0.0)

    def _fits(self, name: str, mention: Mention) -> float:
        before, after = stems(self._text[: mention.start]), stems(self._text[mention.end :])
        left = max((_ending(before, one.left) for one in self._of(name)), default=0.0)
        right = any(one.right and one.right[:1] == after[:1] for one in self._of(name))
        return 0.3 * left + 0.15 * right

    def has_lead(self, name: str) -> bool:
        """Whether the request has the word that leads to `name` in some phrase."""
        words = stems(self._text)
        return any(one.left and one.left[-1] in words for one in self._of(name))

    def follows(self, name: str, mention: Mention) -> bool:
        """Whether `mention` stands somewhere behind a word that leads to `name`."""
        before = stems(self._text[: mention.start])
        return any(one.left and one.left[-1] in before for one in self._of(name))

    def stands_at(self, name: str, mention: Mention) -> bool:
        """Whether the words beside a number are those of a phrase, or the argument's own name."""
        if self.beside(mention, name.replace("_", " ")):
            return True
        before, after = stems(self._text[: mention.start]), stems(self._text[mention.end :])
        for one in self._of(name):
            left = bool(one.left) and one.left[-1:] == before[-1:]
            right = bool(one.right) and one.right[:1] == after[:1]
            telling = (left and one.left[-1] not in STOP) or (right and one.right[0] not in STOP)
            if telling or (left and right):
                return True
        return False

    def counts(self, number: Mention) -> bool:
        """`top 5`, `the last 5 of them`, `5 newest`, `5 of them`: how many are wanted."""
        before, after = stems(self._text[: number.start]), stems(self._text[number.end :])
        ordered = before[-1:] in _ORDERED or after[:1] in _ORDERED
        return ordered or before[-2:] in _AT_MOST or after[:2] in _OF_THEM

    def beside(self, number: Mention, called: str) -> bool:
        """`64 factors`, `factors 64`, `factors = 64`, `factors of 64`, `set factors to 64`."""
        wanted = stems(called)
        after = stems(self._text[number.end : number.end + 40])[: len(wanted)]
        part = re.split(r"[,;]", self._text[: number.start])[-1]
        before = stems(re.sub(r"\b(?:of|to|is|at|be)\s*$|[=:]\s*$", "", part))
        return after == wanted or before[-len(wanted) :] == wanted

    def token(
        self,
        name: str,
        pattern: str,
        *,
        long: bool = False,
        slug: bool = False,
        any_word: bool = False,
        apart: Sequence[Mention] = (),
    ) -> str | None:
        """The word, or the words of a long text, where a phrase has `name`.

        slug: several words become one name. any_word: also one that phrases have, since it is looked up afterwards.
        """
        for one in self._leads(name, weak=bool(pattern)):
            lead = r"\W+".join(rf"{re.escape(word)}\w*" for word in one.left)
            for start in re.finditer(rf"\b{lead}\W+(?:(?:the|a|an|it|my)\s+)?", self._text):
                value = self._value(start.end(), pattern, one.right, long=long, slug=slug)
                tells = any_word or (long and one.left[-1] not in STOP | _ASKING)
                if value and not tells and value.lower() in self._words:
                    continue
                if value and not any(each.start <= start.end() < each.end for each in apart):
                    return value
        return None

    def ahead(self, name: str) -> str | None:
        """The word before those that follow `name` in a phrase: `platform owns it`."""
        for one in self._of(name):
            tells = bool(one.right) and one.right[0] not in STOP
            if tells and (match := re.search(rf"([\w.-]+)\s+{re.escape(one.right[0])}", self._text)):
                return match[1]
        return None

    def assigned(self, name: str) -> tuple[int, int] | None:
        """Where the value stands of `name=value` or `name: value`."""
        match = re.search(rf"\b{re.escape(name)}\s*[=:]\s*([\w.+:/@-]*[\w/])", self._text)
        return match.span(1) if match else None

    def behind(self, name: str, arguments: Mapping[str, Any], pattern: str) -> str | None:
        """The word behind the value of the argument that stands before `name` in a phrase: `httpx 0.28.1`."""
        for one in self._of(name):
            value = arguments.get(one.behind)
            if isinstance(value, str) and value:
                match = re.search(rf"{re.escape(value)}\s+([\w.+:/@-]+)", self._request)
                token = match[1].rstrip(".:/-") if match else ""
                if token and re.search(pattern, token):
                    return token
        return None

    def before(self, name: str, at: Mapping[str, Mention], pattern: str) -> str | None:
        """The word before the argument that follows `name` in a phrase: `scipy to 1.16.2`. at: where others stand."""
        for one in self._of(name):
            if (following := at.get(one.ahead)) is None:
                continue
            words = re.findall(r"[\w.+/@-]+", self._request[: following.start])
            said = (word.rstrip(".-") for word in reversed(words))
            telling = (word for word in said if word and word.lower() not in STOP | _ASKING)
            # Where any word would do, one of the phrases' own is none: `what would u15 get from …`.
            token = next((word for word in telling if pattern or word.lower() not in self._words), "")
            if token and re.search(pattern, token):
                return token
        return None

    def like(self, sample: str) -> str | None:
        """The word that ends as `sample` does: `runbook.md` for `index.md`."""
        ending = re.search(r"\.[a-z]{1,5}$", sample)
        found = re.search(rf"[\w./-]+{re.escape(ending[0])}\b", self._request) if ending else None
        return found[0] if found else None

    def rest(self, name: str) -> str | None:
        """What follows the words that lead to `name`, up to those behind it: `search the docs for X`."""
        for one in sorted(self._of(name), key=lambda one: -len(one.left)):
            if not one.left:
                continue
            lead = r"\W+".join(rf"{re.escape(word)}\w*" for word in one.left)
            end = r"\s+" + r"\W+".join(rf"{re.escape(word)}\w*" for word in one.right) if one.right else "$"
            if match := re.search(rf"\b{lead}[\s:]+(?P<rest>\S.*?){end}", self._text):
                return self._request[slice(*match.span("rest"))].strip(_QUOTES)
        words = {one.left[-1] for one in self._of(name) if one.left and not one.right} - {"the"}
        either = "|".join(map(re.escape, words))
        match = re.search(rf"\b(?:{either})\w*[\s:]+(?P<rest>\S.*)$", self._text) if words else None
        return self._request[slice(*match.span("rest"))].strip(_QUOTES) if match else None

    def _of(self, name: str) -> Sequence[_Around]:
        return self._around.get(name, ())

    def _leads(self, name: str, *, weak: bool) -> Iterator[_Around]:
        """The words around `name`, more of them first. weak: words that say nothing may lead to it as well."""
        shorter = (
            _Around(one.left[-1:], one.right, one.behind)
            for one in self._of(name)
            if len(one.left) > 1 and one.left[-1] not in STOP
        )
        for one in (*self._of(name), *shorter):
            if one.left and (weak or one.tells):
                yield one

    def _value(
        self, start: int, pattern: str, right: tuple[str, ...], *, long: bool, slug: bool
    ) -> str | None:
        said = self._said(self._request[start:], right, long=long)
        if len(said.split()) > _MOST_WORDS and not long:
            return None
        joined = re.sub(r"[\s_]+", "-", said.lower()) if slug else ""
        for form in (said, said.lower(), joined):
            first = form.lower().split()[:1]
            tells = not first or (first[0] not in STOP and first[0] not in _ASKING)
            if form and (tells or form.isupper()) and re.search(pattern, form):
                return form
        return None

    def _said(self, rest: str, right: tuple[str, ...], *, long: bool) -> str:
        """Up to the word that follows in the phrase; without one, up to where a part of a sentence ends, or one word."""
        if right and (ahead := re.search(rf"\s+{re.escape(right[0])}\w*", rest.lower())):
            before = _NEGATED.sub("", rest[: ahead.start()])
            end = (
                _END.search(before) if right[0] in STOP and long else None
            )  # any such word may stand for another
            return before[: end.start() if end else None].strip(_QUOTES)
        if right and right[0] not in STOP:
            return ""
        if long and not right:
            end = _END.search(rest)
            return rest[: end.start() if end else None].strip(_QUOTES)
        match = _TOKEN.match(rest)
        return match["token"].rstrip(".:/-") if match else ""


def _around(says: str, brace: re.Match[str]) -> _Around:
    before, after = says[: brace.start()], says[brace.end() :]
    adjacent = _ADJACENT.search(before)
    return _Around(
        left=stems(before.rpartition("}")[2])[-2:],
        right=stems(after.partition("{")[0])[:2],
        behind=adjacent[1] if adjacent else "",
        ahead=following[1] if (following := _NEXT.match(after)) else "",
    )


def _ending(words: tuple[str, ...], wanted: tuple[str, ...]) -> float:
    """How much of `wanted` the words end with, an article between left out: 0, 0.5 or 1."""
    words = words[:-1] if words and words[-1] in {"the", "a", "an", "our", "my"} else words
    if not wanted or words[-1:] != wanted[-1:]:
        return 0.0
    return 1.0 if words[-len(wanted) :] == wanted else 0.5
