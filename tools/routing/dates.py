"""Days that a request names, in UTC: `yesterday`, `since Tuesday`, `last week`, `in July`, `2026-07-01`."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from tools.things import Mention, Thing

WHOLE_MONTH = "whole month"
"""Kind of a mention of a month that is over, as in `in July`: neither before nor after it."""
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_ISO = re.compile(r"\b\d{4}-\d{2}(?:-\d{2}(?:t\d{2}:\d{2}(?::\d{2})?)?)?\b")
_AGO = re.compile(
    r"\b(\d+|a|two|three) (day|week|month)s? ago\b|\b(?:the )?(?:last|past) (\d+) (day|week)s?\b"
)
_NAMED = re.compile(
    rf"\b(?:(?P<day>today|yesterday|{'|'.join(_DAYS)})|(?P<span>(?:this|last|past) (?:week|month))"
    rf"|(?P<lead>in|since|until|during) (?P<month>{'|'.join(_MONTHS)}))\b"
)
_COUNTS = {"a": 1, "two": 2, "three": 3}
_LENGTHS = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}
_LASTING = re.compile(
    r"\b(?:last|past|previous|this|in|over|for)(?: the)?(?: last| past)?(?: (\d+|a|two|three))? (day|week|month|quarter|year)s?\b"
)


def moments(text: str, *, today: date) -> Iterator[Mention]:
    """Mentions whose value is a day or a month, ISO 8601."""
    for match in _ISO.finditer(text):
        yield Mention(Thing.MOMENT, match[0].upper(), match.start(), match.end())
    for match in _AGO.finditer(text):
        count, unit = (match[1], match[2]) if match[1] else (match[3], match[4])
        back = (_COUNTS.get(count) or int(count)) * _LENGTHS[unit]
        yield Mention(
            Thing.MOMENT, (today - timedelta(days=back)).isoformat(), match.start(), match.end(), 0.9
        )
    for match in _NAMED.finditer(text):
        which = match.lastgroup or ""
        value = _meant(match[which], today)
        over = match["lead"] in {"in", "during"} and value < f"{today:%Y-%m}"
        yield Mention(
            Thing.MOMENT, value, match.start(which), match.end(which), 0.9, WHOLE_MONTH if over else "day"
        )


def length_in_days(text: str) -> tuple[int, int, int] | None:
    """`over the past 90 days`, `last two weeks`, `this month`, `the last quarter`: how many days that is, start and end."""
    match = _LASTING.search(text)
    if match is None:
        return None
    count = match[1] or "1"
    return (_COUNTS.get(count) or int(count)) * _LENGTHS[match[2]], match.start(), match.end()


def _meant(words: str, today: date) -> str:
    if words in _MONTHS:
        month = _MONTHS.index(words) + 1
        return f"{today.year - (month > today.month)}-{month:02}"
    if words in _DAYS:
        return (today - timedelta(days=(today.weekday() - _DAYS.index(words)) % 7 or 7)).isoformat()
    back = {"today": 0, "yesterday": 1}
    if words in back:
        return (today - timedelta(days=back[words])).isoformat()
    if words == "this month":
        return today.replace(day=1).isoformat()
    if words == "this week":
        return (today - timedelta(days=today.weekday())).isoformat()
    return (today - timedelta(days=7 if words.endswith("week") else 30)).isoformat()
