"""Words of a text as the answer composer compares them: lower case, stemmed, identifiers also in parts."""

import re
from collections.abc import Iterator
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[^\W_]+(?:[-_./'’][^\W_]+)*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_stemmer = snowballstemmer.stemmer("english")

# Words that say how something is asked, not what: they match everywhere and tell nothing.
_STOPPING = """a about actually after again all also am an and any anyone anything are as at be because been before being
    between both but by can could did do does doing done down during each either else ever every exactly explain few
    find for from further get gets getting give given go goes had happen happens has have having he her here him his
    how i if in into is it its itself just kind know let like list look make many may me might mine more most much
    must my need needs no nor not now of off often on once one only or other our out over own please same see shall she
    should show so some somebody someone something such take takes tell than thanks that the their them then there
    these they thing things this those through to too two under until up us use used uses using very via want was we
    well were what when where whether which while who whole whom whose why will with within without would you your
    yours"""
STOP_WORDS = frozenset(_STOPPING.split())


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The Snowball stem of one lower-case word."""
    return str(_stemmer.stemWord(word))


def words(text: str) -> Iterator[str]:
    """Every word in lower case; `feature-gateway` and `maxAge` give their parts, then themselves joined."""
    for match in _WORD.finditer(text):
        whole = re.sub(r"['’]s?$", "", match.group())
        parts = [part.lower() for part in _PART.findall(whole)]
        yield from parts
        if len(parts) > 1:
            yield "".join(parts)


@lru_cache(maxsize=8_192)
def stems(text: str) -> tuple[str, ...]:
    """Stems of all words in order of appearance, stop words left in."""
    return tuple(stem(word) for word in words(text))


def content_stems(text: str) -> tuple[str, ...]:
    """Distinct stems of the words that carry content, in order of appearance."""
    return tuple(
        dict.fromkeys(
            stem(word) for word in words(text) if word not in STOP_WORDS and (len(word) > 1 or word.isdigit())
        )
    )
