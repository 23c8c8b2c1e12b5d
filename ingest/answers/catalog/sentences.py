"""From a question as it was typed to sentences that one reading each may explain.

How far a relation is to be followed (`directly or indirectly`) is said by words that may stand anywhere; they are taken
out. Of several sentences one asks, and `it` in it is what another names. Two questions joined by `and` are two.
"""

import re
from collections.abc import Callable, Iterator

_DEEP = re.compile(
    r"(?:,\s*)?(?<![\w-])(?:(?:both |either )?(?:directly|direct)\s*(?:or|and|as well as|\+|/)\s*(?:indirectly|indirect|transitively|transitive)|"
    r"(?:including|incl\.?|plus|as well as|counting) (?:the |any |all )?(?:indirect|transitive)(?:ly)?(?: dependencies| dependents| ones)?|"
    r"(?:indirectly|indirect|transitively|transitive) (?:or|and|as well as) (?:directly|direct)|(?:in|un)directly|indirect|"
    r"transitively|transitive|recursively|recursive|at any (?:depth|level|distance)|at every (?:depth|level)|all the way (?:down|up)|"
    r"(?:including|with|and) (?:its |their |all )?(?:sub-?teams|sub-?groups)|through any number of steps|of any depth|"
    r"(?:full|whole|complete|entire) (?=dependency (?:tree|graph|chain|closure))|however (?:far|deep|indirectly))(?![\w-])(?:,)?",
    re.IGNORECASE,
)
_FLAT = re.compile(r"(?<![\w-])(?:directly|direct|immediately|immediate)(?![\w-])", re.IGNORECASE)
_TREE = re.compile(r"\bdependency (?:tree|graph|chain|closure)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[^\s:])[:;?!.](?:\s+|$)|\s[-–—]\s")
_AND = re.compile(
    r"(?:,|(?<!\s))\s+and\s+(?:also\s+)?(?=(?:who|whom|whose|what|which|where|how|is|are|does|do|list|in which|on what|by whom|if so)\b)|"
    r"\?\s+(?:and\s+)?",
    re.IGNORECASE,
)
_OF_THESE = re.compile(
    r"^(?:of|among|from)\s++(?:the |all |our |all the )?([\w ]+), (?:which|what)(?: ones)? ", re.IGNORECASE
)
_TRUE = re.compile(r"^is it (?:true|correct|right|the case) that (.*\w|)\W*$", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:it|them|this|that one|this one|this thing|that thing)\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"\b(?:its|their)\b", re.IGNORECASE)
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|which|where|how|list|show|name|number|count|is|are|does|do|give|owner|owners)\b",
    re.IGNORECASE,
)

#: The name of the one entity that a text names, None for none.
NameIn = Callable[[str], str | None]


def reworded(question: str) -> str:
    """`of the APIs, which …` as which APIs; `is it true that …` as a statement to confirm."""
    text = _OF_THESE.sub(r"which \1 ", question.strip())
    said = _TRUE.match(text)
    return f"{said[1]}, right" if said else text


def without_depth(question: str) -> tuple[str, bool | None]:
    """The question without words on how far to go; True for all the way, False for one step, None when it says neither."""
    deep = (
        True
        if _DEEP.search(question) or _TREE.search(question)
        else False
        if _FLAT.search(question)
        else None
    )
    return _FLAT.sub(" ", _TREE.sub("dependencies", _DEEP.sub(" ", question))), deep


def sentences(question: str, name_in: NameIn) -> Iterator[str]:
    """The question as a whole, then each sentence that asks, the last first, with the others' entity for `it`."""
    yield question
    parts = [part for part in _SENTENCE.split(question) if part.strip()]
    if len(parts) < 2:
        return
    for at in range(len(parts) - 1, -1, -1):
        part = parts[at]
        if not _ASKS.search(part):
            continue
        if name_in(part) is not None and not _PRONOUN.search(part):
            yield part
            continue
        names = {name for place, other in enumerate(parts) if place != at and (name := name_in(other))}
        if len(names) == 1:
            name = names.pop()
            said = resolved(part, name)
            yield from [said] if said != part else [f"{part} of {name}", f"{part} {name}"]


def two_questions(question: str, name_in: NameIn) -> Iterator[tuple[str, str]]:
    """`who owns X and what does it need`: both halves, the second with X for `it`."""
    for match in _AND.finditer(question):
        first, second = question[: match.start()], question[match.end() :]
        name = name_in(first)
        if name is not None and second.strip():
            yield first, resolved(second, name)


def resolved(text: str, name: str) -> str:
    """`text` with `name` for it and its."""
    return _PRONOUN.sub(name, _POSSESSIVE.sub(f"{name}'s", text))
