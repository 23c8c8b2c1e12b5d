"""The comparison with a coding agent is fair: its questions can be answered, and the script finds what grep finds."""

from pathlib import Path

import pytest

from benchmarks.agent_tokens import read_questions
from benchmarks.ripgrep_agent import WAYS, Repository, plain, search_and_read, words_of

ROOT = Path(__file__).parents[1]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    (tmp_path / "retries.md").write_text(
        "# Retries\n\n" + "Filler.\n" * 80 + "Reads are retried three times.\n"
    )
    (tmp_path / "owners.md").write_text("# Owners\n\nThe gateway is owned by platform.\n")
    (tmp_path / ".hidden").write_text("retried three times")
    return Repository([tmp_path])


def test_every_key_fact_of_the_questions_stands_in_what_both_read() -> None:
    texts = Repository([ROOT / "docs", ROOT / "examples/org"]).files.values()
    material = plain("\n".join(line for lines in texts for line in lines))
    asked = read_questions()
    assert len(asked) == 40
    assert [(one.id, key) for one in asked for key in one.key if plain(key) not in material] == []


@pytest.mark.parametrize("way", WAYS)
def test_each_way_finds_a_fact_far_down_a_page_and_stops(way: str, repository: Repository) -> None:
    session = search_and_read("How often are reads retried?", ["three times"], repository, way)
    assert session.found()
    assert len(session.read) <= 2


@pytest.mark.parametrize("way", WAYS)
def test_what_is_not_there_costs_all_readings_and_is_not_found(way: str, repository: Repository) -> None:
    session = search_and_read("Who owns the gateway's retries?", ["four times"], repository, way)
    assert not session.found()
    assert len(session.read) > 1


def test_names_and_codes_stay_whole_among_the_words() -> None:
    assert words_of("Why does home-ranker log ERR_SOURCE_STARVED for keys?") == (
        *("home-ranker", "log", "err_source_starved", "key"),
    )
