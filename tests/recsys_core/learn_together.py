"""Run by `test_sequential.py`, by one process or by two of torchrun: prints the loss of each of 50 steps, without dropout."""

import os
import sys

import numpy as np
import torch
from torch import distributed

from recsys_core.data import Histories
from recsys_core.sequential.config import SequentialConfig
from recsys_core.sequential.learner import Learner

STEPS = 50


def main() -> None:
    torch.set_num_threads(1)
    if "RANK" in os.environ:
        distributed.init_process_group("gloo")
    rng = np.random.default_rng(0)
    rows = [rng.permutation(60)[: rng.integers(2, 20)].tolist() for _ in range(150)]
    config = SequentialConfig(dimensions=16, negatives=24, dropout=0.0, batch_users=16)
    learner = Learner(Histories.of(rows, item_count=60), config, seed=3)
    losses: list[float] = []
    epoch = 0
    while len(losses) < STEPS:
        for step, batch in enumerate(learner.batches.epoch(epoch)):
            losses.append(learner.step(batch, epoch=epoch, step=step))
        epoch += 1
    if learner.processes.part == 0:
        sys.stdout.write(" ".join(f"{loss:.9f}" for loss in losses[:STEPS]) + "\n")
    if distributed.is_initialized():
        distributed.destroy_process_group()


if __name__ == "__main__":
    main()
