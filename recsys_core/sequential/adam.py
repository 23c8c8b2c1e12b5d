"""Adam (Kingma and Ba, ICLR 2015, arXiv:1412.6980) by torch's own kernel, which takes one pass over the parameters.

`torch.optim` imports torch's compiler when an optimiser is made, two seconds a process; the kernel beneath it needs none of
that. Written in tensor operations instead, the passes over the item vectors cost a step a tenth.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

BETAS = (0.9, 0.98)
EPSILON = 1e-8


class Adam:
    """parameters: by name. means, squares: of their gradients, decaying. taken: steps so far."""

    def __init__(self, parameters: Mapping[str, Tensor], *, rate: float) -> None:
        self.parameters, self.rate, self.taken = dict(parameters), rate, 0
        self.means = {name: torch.zeros_like(each.detach()) for name, each in self.parameters.items()}
        self.squares = {name: torch.zeros_like(each.detach()) for name, each in self.parameters.items()}

    def step(self) -> None:
        """Follow the gradients and forget them; a parameter without one stays as it is."""
        self.taken += 1
        names = [name for name, each in self.parameters.items() if each.grad is not None]
        with torch.no_grad():
            torch._fused_adam_(
                [self.parameters[name] for name in names],
                [self.parameters[name].grad for name in names],
                [self.means[name] for name in names],
                [self.squares[name] for name in names],
                [],
                [torch.tensor(float(self.taken)) for _ in names],
                lr=self.rate,
                beta1=BETAS[0],
                beta2=BETAS[1],
                weight_decay=0.0,
                eps=EPSILON,
                amsgrad=False,
                maximize=False,
            )
        for name in names:
            self.parameters[name].grad = None
