"""Adam (Kingma and Ba, ICLR 2015, arXiv:1412.6980), written out: making torch's own imports its compiler, two seconds a process.

The bias corrections are folded into the rate and into epsilon, which saves two passes over the parameters. The passes that are left
go over pieces small enough to stay in a core's cache.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

BETAS = (0.9, 0.98)
EPSILON = 1e-8
_PIECE = 1 << 17  # numbers: the four arrays of a piece are 2 MB


class Adam:
    """parameters: by name. means, squares: of their gradients, decaying. taken: steps so far."""

    def __init__(self, parameters: Mapping[str, Tensor], *, rate: float) -> None:
        self.parameters, self.rate, self.taken = dict(parameters), rate, 0
        self.means = {name: torch.zeros_like(each.detach()) for name, each in self.parameters.items()}
        self.squares = {name: torch.zeros_like(each.detach()) for name, each in self.parameters.items()}

    def step(self) -> None:
        """Follow the gradients and forget them."""
        self.taken += 1
        unbiased_mean, unbiased_square = (1 - beta**self.taken for beta in BETAS)
        rate, epsilon = self.rate * unbiased_square**0.5 / unbiased_mean, EPSILON * unbiased_square**0.5
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                if parameter.grad is None:
                    continue
                arrays = (parameter, parameter.grad, self.means[name], self.squares[name])
                pieces = (each.detach().reshape(-1).split(_PIECE) for each in arrays)
                for values, gradient, mean, square in zip(*pieces, strict=True):
                    mean.lerp_(gradient, 1 - BETAS[0])
                    square.mul_(BETAS[1]).addcmul_(gradient, gradient, value=1 - BETAS[1])
                    values.addcdiv_(mean, square.sqrt().add_(epsilon), value=-rate)
                parameter.grad = None
