"""When a question means, counted back from a Thursday."""

from datetime import UTC, datetime

import pytest

from ingest.answers.periods import read_period

NOW = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)  # a Thursday


def day(month: int, number: int, hour: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, number, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("what changed since Tuesday", day(11, 24), None),
        ("what changed since thursday?", day(11, 19), None),
        ("what changed on Monday", day(11, 23), day(11, 24)),
        ("what changed yesterday", day(11, 25), day(11, 26)),
        ("what changed since yesterday", day(11, 25), None),
        ("what changed today", day(11, 26), None),
        ("what changed this week", day(11, 23), None),
        ("what changed last week", day(11, 16), day(11, 23)),
        ("what changed last month", day(10, 1), day(11, 1)),
        ("what changed in the last 3 days", day(11, 23), None),
        ("what changed in the past week", day(11, 19), None),
        ("what changed since two weeks ago", day(11, 12), None),
        ("what changed since 2026-11-03", day(11, 3), None),
        ("what changed since 3 November", day(11, 3), None),
        ("what changed since Dec 24th", day(12, 24, year=2025), None),
        ("what changed since November 3, 2025", day(11, 3, year=2025), None),
        ("what changed in October", day(10, 1), day(11, 1)),
    ],
)
def test_a_time_is_resolved_in_utc(text: str, since: datetime, until: datetime | None) -> None:
    told = read_period(text, NOW)
    assert told is not None
    assert (told.period.since, told.period.until) == (since, until)
    assert told.rest.startswith("what changed")


@pytest.mark.parametrize(
    ("text", "after"),
    [("since v1.4", "v1.4"), ("since release 2.0.1?", "2.0.1"), ("since ranker-v3.1", "ranker-v3.1")],
)
def test_a_version_is_kept_as_it_is_written(text: str, after: str) -> None:
    told = read_period(f"what changed in the ranker {text}", NOW)
    assert told is not None
    assert (told.period.after, told.rest.rstrip(" ?")) == (after, "what changed in the ranker")


def test_hours_count_from_now() -> None:
    told = read_period("what changed in the last 2 hours", NOW)
    assert told is not None
    assert told.period.since == datetime(2026, 11, 26, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["what changed", "how do I change the port", "since 31 February", "may I change it"]
)
def test_what_names_no_time_has_none(text: str) -> None:
    assert read_period(text, NOW) is None
