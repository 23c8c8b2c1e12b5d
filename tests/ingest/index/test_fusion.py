"""Ranking as pure functions."""

from ingest.index.fusion import interleave, spread, with_named


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
