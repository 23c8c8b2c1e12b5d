"""Ranking as pure functions."""

from ingest.index.fusion import best_per_section, fuse, interleave, spread, with_named


def test_meaning_decides_when_no_section_uses_the_questions_words() -> None:
    chance_hits = [(1, 0.02), (2, 0.015)]
    fused = fuse(chance_hits, [(7, 0.62), (1, 0.31)])
    assert fused[0][0] == 7


def test_words_decide_between_sections_of_like_meaning() -> None:
    fused = fuse([(2, 0.75), (1, 0.05)], [(1, 0.52), (2, 0.50)])
    assert [row for row, _ in fused] == [2, 1]


def test_one_ranking_alone_stays_as_it_is() -> None:
    assert fuse([(4, 2.0), (1, 1.0)], []) == [(4, 2.0), (1, 1.0)]
    assert fuse([], [(4, 0.2)]) == [(4, 0.2)]


def test_a_section_counts_by_its_best_chunk() -> None:
    ranking = best_per_section([("a", 0.9), ("b", 0.7), ("c", 0.5)], {"a": [1], "b": [1, 2], "c": [2]})
    assert ranking == [(1, 0.9), (2, 0.7)]


def test_results_are_spread_over_pages_and_repeat_no_text() -> None:
    pages = {1: "a", 2: "a", 3: "a", 4: "b", 5: "c"}
    texts = {1: "x", 2: "y", 3: "z", 4: "x", 5: "w"}
    ranking = [(row, 1.0 / row) for row in (1, 2, 3, 4, 5)]
    kept = spread(ranking, page_of=pages.__getitem__, text_of=texts.__getitem__, per_page=2)
    assert [row for row, _ in kept] == [1, 2, 5, 3]


def test_a_named_entity_comes_before_those_that_share_words() -> None:
    assert with_named([(1, 8.0), (2, 4.0)], {2: 0.9})[0][0] == 2


def test_shares_decide_where_the_other_list_comes_in() -> None:
    docs, entities = [(row, 1.0) for row in range(10)], [(row, 1.0) for row in range(20, 30)]
    rows = [row for row, _ in interleave(docs, entities, catalog_share=0.3, k=10)]
    assert rows[:6] == [0, 1, 2, 3, 4, 5]
    assert rows[6] == 20
    mostly_catalog = [row for row, _ in interleave(docs, entities, catalog_share=0.7, k=10)]
    assert mostly_catalog[:2] == [20, 21]


def test_scores_never_rise() -> None:
    scores = [score for _, score in interleave([(1, 3.0), (2, 1.0)], [(3, 9.0)], catalog_share=0.5, k=3)]
    assert scores == sorted(scores, reverse=True)
