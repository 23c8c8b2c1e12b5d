"""What orders the candidates is what was learnt, and stays bounded where it never learnt anything."""

import numpy as np

from ingest.index import ranker


def test_the_network_adds_a_bounded_part_to_the_weighted_sum() -> None:
    for learnt in ranker.weights().values():
        strange = np.full((1, len(learnt.names)), 1e6)

        added = learnt.scores(strange) - strange @ learnt.linear

        assert len(learnt.out) > 0
        assert abs(added[0]) <= np.abs(learnt.out).sum() + 1e-6


def test_every_unit_reads_every_feature_in_its_order() -> None:
    both = ranker.weights()

    assert both["words and meaning"].names[: len(both["words"].names)] == both["words"].names
    for learnt in both.values():
        assert learnt.hidden.shape == (len(learnt.out), len(learnt.names))
