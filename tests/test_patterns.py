"""Every pattern of a module takes time that grows by the length of a text, whatever repeats in it.

Each pattern is given texts made from its own structure: what stands before one of its repetitions, then what that
repeats, many times, then a character that fits nothing. Where twice as many take much more than twice the time, a line of
a page could be written to stall an answer.
"""

import importlib
import pkgutil
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

pytestmark = pytest.mark.slow

code: Any = importlib.import_module(
    "re._constants"
)  # the parser's own, the only way to a pattern's structure
parser: Any = importlib.import_module("re._parser")

_PACKAGES = ("ingest", "tools", "server", "recsys_core")
_LENGTHS = (24, 200, 800, 3_200)  # from short to long, so that what doubles with each piece ends early
_NOTICED, _GIVEN_UP = 0.012, 1.0  # CPU-seconds
_MOST_TEXTS = 40
_CATEGORIES = {
    code.CATEGORY_DIGIT: "0",
    code.CATEGORY_SPACE: " ",
    code.CATEGORY_WORD: "a",
    code.CATEGORY_NOT_DIGIT: "a",
    code.CATEGORY_NOT_SPACE: "a",
    code.CATEGORY_NOT_WORD: "-",
}
_REPEATS = {code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT}

BOUNDED = {
    "tools.redaction._SHAPED": "is given at most four times what a row of the audit holds of one text",
    "tools.routing": "reads a request in words, of at most 2,000 characters",
    "ingest.answers.injection": "reads a text in parts of 4,000 characters",
    "ingest.answers.joined": "reads a question, of at most 2,000 characters",
    "ingest.answers.catalog": "reads a question, of at most 2,000 characters",
    "ingest.answers.plain._ADDRESS": "looks 2,000 characters ahead at most",
    "ingest.answers.plain._LINK": "looks 2,000 characters ahead at most",
    "ingest.markdown.includes._TARGET": "is given at most 500 characters",
    "ingest.markdown.site_marks._COMMENT": "looks 2,000 characters ahead at most",
}
"""Patterns, or modules of them, that are not linear, and why no text is long enough for that to matter."""


def patterns() -> Iterator[tuple[str, re.Pattern[str], bool]]:
    """Each with its name, once, also those within tuples and mappings; and whether it is only tried at a text's start."""
    seen: set[tuple[str, int]] = set()
    for package in _PACKAGES:
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if "migrations" in found.name or found.name.endswith("__main__"):
                continue
            try:
                module = importlib.import_module(found.name)
            except ModuleNotFoundError:  # an optional package, such as torch
                continue
            source = Path(str(module.__file__)).read_text(encoding="utf-8")
            for name, value in list(vars(module).items()):
                uses = set(
                    re.findall(rf"\b{name}\.(search|finditer|findall|subn?|split|match|fullmatch)\(", source)
                )
                for pattern in _within(value, 0):
                    key = (pattern.pattern, pattern.flags)
                    if isinstance(pattern.pattern, str) and key not in seen:
                        seen.add(key)
                        yield (
                            f"{module.__name__}.{name}",
                            pattern,
                            bool(uses) and uses <= {"match", "fullmatch"},
                        )


def _within(value: Any, depth: int) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth < 4 and isinstance(value, tuple | list | set | frozenset):
        for each in value:
            yield from _within(each, depth + 1)
    elif depth < 4 and isinstance(value, dict):
        for each in value.values():
            yield from _within(each, depth + 1)


def texts_of(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """A beginning and what to repeat after it, the pattern's own repetitions first."""
    tree = parser.parse(pattern.pattern, pattern.flags)
    found = dict.fromkeys(_repetitions(tree, ""))
    bodies = sorted({body for _, body in found})
    alone = {("", body): None for body in bodies} | {("", before + body): None for before, body in found}
    pairs = {("", one + other): None for one in bodies[:6] for other in bodies[:6] if one != other}
    whole = {("", text): None for text in _samples(tree)[:2] if text}
    return list(found | alone | whole | pairs)[:_MOST_TEXTS]


def _repetitions(tree: Any, before: str) -> Iterator[tuple[str, str]]:
    for kind, value in tree:
        if kind in _REPEATS:
            if value[1] >= 40:
                yield from ((before, body) for body in _samples(value[2])[:6] if body)
            yield from _repetitions(value[2], before)
        else:
            for part in _parts(kind, value):
                yield from _repetitions(part, before)
        before = (before + (_sample(kind, value) or [""])[0])[:60]


def _parts(kind: Any, value: Any) -> list[Any]:
    if kind is code.SUBPATTERN:
        return [value[3]]
    if kind is code.ATOMIC_GROUP:
        return [value]
    if kind is code.BRANCH:
        return list(value[1])
    return [value[1]] if kind in {code.ASSERT, code.ASSERT_NOT} else []


def _samples(tree: Any) -> list[str]:
    """A few texts that fit, or nearly."""
    made = [""]
    for kind, value in tree:
        made = [text + more for text in made[:3] for more in (_sample(kind, value)[:3] or [""])][:6]
    return made


def _sample(kind: Any, value: Any) -> list[str]:
    if kind in {code.LITERAL, code.NOT_LITERAL, code.ANY, code.IN}:
        return _characters(kind, value)
    if kind is code.BRANCH:
        return [text for branch in value[1] for text in _samples(branch)[:1]]
    if kind in {code.SUBPATTERN, code.ATOMIC_GROUP}:
        return _samples(_parts(kind, value)[0])
    if kind in _REPEATS:
        once = _samples(value[2])
        return [text * value[0] for text in once[:3]] if value[0] else ["", *once[:1]]
    return [""]


def _characters(kind: Any, value: Any) -> list[str]:
    if kind is code.IN:
        return _members(value)
    if kind is code.LITERAL:
        return [chr(value)]
    return ["b" if kind is code.NOT_LITERAL and value == ord("a") else "a"]


def _members(items: Any) -> list[str]:
    if items[0][0] is code.NEGATE:
        fits = re.compile("|".join(_escaped(item) for item in items[1:]))
        return [char for char in "a 0-.:/|\t\n`*[]<>{}()\"'_=~#" if not fits.match(char)][:4]
    found = []
    for kind, value in items:
        if kind is code.CATEGORY:
            found.append(_CATEGORIES[value])
        else:
            found.append(chr(value if kind is code.LITERAL else value[0]))
    return found[:6]


def _escaped(item: Any) -> str:
    kind, value = item
    if kind is code.LITERAL:
        return re.escape(chr(value))
    if kind is code.RANGE:
        return f"[{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}]"
    name = str(value).removeprefix("CATEGORY_")
    letter = name.removeprefix("NOT_")[0].lower()
    return f"\\{letter.upper() if name.startswith('NOT_') else letter}"


class _TooLong(Exception):
    pass


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _TooLong


def _seconds(read: Callable[[str], Any], text: str) -> float:
    signal.setitimer(signal.ITIMER_VIRTUAL, _GIVEN_UP)
    began = time.process_time()
    try:
        read(text)
    except _TooLong:
        return _GIVEN_UP
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.process_time() - began


def too_slow(pattern: re.Pattern[str], *, at_start: bool = False) -> str | None:
    """The text that takes more than twice the time when it is twice as long; None where none was found."""

    def read(text: str) -> None:
        if at_start:
            pattern.match(text)
            pattern.fullmatch(text)
            return
        for _ in pattern.finditer(text):
            pass

    for before, body in texts_of(pattern):
        for after in ("\0", ""):
            for length in _LENGTHS:
                count = max(2, length // len(body))
                seconds = _seconds(read, before + body * count + after)
                if seconds < _NOTICED:
                    continue
                if seconds >= _GIVEN_UP:
                    return f"{before!r} and {count} times {body!r} take {seconds:.3f} s and more"
                half = min(_seconds(read, before + body * (count // 2) + after) for _ in range(3))
                whole = min(_seconds(read, before + body * count + after) for _ in range(3))
                if whole >= _NOTICED and whole > 2.8 * half:
                    return (
                        f"{before!r} and {count} times {body!r} take {whole:.3f} s, half of them {half:.3f} s"
                    )
                break
    return None


@pytest.fixture
def stopping() -> Iterator[None]:
    before = signal.signal(signal.SIGVTALRM, _stop)
    yield
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("pattern", [r"\s+$", r"^(?:a|b|ab)*c", r"[\w.-]*(?:[.-]\w+)*:", r",\s*\s*;"])
@pytest.mark.usefixtures("stopping")
def test_a_pattern_that_is_too_slow_is_found(pattern: str) -> None:
    assert too_slow(re.compile(pattern))


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("stopping")
def test_no_pattern_takes_longer_than_by_the_length_of_its_text() -> None:
    slow = {
        f"{name} {pattern.pattern[:80]}": told
        for name, pattern, at_start in patterns()
        if not name.startswith(tuple(BOUNDED)) and (told := too_slow(pattern, at_start=at_start))
    }
    assert not slow, "\n".join(f"{name}: {told}" for name, told in slow.items())
