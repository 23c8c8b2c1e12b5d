"""What the sequential model costs beside the least it could: `nice -n 10 python -m benchmarks.sequential_steps --data FILE`.

Step: `Learner.step` against a bare loop that has the same network, loss and optimiser and gets its batches made beforehand, turn by
turn, in CPU seconds of one thread. Checkpoints: the snapshot that a step waits for. Update: a listener's vector after an event.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from recsys_core.candidates.sequential import Sequential
from recsys_core.data.readers import read
from recsys_core.sequential.config import SequentialConfig
from recsys_core.sequential.learner import Learner, Objective
from recsys_core.sequential.live import LiveListeners
from recsys_core.sequential.losses import loss_of
from recsys_core.sequential.network import Network
from recsys_core.watch import Watch

STEPS, WARM = 120, 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a file in S3-Rec's format")
    data = read(parser.parse_args().data, "s3rec")
    torch.set_num_threads(1)
    config = SequentialConfig()
    learner = Learner(data.histories, config, seed=0)
    rows = learner.batches.epoch(0)[: STEPS + WARM]
    ours: list[float] = []
    bare: list[float] = []
    bare_step = bare_loop(config, len(data.items))
    for step, each in enumerate(rows):
        batch = learner.batches.batch(each, epoch=0, step=step)
        ours.append(seconds(lambda each=each, step=step: learner.step(each, epoch=0, step=step)))  # type: ignore[misc]
        bare.append(seconds(lambda batch=batch: bare_step(batch)))  # type: ignore[misc]
    mine, theirs = sum(ours[WARM:]), sum(bare[WARM:])
    print(f"step {1e3 * mine / STEPS:.1f} CPU-ms, bare {1e3 * theirs / STEPS:.1f}: {mine / theirs:.3f} times")
    snapshot = statistics.median(seconds(learner.snapshot) for _ in range(20))
    share = snapshot / Watch().seconds
    print(f"snapshot {1e3 * snapshot:.1f} CPU-ms, every {Watch().seconds:.0f} s: {share:.4%} of the time")
    weights = {name: array.copy() for name, array in learner.weights().items()}
    live = LiveListeners(
        Sequential(config, data.item_ids, weights, np.zeros(len(data.items), np.float32), {})
    )
    live.begin("a", [data.item_ids[place] for place in range(config.length)])
    updates = [seconds(lambda: live.heard("a", data.item_ids[7])) for _ in range(300)]
    middle, late = statistics.median(updates), sorted(updates)[int(0.95 * len(updates))]
    print(f"update of a listener with {config.length} items {1e3 * middle:.2f} CPU-ms, p95 {1e3 * late:.2f}")


def bare_loop(config: SequentialConfig, items: int) -> Callable[..., None]:
    objective = Objective(Network(config, items), loss_of(config, items)).train()
    optimiser = torch.optim.Adam(
        objective.parameters(), lr=config.learning_rate, betas=(0.9, 0.98), fused=True
    )

    def step(batch: object) -> None:
        loss = objective(batch) / len(batch.wanted)  # type: ignore[attr-defined]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return step


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
