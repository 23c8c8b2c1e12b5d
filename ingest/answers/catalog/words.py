"""A question as a row of words, with the entities that spans of them may name.

Several readings stand side by side: `search team` may name the group `search-team`, or the group `search` with a word
for its kind. The grammar keeps the readings that make a question, the cheapest first.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from ingest.answers.catalog.expressions import Named

MAX_WORDS = 44  # a longer text is no question of the catalog
_TOKEN = re.compile(r"'s(?![^\W_])|[^\W_]+")
_JOINT = re.compile(r"[-_./:]{0,3}|\s{1,3}|\s?[()]{1,2}\s?|\s?[-–/]\s?|[\"`'“”‘]\s?|\s[\"`'“‘]")
_GLUE = re.compile(r"[-_./:]{1,2}")
_CONTRACTIONS = (
    (re.compile(r"[’`´]"), "'"),
    (re.compile(r"\bcan't\b", re.I), "can not"),
    (re.compile(r"\b(\w+)n't\b", re.I), r"\1 not"),
    (re.compile(r"\b(is|are|do|does|has|have|was)nt\b", re.I), r"\1 not"),
    (re.compile(r"\b(who|what|where|that|how|which|there|it|when|here)'s\b", re.I), r"\1 is"),
    (re.compile(r"\b(who|what|where)s\b", re.I), r"\1 is"),
    (re.compile(r"\b(what|who|which|where)'?re\b(?<!were)(?<!where)", re.I), r"\1 are"),
    (re.compile(r"\bi'd\b", re.I), "i would"),
    (re.compile(r"s'(?=\s)", re.I), "s's"),
    (re.compile(r"\((e?s)\)", re.I), r"\1"),  # API(s)
)
BREAKS = frozenset({",", ".", "'s"})


@dataclass(frozen=True)
class Word:
    """A lower-case word, or `,`, `.` or `and` for a mark. It stands at `start` to `end` of the text.

    `loose`: a new word may begin here, no hyphen or slash ties it to the one before. `joined`: the one before and this
    may belong to one name.
    """

    text: str
    start: int
    end: int
    loose: bool = True
    joined: bool = True


@dataclass(frozen=True)
class Mention:
    """The words up to `end` name one of `named`; `cost` grows as they resemble the name less."""

    end: int
    named: Named
    cost: float


@dataclass(frozen=True)
class Row:
    """The words of a question, and the mentions that begin at each."""

    words: tuple[str, ...]
    loose: tuple[bool, ...]
    mentions: Mapping[int, tuple[Mention, ...]]

    def inside_names(self) -> frozenset[int]:
        """Places of words that some mention covers."""
        return frozenset(
            at for start, found in self.mentions.items() for one in found for at in range(start, one.end)
        )


def spelled_out(question: str) -> str:
    """`what's` as what is, `isn't` as is not; a plural's apostrophe as `'s`."""
    text = question.strip()
    for pattern, plain in _CONTRACTIONS:
        text = pattern.sub(plain, text)
    return text


def cut(text: str) -> tuple[Word, ...]:
    """The words of a text, and its marks."""
    lowered = text.lower()
    tokens = [Word(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(lowered)]
    words = tokens[:1]
    for left, right in pairwise(tokens):
        gap = lowered[left.end : right.start]
        if mark := _mark(gap):
            words.append(Word(mark, left.end, right.start, joined=False))
        loose, joined = _GLUE.fullmatch(gap) is None, not mark and _JOINT.fullmatch(gap) is not None
        words.append(Word(right.text, right.start, right.end, loose, joined))
    if tokens and _mark(lowered[tokens[-1].end :] + " ") == ".":
        words.append(Word(".", tokens[-1].end, len(text), joined=False))
    return tuple(words)


def _mark(gap: str) -> str:
    if re.search(r"[.?!;:]\s|\s[-–—]\s|\n", gap):
        return "."
    if "," in gap:
        return ","
    return "and" if re.search(r"[&+]", gap) else ""
