"""Sources that disagree, or are old, are told as such: both sides, their dates, and which is newer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest

from ingest.answers import Answer, Assistant
from ingest.documents import Section, SectionKind
from tests.ingest.answers.small_library import ADA, FEED, STORE, SmallLibrary, entity, section, small_library

TODAY = date(2026, 11, 1)


def ask(question: str, *more: Section, entities: Sequence[Any] = ()) -> Answer:
    library = small_library(*more, entities=entities)
    return asked(library, question)


def asked(library: SmallLibrary, question: str) -> Answer:
    return Assistant(cast("Any", library), today=lambda: TODAY).ask(question, principal=ADA)


def changed(one: Section, year: int) -> Section:
    return replace(one, modified=datetime(year, 3, 1, tzinfo=UTC))


RUNBOOK = changed(
    section(FEED, "alerts.md", "SlowFeed", "The request is cut at the 400 ms deadline by the feed ranker."),
    2024,
)
CONFIG = replace(
    changed(section(FEED, "serving.yaml", "serving.yaml", "```yaml\nserver:\n  deadline_ms: 250\n```"), 2026),
    kind=SectionKind.CONFIG,
)


def test_values_that_differ_are_told_side_by_side_with_the_newer_one_named() -> None:
    answer = ask("What is the deadline of the feed ranker?", RUNBOOK, CONFIG)

    (conflict,) = answer.conflicts
    assert set(conflict.says) == {"250 ms", "400 ms"}
    assert "**400 ms** in *SlowFeed* (`component:default/feed-ranker`, changed 2024-03-01)" in answer.text
    assert "**250 ms** in live configuration *serving.yaml*" in answer.text
    newest = conflict.citations[conflict.says.index("250 ms")]
    assert f"The newest is [{newest}]." in answer.text
    assert f"What runs is in [{newest}]." in answer.text


def test_each_side_is_cited_to_the_letter() -> None:
    library = small_library(RUNBOOK)
    answer = asked(library, "What is the deadline of the feed ranker?")

    assert {citation.path for citation in answer.citations} >= {"alerts.md", "configuration.md"}
    for citation in answer.citations:
        source = library.section(citation.entity, citation.path, citation.anchor, principal=ADA)
        assert citation.quote in source.text


@pytest.mark.parametrize(
    "text",
    [
        "The request is cut at the 250 ms deadline by the feed ranker.",
        "The feature deadline of the feed ranker is 80 ms.",
        "The feed ranker waits 400 ms for the cafeteria.",
        "The deadline of the feed ranker applies to 400 requests.",
    ],
)
def test_what_only_looks_alike_is_no_conflict(text: str) -> None:
    answer = ask(
        "What is the request deadline of the feed ranker?", section(FEED, "alerts.md", "SlowFeed", text)
    )

    assert answer.conflicts == ()


@pytest.mark.parametrize(
    "text",
    [
        "For example, the 400 ms deadline of a caller.",
        "If the ranker ran with a 400 ms deadline, it would shed less.",
        "Raise it to a 400 ms deadline during an incident.",
        "Suppose a 400 ms deadline is configured.",
    ],
)
def test_what_is_supposed_or_advised_is_no_conflict_with_the_default(text: str) -> None:
    assert (
        ask("What is the deadline of the feed ranker?", section(FEED, "a.md", "Callers", text)).conflicts
        == ()
    )


def test_the_settings_of_an_example_are_no_conflict_with_the_default_or_another_example() -> None:
    pages = [
        section(
            FEED, f"{at}.md", "Example", f"| Setting | Value |\n| --- | --- |\n| `deadline_ms` | {value} |"
        )
        for at, value in (("one", 90), ("two", 400))
    ]

    assert ask("What is the deadline of the feed ranker?", *pages).conflicts == ()


def test_a_statement_after_a_supposition_is_still_one() -> None:
    page = section(FEED, "a.md", "Callers", "If in doubt, ask. The ranker has a 400 ms deadline.")

    (conflict,) = ask("What is the deadline of the feed ranker?", page).conflicts
    assert set(conflict.says) == {"250 ms", "400 ms"}


def test_the_same_setting_of_another_service_is_no_conflict() -> None:
    other = section(
        STORE, "settings.md", "Settings", "| Setting | Default |\n| --- | --- |\n| `deadline_ms` | 90 |"
    )

    assert ask("What is the deadline of the feed ranker?", other).conflicts == ()


def test_a_page_past_its_review_is_told_as_old_beside_a_newer_one() -> None:
    old = replace(
        section(FEED, "vectors.md", "Shard count", "The shard count of snapshots is twelve."),
        reviewed="2023-03-14",
    )
    new = changed(section(STORE, "shards.md", "Shard count", "The shard count of snapshots is thirty."), 2026)

    answer = ask("What is the shard count of snapshots?", old, new)

    assert "was last reviewed on 2023-03-14" in answer.text
    assert "Newer is *Shard count* (`component:default/feature-store`, changed 2026-03-01)" in answer.text
    assert "thirty" in answer.text


def test_a_page_that_was_reviewed_lately_is_not_called_old() -> None:
    fresh = replace(
        section(FEED, "vectors.md", "Shard count", "The shard count is twelve."), reviewed="ada, 2026-03-14"
    )

    assert ask("What is the shard count?", fresh).conflicts == ()


def test_what_the_catalog_calls_deprecated_is_said_to_be_so() -> None:
    gone = entity("Component", "flat-index", type="service", lifecycle="deprecated", owner="platform")
    page = section(
        "component:default/flat-index", "index.md", "Ports", "The flat index listens on port 7100."
    )

    answer = ask("On which port does the flat-index listen?", page, entities=[gone])

    assert "`component:default/flat-index`, which the catalog calls deprecated" in answer.text
    assert answer.conflicts[0].kind == "stale"
