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
from recsys_core.sequential.adam import Adam
from recsys_core.sequential.batches import Batch, Batches, Rows
from recsys_core.sequential.config import SequentialConfig
from recsys_core.sequential.losses import LossOf, loss_of
from recsys_core.sequential.network import Network
from recsys_core.sequential.processes import Processes

_DROPOUT = 4
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
    """Network, Adam and batches of one training from scratch on `histories`."""

    def __init__(self, histories: Histories, config: SequentialConfig, *, seed: int) -> None:
        self.config, self.seed = config, seed
        self.batches = Batches(histories, config, seed)
        torch.manual_seed(seed)
        self.network = Network(config, histories.item_count)
        self.objective: nn.Module = Objective(self.network, loss_of(config, histories.item_count))
        self.processes = Processes.current()
        if self.processes.parts > 1:
            self.objective = nn.parallel.DistributedDataParallel(self.objective)
        self.adam = Adam(dict(self.network.named_parameters()), rate=config.learning_rate)

    def step(self, rows: Rows, *, epoch: int, step: int) -> float:
        """Learn from one batch; the mean loss over its targets."""
        batch = self.batches.batch(rows, epoch=epoch, step=step)
        part, parts = self.processes.part, self.processes.parts
        self.network.noise.begin([self.seed, _DROPOUT, epoch, step, part])
        self.network.train()
        # processes average their gradients: times their number, that is the sum again
        loss = self.objective(batch.share(part, parts)) * (parts / len(batch.wanted))
        loss.backward()
        self.adam.step()
        return self.processes.mean(loss.detach())

    def weights(self) -> Tensors:
        """The network's weights by name; views, which the next step changes."""
        return {name: tensor.detach().numpy() for name, tensor in self.network.state_dict().items()}

    def snapshot(self) -> Tensors:
        """A copy of the weights and of Adam's means and squares."""
        parts = {"weights": self.network.state_dict(), "means": self.adam.means, "squares": self.adam.squares}
        return {
            f"{part}.{name}": tensor.detach().numpy().copy()
            for part, tensors in parts.items()
            for name, tensor in tensors.items()
        }

    def restore(self, tensors: Mapping[str, NDArray[np.float32]], *, taken: int) -> None:
        """Go on from a snapshot that was made after `taken` steps."""
        self.adam.taken = taken
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                parameter.copy_(torch.tensor(tensors[f"weights.{name}"]))
                self.adam.means[name].copy_(torch.tensor(tensors[f"means.{name}"]))
                self.adam.squares[name].copy_(torch.tensor(tensors[f"squares.{name}"]))
