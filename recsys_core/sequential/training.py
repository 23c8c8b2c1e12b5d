"""Train the transformer: choose the number of epochs on held-out items, then train that long on everything.

One loop, to be read top to bottom. Whatever is random is drawn from (seed, epoch, step), so a run that was killed goes on
from its last checkpoint to the very weights it would have had. One thread: the machine's cores decide nothing.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from recsys_core.data.histories import Histories
from recsys_core.errors import InvalidData
from recsys_core.sequential.checkpoints import Checkpoint, Checkpoints
from recsys_core.sequential.config import SequentialConfig
from recsys_core.sequential.encoder import Encoder
from recsys_core.sequential.learner import Learner
from recsys_core.sequential.place import Place
from recsys_core.sequential.processes import Processes
from recsys_core.sequential.telling import Teller
from recsys_core.sequential.validation import Held, held_out, ndcg_at_10
from recsys_core.watch import Watch

_ROUND = 50  # steps between two looks at the held-out items, at least
_SPARE = 1.1  # times what the refit is expected to take


@dataclass(frozen=True, eq=False)
class Trained:
    """weights: by the network's names. epochs: on everything. rounds, ended: see `Place`."""

    weights: Mapping[str, NDArray[np.float32]]
    epochs: int
    rounds: tuple[tuple[int, float], ...]
    ended: str


def train(
    histories: Histories, config: SequentialConfig, *, seed: int = 0, watch: Watch | None = None
) -> Trained:
    """Raises InvalidData when there is nothing to learn from, and whatever `watch.progress` raises to cancel."""
    if not (histories.lengths > 1).any():
        raise InvalidData(
            "nobody has two interactions, and the model learns from one to the next; give more data"
        )
    with _undisturbed():
        run = _Run(histories, config, seed, watch or Watch())
        try:
            return run.train()
        finally:
            run.close()


class _Run:
    def __init__(self, histories: Histories, config: SequentialConfig, seed: int, watch: Watch) -> None:
        self.histories, self.config, self.seed, self.watch = histories, config, seed, watch
        self.teller = Teller(watch.progress)
        self.checkpoints = (
            Checkpoints(watch.checkpoints, _whose(histories, config, seed)) if watch.checkpoints else None
        )
        self.saved = time.monotonic()

    def train(self) -> Trained:
        found = Processes.current().first_said(self.checkpoints.newest() if self.checkpoints else None)
        place = Place("fit" if self.config.patience is None else "choose", self.config.epochs)
        if found is not None:
            place = Place(**found.place)
        self.started = time.monotonic() - place.seconds
        if place.phase == "choose":
            held = held_out(self.histories, users=self.config.validation_users, seed=self.seed)
            self._learn(held.train, place, found, held)
            until, found = place.best[0] or place.epoch or 1, None
            place = replace(place, phase="fit", until=until, epoch=0, step=0, steps=0)
        learner = self._learn(self.histories, place, found)
        weights = {name: array.copy() for name, array in learner.weights().items()}
        rounds = tuple((epoch, figure) for epoch, figure in place.rounds)
        return Trained(weights, place.epoch, rounds, place.ended)

    def _learn(
        self, histories: Histories, place: Place, found: Checkpoint | None, held: Held | None = None
    ) -> Learner:
        learner = Learner(histories, self.config, seed=self.seed)
        if found is not None:
            learner.restore(found.tensors, taken=place.steps)
        self.teller.begin(place)
        while place.epoch < place.until:
            batches = learner.batches.epoch(place.epoch)
            while place.step < len(batches):
                if learner.processes.first_decided(self._late(place, len(histories.items))):
                    place.ended = "minutes"
                    return learner
                loss = learner.step(batches[place.step], epoch=place.epoch, step=place.step)
                place.step, place.steps = place.step + 1, place.steps + 1
                self._after(place, learner, loss=loss, steps=len(batches))
            place.epoch, place.step = place.epoch + 1, 0
            if held is not None and self._enough(place, learner, held, steps=len(batches)):
                return learner
        return learner

    def _enough(self, place: Place, learner: Learner, held: Held, *, steps: int) -> bool:
        """Look at the held-out items where a round ends; whether the epochs are chosen."""
        if place.epoch % -(-_ROUND // steps) and place.epoch < place.until:
            return False
        ndcg = ndcg_at_10(Encoder(learner.weights(), self.config.heads), held)
        place.rounds.append((place.epoch, ndcg))
        if place.best[0] == place.epoch:
            place.reserve = self._elapsed()
        patient = place.rounds_since_best < (self.config.patience or 0)
        place.ended = "epochs" if patient else "patience"
        return not patient

    def _elapsed(self) -> float:
        return time.monotonic() - self.started

    def _late(self, place: Place, events: int) -> bool:
        """Whether the budget is used up; while epochs are chosen, less what the refit will take."""
        elapsed = self._elapsed()
        reserve = 0.0
        if place.phase == "choose":
            until_best = elapsed if place.reserve is None else place.reserve
            reserve = _SPARE * until_best * len(self.histories.items) / events
        return elapsed + reserve >= self.config.minutes * 60

    def _after(self, place: Place, learner: Learner, *, loss: float, steps: int) -> None:
        if learner.processes.part > 0:  # the first speaks and writes for all
            return
        left = self.config.minutes * 60 - self._elapsed()
        self.teller.tell(place, loss=loss, steps=steps, targets=learner.batches.targets, left=left)
        if self.checkpoints and time.monotonic() - self.saved >= self.watch.seconds:
            place.seconds = self._elapsed()
            if self.checkpoints.save(place.phase, place.steps, asdict(place), learner.snapshot):
                self.saved = time.monotonic()

    def close(self) -> None:
        if self.checkpoints:
            self.checkpoints.close()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """One thread, and the process's own generator as it was afterwards."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(threads)


def _whose(histories: Histories, config: SequentialConfig, seed: int) -> str:
    """What must be equal for a checkpoint to be gone on from."""
    digest = hashlib.sha256(f"{torch.__version__} {seed} {config.model_dump_json()}".encode())
    for array in (histories.indptr, histories.items):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
