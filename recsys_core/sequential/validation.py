"""Choosing the epochs: the last item of some listeners is kept out of training and ranked among all, history masked."""

from dataclasses import dataclass

import numpy as np

from recsys_core.data.histories import Histories
from recsys_core.errors import InvalidData
from recsys_core.judge.metrics import metrics
from recsys_core.judge.ranks import rank
from recsys_core.sequential.encoder import Encoder

_BLOCK = 1 << 22  # scores held at once
_SHORTEST = 3  # one item is held out, and two make a transition to learn from
_DRAW = 3


@dataclass(frozen=True, eq=False)
class Held:
    """train: everything but the held-out items. histories, targets: a row each listener of whom one is held out."""

    train: Histories
    histories: Histories
    targets: Histories


def held_out(histories: Histories, *, users: int, seed: int) -> Held:
    """Hold out the last item of at most `users` rows, drawn by the seed. Raises InvalidData when no row has three items."""
    eligible = np.flatnonzero(histories.lengths >= _SHORTEST)
    if not len(eligible):
        raise InvalidData(
            "nobody has three interactions to train on, and one of them is held out to choose the epochs; "
            "give more data, or set patience = null and the epochs yourself"
        )
    rng = np.random.default_rng([seed, _DRAW])
    chosen = np.sort(rng.permutation(eligible)[:users])
    last = np.zeros(len(histories), dtype=bool)
    last[chosen] = True
    held = last[histories.owners] & (histories.ages == 0)
    return Held(histories.keep(~held), histories.keep(~held).take(chosen), histories.keep(held).take(chosen))


def ndcg_at_10(encoder: Encoder, held: Held) -> float:
    """Mean over the listeners held out of, masked."""
    items = encoder.weights["items"]
    step = max(1, _BLOCK // len(items))
    ranks = []
    for start in range(0, len(held.histories), step):
        past = held.histories.slice(start, start + step)
        scores = encoder.encode(past) @ items.T
        ranks.append(rank(scores, past, held.targets.slice(start, start + step)).masked)
    users = len(held.targets)
    found = metrics(np.concatenate(ranks), np.arange(users), users=users, cutoffs=(10,))
    return float(found["ndcg@10"].mean())
