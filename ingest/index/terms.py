"""What keyword search compares: stems of words, and identifiers both whole and in parts.

`--max-staleness`, `MAX_STALENESS`, `maxStaleness` and `max staleness` share the terms `max` and `stale`; the
first three also share the whole `maxstaleness`, so that a flag, an environment name or an error code pasted
into a question finds the section that has it verbatim. Terms hold no ASCII punctuation, whatever the input.
"""

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[^\W_]+(?:[-_./:'’]+[^\W_]+)*")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_POSSESSIVE = re.compile(r"['’]s?$")
_LONGEST = 64  # letters of a term: longer runs are data (hashes, base64), no one types them

_STOP_WORDS = """
    a about after all also am an and any are as at be because been before being but by can could did do does
    doing done during each either else ever every for from get gets getting had has have having he her here
    him his how i if in into is it its itself just let like may me might more most much must my no nor not
    now of off on once only or other our out over own please same shall she should so some such than that
    the their them then there these they this those through to too under until up us very via was we were
    what when where whether which while who whom whose why will with within without would you your yours
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def index_terms(text: str) -> str:
    """All terms of a text in order, separated by spaces: what a column of the index holds."""
    return " ".join([term for word in _words(text) for _, term in _terms_of_word(word)])


def query_terms(text: str) -> tuple[str, ...]:
    """Terms of a question in order, repeated as often as said, without stop words unless there is nothing else."""
    found = [pair for word in _words(text) for pair in _terms_of_word(word)]
    return tuple(term for word, term in found if word not in STOP_WORDS) or tuple(term for _, term in found)


def identifiers(text: str) -> str:
    """The terms of words that look like code (flags, names with case changes, digits or underscores) alone."""
    return " ".join(
        [term for word in _words(text) if len(terms := _terms_of_word(word)) > 1 for _, term in terms]
    )


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The Snowball stem of one lower-case word."""
    return str(_stemmer().stemWord(word))


def _words(text: str) -> list[str]:
    return _WORD.findall(_folded(text))


@lru_cache(maxsize=200_000)
def _terms_of_word(word: str) -> tuple[tuple[str, str], ...]:
    """Pairs of a lower-case word and its term: the word's parts, and after several of them the whole."""
    parts = _parts(word)
    found = tuple((part, stem(part)) for part in parts)
    whole = _joined(parts) if len(parts) > 1 else ""
    return (*found, (whole, whole)) if whole else found


@lru_cache(maxsize=200_000)
def _parts(word: str) -> tuple[str, ...]:
    word = _POSSESSIVE.sub("", word)
    parts = tuple(part.lower() for part in _PART.findall(word) if len(part) <= _LONGEST)
    if len(parts) > 1 and word.islower() and word.isalnum():  # `k8s`, `s3`: one word, no parts
        return (word,) if len(word) <= _LONGEST else ()
    return parts


def _joined(parts: tuple[str, ...]) -> str:
    whole = "".join(parts)
    return whole if len(whole) <= _LONGEST else ""


def _folded(text: str) -> str:
    """Without diacritics and typographic variants; case is kept, since it separates words."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


@lru_cache(maxsize=1)
def _stemmer() -> "snowballstemmer.stemmer":
    return snowballstemmer.stemmer("english")
