"""Decoding stays among the items that exist and that a request may have, and misses none that is better."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recsys_core.errors import InvalidConfig, InvalidData, InvalidScores
from recsys_core.semantic_ids import trie as trie_module
from recsys_core.semantic_ids.decoding import Decoder, decode
from recsys_core.semantic_ids.trie import Pruned, Trie, Wanted

SIZE, LEVELS = 4, 3
some_ids = st.sets(st.tuples(*[st.integers(0, SIZE - 1)] * LEVELS), min_size=1, max_size=24)


def trie_of(ids: set[tuple[int, ...]], *, shuffled: int = 0) -> tuple[Trie, NDArray[np.int32]]:
    codes = np.array(sorted(ids), dtype=np.int32)
    codes = codes[np.random.default_rng(shuffled).permutation(len(codes))]
    return Trie.of(codes, size=SIZE), codes


def some_decoder(seed: int) -> Decoder:
    """Logits that depend on the user and on every code before, in quarters, so that some are equal."""

    def decoder(users: NDArray[np.int64], prefixes: NDArray[np.int32]) -> NDArray[np.float32]:
        rows = [
            np.random.default_rng([seed, int(user), *map(int, prefix)]).integers(0, 12, SIZE) / 4
            for user, prefix in zip(users, prefixes, strict=True)
        ]
        return np.array(rows, dtype=np.float32).reshape(len(users), SIZE)

    return decoder


def every_score(
    codes: NDArray[np.int32], decoder: Decoder, user: int, may: Callable[[int], bool], normalised: str
) -> dict[int, float]:
    """Log-probability of each item that may be had, one by one."""
    found = {}
    allowed = [tuple(id) for row, id in enumerate(codes.tolist()) if may(row)]
    for row, id in enumerate(codes.tolist()):
        if not may(row):
            continue
        total = 0.0
        for level in range(LEVELS):
            logits = decoder(np.array([user]), np.array([id[:level]], np.int32).reshape(1, -1))[0].astype(
                float
            )
            if normalised == "after":
                leads = {other[level] for other in allowed if other[:level] == tuple(id[:level])}
                logits = np.array([value if code in leads else -np.inf for code, value in enumerate(logits)])
            total += logits[id[level]] - np.log(np.exp(logits).sum())
        found[row] = total
    return found


@settings(max_examples=60, deadline=None)
@given(some_ids, st.integers(0, 99), st.data(), st.sampled_from(["before", "after"]), st.booleans())
def test_a_wide_beam_is_the_exhaustive_top_k_under_every_list(
    ids: set[tuple[int, ...]], seed: int, data: st.DataObject, normalised: Any, dense: bool
) -> None:
    trie, codes = trie_of(ids, shuffled=seed)
    if not dense:
        trie.__dict__["_dense"] = {}
    rows = st.lists(st.integers(0, len(codes) - 1), unique=True)
    requests = []
    for _ in range(2):
        pins = data.draw(
            st.lists(st.sampled_from(sorted({id[:n] for id in ids for n in (0, 1, 2, 3)})), max_size=2)
        )
        wanted = Wanted(data.draw(st.none() | rows), data.draw(rows), tuple(pins))
        requests.append(wanted)
    decoder = some_decoder(seed)
    for user, (wanted, found) in enumerate(
        zip(requests, decode(trie, decoder, requests, beam=64, normalised=normalised), strict=True)
    ):

        def may(row: int, wanted: Wanted = wanted) -> bool:
            pinned = not wanted.pinned or any(tuple(codes[row][: len(pin)]) == pin for pin in wanted.pinned)
            return (
                row not in set(wanted.denied)
                and (wanted.allowed is None or row in set(wanted.allowed))
                and pinned
            )

        expected = every_score(codes, decoder, user, may, normalised)
        assert set(found.rows.tolist()) == set(expected)
        assert len(set(found.rows.tolist())) == len(found.rows)
        np.testing.assert_allclose(
            found.scores, [expected[row] for row in found.rows.tolist()], rtol=1e-4, atol=1e-4
        )
        assert (np.diff(found.scores) <= 1e-6).all()
        assert (codes[found.rows] == found.codes).all()
        assert bool(found.why) == (not expected)


@settings(max_examples=40, deadline=None)
@given(some_ids, st.integers(0, 99), st.integers(1, 5))
def test_a_narrow_beam_gives_valid_items_and_none_twice(
    ids: set[tuple[int, ...]], seed: int, beam: int
) -> None:
    trie, codes = trie_of(ids, shuffled=seed)
    (found,) = decode(trie, some_decoder(seed), [Wanted()], beam=beam)
    assert 0 < len(found.rows) <= beam
    assert len(found.rows) == len(set(found.rows.tolist())) == min(beam, len(codes))
    assert (codes[found.rows] == found.codes).all()


@settings(max_examples=40, deadline=None)
@given(some_ids, some_ids, st.data())
def test_a_changed_catalogue_is_the_one_that_would_be_built(
    before: set[tuple[int, ...]], more: set[tuple[int, ...]], data: st.DataObject
) -> None:
    trie, codes = trie_of(before)
    removed = data.draw(st.lists(st.integers(0, len(codes) - 1), unique=True))
    kept = [row for row in range(len(codes)) if row not in removed]
    added = np.array(sorted(more - {tuple(codes[row].tolist()) for row in kept}), np.int32).reshape(
        -1, LEVELS
    )
    changed = trie.changed(added, range(100, 100 + len(added)), removed=removed)
    anew = Trie.of(np.concatenate([codes[kept], added]), size=SIZE)
    assert (changed.codes == anew.codes).all()
    names = np.array([*kept, *range(100, 100 + len(added))], dtype=np.int64)
    assert (changed.rows == names[anew.rows]).all()
    assert sorted(changed.rows[changed.places_of(changed.rows)].tolist()) == sorted(changed.rows.tolist())


def test_what_cannot_be_decoded_says_why() -> None:
    trie, _ = trie_of({(0, 0, 0), (0, 1, 0), (3, 1, 2)})
    with pytest.raises(InvalidData, match=r"items 0 and 1 have the same ID \[1, 1, 1\]"):
        Trie.of(np.ones((2, 3), np.int32), size=4)
    with pytest.raises(InvalidData, match="not from 0 to 3"):
        Trie.of(np.full((1, 3), 4, np.int32), size=4)
    with pytest.raises(InvalidData, match=r"the ID \[0, 0, 0\] is taken"):
        trie.changed(np.zeros((1, 3), np.int32), [7])
    with pytest.raises(InvalidConfig, match="beam = 0"):
        decode(trie, some_decoder(0), [Wanted()], beam=0)
    with pytest.raises(InvalidConfig, match="longer than an ID of 3 codes"):
        decode(trie, some_decoder(0), [Wanted(pinned=((0, 0, 0, 0),))], beam=1)
    with pytest.raises(InvalidScores, match="the decoder gave NaN"):
        decode(
            trie, lambda users, _prefixes: np.full((len(users), SIZE), np.nan, np.float32), [Wanted()], beam=1
        )
    with pytest.raises(InvalidScores, match=r"shape \(1, 2\), and \(1, 4\) were asked for"):
        decode(trie, lambda _users, _prefixes: np.zeros((1, 2), np.float32), [Wanted()], beam=1)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (Wanted(denied=[0, 1, 2]), "every item that has an ID is denied"),
        (Wanted(allowed=[]), "none of the allowed items has an ID"),
        (Wanted(allowed=[0], denied=[0]), "every item that is allowed is denied as well"),
        (Wanted(pinned=((2,), (1, 1))), "no allowed item has an ID that begins with 2 or 1-1"),
    ],
)
def test_a_request_that_leaves_nothing_is_answered_empty_with_the_reason(wanted: Wanted, why: str) -> None:
    trie, _ = trie_of({(0, 0, 0), (0, 1, 0), (3, 1, 2)})
    both = decode(trie, some_decoder(0), [wanted, Wanted()], beam=2)
    assert (len(both[0].rows), both[0].why) == (0, why)
    assert (len(both[1].rows), both[1].why) == (2, "")


def test_rows_that_do_not_fit_are_gathered_and_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    codes = np.unique(rng.integers(0, SIZE, (40, LEVELS)).astype(np.int32), axis=0)
    dense, gathered = Trie.of(codes, size=SIZE), Trie.of(codes, size=SIZE)
    assert set(dense._dense) == {0, 1, 2}
    monkeypatch.setattr(trie_module, "DENSE_BYTES", SIZE)
    assert set(gathered._dense) == {0}
    for level in range(LEVELS):
        nodes = np.arange(-1, dense.nodes(level))
        assert (dense.mask(level, nodes) == gathered.mask(level, nodes)).all()
        assert not Pruned.of(dense, Wanted()).mask(level, nodes)[0].any()


@pytest.mark.integration  # importing torch takes seconds
def test_a_logits_processor_lets_only_items_through() -> None:
    torch = pytest.importorskip("torch")
    from recsys_core.semantic_ids.logits import ConstrainedLogits, tokens_of

    trie, codes = trie_of({(0, 0, 0), (0, 1, 0), (3, 1, 2)})
    offsets = (10, 14, 18)
    denied = int(np.flatnonzero((codes == (0, 1, 0)).all(axis=1))[0])
    processor = ConstrainedLogits(trie, prompt=2, offsets=offsets, end=1, wanted=Wanted(denied=[denied]))

    def through(*told: int) -> list[int]:
        scores = processor(torch.tensor([[5, 6, *told]]), torch.zeros(1, 30))
        return [int(each) for each in torch.nonzero(torch.isfinite(scores[0])).flatten()]

    assert through() == [10, 13]
    assert through(10) == [14]
    assert through(*tokens_of(offsets, (3, 1))) == [20]
    assert through(*tokens_of(offsets, (3, 1, 2))) == [1]
    assert through(11) == through(2) == []
