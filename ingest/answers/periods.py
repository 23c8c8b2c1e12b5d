"""Reads when a question means: "since Tuesday", "last week", "since v1.4", against a given now, in UTC.

A weekday is the last one before today. "Last week" and "last month" are the calendar's, Monday first.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingest.changes import Period

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september"),
    *("october", "november", "december"),
)
_NUMBERS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "ten": 10,
}
_NUMBER = rf"(?P<number>\d{{1,3}}|{'|'.join(_NUMBERS)})"
_UNIT = r"(?P<unit>hour|day|week|month)s?"
_MONTH = rf"(?P<month>{'|'.join(f'{name}|{name[:3]}' for name in _MONTHS)})\.?"
_FROM = r"(?:since|after|from|between)"
_AGO = re.compile(rf"{_FROM} {_NUMBER} {_UNIT} ago|(?:in|within|over|during|for) the (?:last|past) (?:{_NUMBER.replace('number', 'many')} )?{_UNIT.replace('unit', 'units')}|(?:last|past) {_NUMBER.replace('number', 'lots')} {_UNIT.replace('unit', 'kinds')}")  # fmt: skip
_WEEKDAY = re.compile(rf"\b(?:{_FROM}|on) (?:last )?(?P<day>{'|'.join(_DAYS)})\b")
_ISO = re.compile(rf"\b(?:{_FROM}|on) (?P<year>\d{{4}})-(?P<month>\d{{2}})-(?P<day>\d{{2}})\b")
_DAY_MONTH = re.compile(
    rf"\b(?:{_FROM}|on) (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? (?P<year>\d{{4}}))?\b"
)
_MONTH_DAY = re.compile(
    rf"\b(?:{_FROM}|on) {_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<year>\d{{4}}))?\b"
)
_IN_MONTH = re.compile(rf"\b(?:in|since) {_MONTH}(?: (?P<year>\d{{4}}))?\b(?! \d)")
_NAMED = re.compile(
    r"\b(?:(?P<from>since|after|from) )?(?P<name>today|yesterday|(?:this|last) (?:week|month))\b"
)
_VERSION = re.compile(
    rf"\b{_FROM} (?:the )?(?:version |release |tag )?(?P<version>(?:[\w.-]*[-@/])?v?\d+(?:\.\d+)+(?:[\w.+-]*\w)?|v\d+)(?!\w)"
)
_BEGUN_ON = re.compile(r"\bon\b")


@dataclass(frozen=True, slots=True)
class Told:
    """The period, the words that named it, and the text without them."""

    period: Period
    words: str
    rest: str


def read_period(text: str, now: datetime) -> Told | None:
    """The period that `text` names, None when it names none. `now` is aware; the answer is in UTC."""
    lower, today = text.lower(), _midnight(now.astimezone(UTC))
    for read in (_ago, _version, _iso, _written, _weekday, _named, _in_month):
        if (found := read(lower, today, now.astimezone(UTC))) is not None:
            period, match = found
            rest = f"{text[: match.start()]} {text[match.end() :]}"
            return Told(period, text[match.start() : match.end()].strip(), " ".join(rest.split()))
    return None


_Found = tuple[Period, "re.Match[str]"] | None


def _ago(text: str, today: datetime, now: datetime) -> _Found:
    match = _AGO.search(text)
    if match is None:
        return None
    number = match["number"] or match["many"] or match["lots"] or "1"
    unit = match["unit"] or match["units"] or match["kinds"]
    count = int(number) if number.isdecimal() else _NUMBERS[number]
    if unit == "hour":
        return Period(since=now - timedelta(hours=count)), match
    days = count * {"day": 1, "week": 7, "month": 30}[unit]
    return Period(since=today - timedelta(days=days)), match


def _version(text: str, _today: datetime, _now: datetime) -> _Found:
    match = _VERSION.search(text)
    return None if match is None else (Period(after=match["version"]), match)


def _iso(text: str, _today: datetime, _now: datetime) -> _Found:
    match = _ISO.search(text)
    if match is None:
        return None
    return _dated(match, int(match["year"]), int(match["month"]), int(match["day"]))


def _written(text: str, today: datetime, _now: datetime) -> _Found:
    """A day of a month; without a year it is the last such day."""
    match = _DAY_MONTH.search(text) or _MONTH_DAY.search(text)
    if match is None:
        return None
    month = _month(match["month"])
    year = int(match["year"]) if match["year"] else today.year
    if not match["year"] and (month, int(match["day"])) > (today.month, today.day):
        year -= 1
    return _dated(match, year, month, int(match["day"]))


def _dated(match: "re.Match[str]", year: int, month: int, day: int) -> _Found:
    try:
        since = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
    return _from(match, since, timedelta(days=1)), match


def _weekday(text: str, today: datetime, _now: datetime) -> _Found:
    match = _WEEKDAY.search(text)
    if match is None:
        return None
    back = (today.weekday() - _DAYS.index(match["day"])) % 7 or 7
    return _from(match, today - timedelta(days=back), timedelta(days=1)), match


def _named(text: str, today: datetime, _now: datetime) -> _Found:
    match = _NAMED.search(text)
    if match is None:
        return None
    monday = today - timedelta(days=today.weekday())
    first = today.replace(day=1)
    since, until = {
        "today": (today, None),
        "yesterday": (today - timedelta(days=1), today),
        "this week": (monday, None),
        "last week": (monday - timedelta(days=7), monday),
        "this month": (first, None),
        "last month": ((first - timedelta(days=1)).replace(day=1), first),
    }[match["name"]]
    return Period(since=since, until=None if match["from"] else until), match


def _in_month(text: str, today: datetime, _now: datetime) -> _Found:
    match = _IN_MONTH.search(text)
    if match is None:
        return None
    month = _month(match["month"])
    year = int(match["year"]) if match["year"] else today.year - (month > today.month)
    since = datetime(year, month, 1, tzinfo=UTC)
    until = None if match[0].startswith("since") else (since + timedelta(days=32)).replace(day=1)
    return Period(since=since, until=until), match


def _from(match: "re.Match[str]", since: datetime, span: timedelta) -> Period:
    """Open at its end, but for "on Tuesday"."""
    return Period(since=since, until=since + span if _BEGUN_ON.match(match[0]) else None)


def _month(name: str) -> int:
    return next(number for number, each in enumerate(_MONTHS, 1) if each.startswith(name[:3]))


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
