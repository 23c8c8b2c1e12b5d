"""The processes that train one model together: as many as torchrun started, or this one alone.

Each takes its share of every batch and does everything else alike, so they hold the same weights at every step. What a
clock or a disk says is asked of the first one only.
"""

from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, distributed

Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Processes:
    """part: which one this is, from 0; parts: how many there are."""

    part: int = 0
    parts: int = 1

    @classmethod
    def current(cls) -> "Processes":
        """Those of the process group that was initialised, if any was."""
        if not (distributed.is_available() and distributed.is_initialized()):
            return cls()
        return cls(distributed.get_rank(), distributed.get_world_size())

    def first_said(self, value: Said) -> Said:
        """The first one's value, on all."""
        if self.parts == 1:
            return value
        said = [value]
        distributed.broadcast_object_list(said, src=0)
        return said[0]

    def first_decided(self, flag: bool) -> bool:
        """As `first_said`, for once a step."""
        if self.parts == 1:
            return flag
        decided = torch.tensor(float(flag))
        distributed.broadcast(decided, src=0)
        return bool(decided)

    def mean(self, value: Tensor) -> float:
        """Of a single number."""
        if self.parts > 1:
            distributed.all_reduce(value)
        return float(value) / self.parts
