"""Requests and phrases in comparable words: what they name is replaced by the word for such a thing, words by stems."""

import re
from collections.abc import Iterable, Sequence

from tools.action import Action
from tools.example import BRACE, Example
from tools.things import Mention, Thing, names_of

_SHOWN = {
    Thing.MODEL: "model",
    Thing.MODEL_NAME: "model",
    Thing.MODEL_KIND: "model",
    Thing.DATA: "data",
    Thing.JOB: "job",
    Thing.PROTOCOL: "protocol",
    Thing.PLAN: "plan",
    Thing.ACTION: "action",
    Thing.PLAYBOOK: "playbook",
    Thing.REPOSITORY: "repository",
    Thing.NUMBER: "number",
    Thing.VERSION: "version",
    Thing.MOMENT: "yesterday",
    Thing.METRIC: "ndcg",
    Thing.ALIAS: "production",
    Thing.SURFACE: "surface",
}
_KEPT = {Thing.ALIAS, Thing.SURFACE, Thing.REQUEST, Thing.NEW_NAME}
_GROUPS = {"group": "team", "user": "person", "api": "api", "system": "system", "domain": "domain"}
_POLITE = re.compile(
    r"^(?:(?:(?:hi|hey|hello|yo)(?: (?:all|team|folks|everybody|there|cuebook))?|ok(?:ay)?|so|well|cuebook|please|pls|kindly|now|then|just|also|quick question)[,!.:]?\s+)+"
    r"|^(?:can|could|would|will) (?:you|we|i|u|someone|somebody|anyone|anybody) (?:please |pls |kindly |just |quickly |maybe |also )*"
    r"(?!tell me|explain|say|recommend to)"
    r"|^(?:i(?:'d| would) (?:like|love|want) (?:you )?to|i (?:want|need|wish)(?: you)? to|let(?:'|’)?s|let us|we (?:should|need to|have to|want to)"
    r"|i need|i want|time to|go ahead and|help me|it(?:'|’)?s time to|you should|make sure to|be so kind and)\s+",
)
_SHORTHAND = {
    "dep": "dependency", "deps": "dependencies", "doc": "documentation", "docs": "documentation", "eval": "evaluate",
    "evals": "evaluations", "rec": "recommendation", "recs": "recommendations", "qs": "questions", "repo": "repository",
    "repos": "repositories", "params": "parameters", "info": "information", "perf": "performance", "libs": "libraries",
    "fire up": "start", "fire off": "start", "boot up": "start", "spin up": "start", "lookup": "look up", "w/": "with", "b/c": "because", "stats": "statistics", "cfg": "configuration", "config": "configuration",
}  # fmt: skip
_SHORT = re.compile(
    rf"(?<![\w./-])(?:{'|'.join(map(re.escape, sorted(_SHORTHAND, key=len, reverse=True)))})(?![\w.-])"
)
_STATEMENT = re.compile(r"(?:i|we|he|she|they|it|someone|somebody)(?:['’](?:ll|ve|m|re|d))?\s")
_WORD = re.compile(r"[a-z0-9]+(?:['’](?:s|t|re|ve|d|ll))?")
STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "to",
        "for",
        "in",
        "on",
        "at",
        "by",
        "with",
        "and",
        "or",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "my",
        "our",
        "your",
        "me",
        "us",
        "i",
        "we",
        "you",
        "they",
        "there",
        "here",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "will",
        "would",
        "can",
        "could",
        "should",
        "may",
        "might",
        "please",
        "now",
        "just",
        "so",
        "as",
        "from",
        "into",
        "out",
        "up",
        "about",
        "all",
        "any",
        "some",
        "if",
        "then",
        "than",
        "not",
        "no",
    ]
)


def plain(request: str) -> str:
    """The request without what is said for politeness, in lower case."""
    text = _SHORT.sub(lambda match: _SHORTHAND[match[0]], " ".join(request.lower().split()))
    while (shorter := _POLITE.sub("", text, count=1)) != text:
        text = shorter.rstrip("?")  # `could you …?` asks for it to be done
    return re.sub(
        r"(?:,? (?:please|pls|thanks|thank you|thx|cheers|for me|right now|asap|immediately|(?:will|would|could|can) (?:you|ya|u)"
        r"|(?:if|when) (?:you can|possible|you have a (?:minute|moment))))+[.!?]*$",
        "",
        text,
    )


def masked(request: str, found: Iterable[Mention]) -> str:
    """The request with a word of its kind for each thing that it names."""
    text = request.lower()
    taken: list[Mention] = []
    for each in sorted(found, key=lambda one: (one.start - one.end, -one.sure)):
        if each.thing not in _KEPT and each.sure >= 0.5 and not any(each.overlaps(one) for one in taken):
            taken.append(each)
    for each in sorted(taken, key=lambda one: -one.start):
        word = _GROUPS.get(each.kind, "component") if each.thing is Thing.ENTITY else _SHOWN[each.thing]
        text = f"{text[: each.start]}{word}{text[each.end :]}"
    return plain(text)


def phrase_of(example: Example, action: Action) -> str:  # type: ignore[type-arg]
    """The example with a word of its kind in place of each argument; nothing for a free text."""
    properties = action.info.input_schema.get("properties", {})

    def word(match: re.Match[str]) -> str:
        if match[2]:
            return "number"
        names = names_of(match[1], action.input.model_fields[match[1]], properties[match[1]])
        if names is None or names.thing in {Thing.REQUEST, Thing.NEW_NAME}:
            return ""
        if names.thing is Thing.ENTITY:
            return _GROUPS.get(names.kinds[0] if names.kinds else "", "component")
        return _SHOWN[names.thing]

    return plain(BRACE.sub(word, example.says))


def stems(text: str) -> tuple[str, ...]:
    """Words cut to five letters: `train`, `training` and `trained` are one."""
    return tuple(_stem(word) for word in _WORD.findall(text.lower()))


def _stem(word: str) -> str:
    word = re.sub(r"['’].*$", "", word)
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word[:5]


def content(words: Sequence[str]) -> tuple[str, ...]:
    """Without the words that say nothing."""
    return tuple(word for word in words if word not in STOP)


def begins_as_no_order(text: str) -> bool:
    """Whether its first word that says something is no order: a plural, as in `promotions since May`, or what stands before a
    noun, as in `blocked calls`, `reverse dependencies`; or it is told of somebody: `we will shut it down`."""
    if _STATEMENT.match(text.lower()):
        return True
    first = next((word for word in _WORD.findall(text.lower()) if word not in STOP), "")
    plural = len(first) > 3 and first.endswith("s") and not first.endswith(("ss", "us"))
    past = len(first) > 5 and first.endswith("ed")
    return plural or past or first in {"reverse", "order"}
