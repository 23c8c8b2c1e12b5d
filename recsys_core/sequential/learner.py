"""One step of training, and everything that a step changes.

The dropout of a step is drawn from (seed, epoch, step), as its negatives are. Among several processes (`torchrun`) each
takes its share of the rows of every batch; the loss stays the mean over the whole batch's targets.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recsys_core.data.histories import Histories
from recsys_core.sequential.batches import Batch, Batches, Rows
from recsys_core.sequential.config import SequentialConfig
from recsys_core.sequential.losses import LossOf, loss_of
from recsys_core.sequential.network import Network
from recsys_core.sequential.processes import Processes

_DROPOUT = 4
_MOMENTS = ("exp_avg", "exp_avg_sq")
Tensors = dict[str, NDArray[np.float32]]


class Objective(nn.Module):
    """The network with its loss: from a batch to the sum over its targets."""

    def __init__(self, network: Network, loss: LossOf) -> None:
        super().__init__()
        self.network, self.loss = network, loss

    def forward(self, batch: Batch) -> Tensor:
        hidden = self.network(torch.tensor(batch.items), torch.tensor(batch.lengths))
        given = hidden[torch.tensor(batch.filled)]  # (targets, d)
        return self.loss(given, self.network.items, torch.tensor(batch.wanted), torch.tensor(batch.drawn))


class Learner:
    """Network, optimiser and batches of one training from scratch on `histories`."""

    def __init__(self, histories: Histories, config: SequentialConfig, *, seed: int) -> None:
        self.config, self.seed, self.taken = config, seed, 0
        self.batches = Batches(histories, config, seed)
        torch.manual_seed(seed)
        self.network = Network(config, histories.item_count)
        self.objective: nn.Module = Objective(self.network, loss_of(config, histories.item_count))
        self.processes = Processes.current()
        if self.processes.parts > 1:
            self.objective = nn.parallel.DistributedDataParallel(self.objective)
        self.optimiser = torch.optim.Adam(
            self.network.parameters(), lr=config.learning_rate, betas=(0.9, 0.98), fused=True
        )

    def step(self, rows: Rows, *, epoch: int, step: int) -> float:
        """Learn from one batch; the mean loss over its targets."""
        batch = self.batches.batch(rows, epoch=epoch, step=step)
        part, parts = self.processes.part, self.processes.parts
        self.network.noise.begin([self.seed, _DROPOUT, epoch, step, part])
        self.network.train()
        # processes average their gradients: times their number, that is the sum again
        loss = self.objective(batch.share(part, parts)) * (parts / len(batch.wanted))
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.taken += 1
        return self.processes.mean(loss.detach())

    def weights(self) -> Tensors:
        """The network's weights by name; views, which the next step changes."""
        return {name: tensor.detach().numpy() for name, tensor in self.network.state_dict().items()}

    def snapshot(self) -> Tensors:
        """A copy of the weights and of the optimiser's moments."""
        tensors = {f"weights.{name}": array.copy() for name, array in self.weights().items()}
        for name, parameter in self.network.named_parameters():
            for moment in _MOMENTS:
                tensors[f"{moment}.{name}"] = self.optimiser.state[parameter][moment].numpy().copy()
        return tensors

    def restore(self, tensors: Mapping[str, NDArray[np.float32]], *, taken: int) -> None:
        """Go on from a snapshot that was made after `taken` steps."""
        self.taken = taken
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                parameter.copy_(torch.tensor(tensors[f"weights.{name}"]))
                state = {moment: torch.tensor(tensors[f"{moment}.{name}"]) for moment in _MOMENTS}
                self.optimiser.state[parameter] = {"step": torch.tensor(float(taken)), **state}
