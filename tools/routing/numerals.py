"""Numbers in words: `five`, `twenty-five`, `a dozen`, `one hundred and twenty`."""

import re
from collections.abc import Iterator

_UNITS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_UNIT, _TEN = "|".join(_UNITS), "|".join(_TENS)
_BELOW = rf"(?:(?:{_TEN})(?:[- ](?:{_UNIT}))?|{_UNIT})"
_SPELT = re.compile(
    rf"\b(?:(?P<hundreds>a|{_UNIT}) hundred(?: and)?(?: (?P<rest>{_BELOW}))?|(?P<small>{_BELOW})|(?:(?P<dozens>a|two|three) )?(?P<dozen>dozen))\b"
)


def spelt(text: str) -> Iterator[tuple[int, int, int]]:
    """Start, end and value of each; text: in lower case."""
    for match in _SPELT.finditer(text):
        if match["dozen"]:
            value = 12 * _below(match["dozens"] or "one")
        elif match["hundreds"]:
            value = 100 * _below(match["hundreds"]) + _below(match["rest"] or "")
        else:
            value = _below(match["small"])
        yield match.start(), match.end(), value


def _below(words: str) -> int:
    """Below a hundred; `a` is one, nothing is none."""
    return sum(_UNITS.get(word, 0) + _TENS.get(word, 0) + (word == "a") for word in re.split(r"[- ]", words))
