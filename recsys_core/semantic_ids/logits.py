"""The trie for a Hugging Face `generate`: a logits processor that lets only codes through which lead to an item.

    generate(..., logits_processor=[ConstrainedLogits(trie, prompt=48, offsets=(1000, 1256, 1512), end=2)])

A language model that speaks the catalogue has tokens for codes: code c of level l is the token offsets[l] + c. Masked logits are
not normalised here; `generate` does that with `renormalize_logits`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from recsys_core.semantic_ids.trie import Pruned, Trie, Wanted

if TYPE_CHECKING:
    from torch import FloatTensor, LongTensor


@dataclass(frozen=True)
class ConstrainedLogits:
    """prompt: tokens before the first code. offsets: of each level's tokens. end: the token that closes an ID."""

    trie: Trie
    prompt: int
    offsets: tuple[int, ...]
    end: int
    wanted: Wanted = field(default_factory=Wanted)

    def __call__(self, input_ids: "LongTensor", scores: "FloatTensor") -> "FloatTensor":
        """scores: (rows, vocabulary) with -inf where no item follows."""
        import torch

        told = input_ids[:, self.prompt :].numpy()
        level = told.shape[1]
        allowed = np.zeros(tuple(scores.shape), dtype=np.bool_)
        if level >= self.trie.levels:
            allowed[:, self.end] = True
        else:
            codes = told - np.asarray(self.offsets[:level], dtype=told.dtype)
            fits = ((codes >= 0) & (codes < self.trie.size)).all(axis=1)
            nodes = np.where(fits, self.trie.walk(np.where(fits[:, None], codes, 0).astype(np.int32)), -1)
            first = self.offsets[level]
            allowed[:, first : first + self.trie.size] = Pruned.of(self.trie, self.wanted).mask(level, nodes)
        return scores.masked_fill(torch.from_numpy(~allowed), -torch.inf)


def tokens_of(offsets: Sequence[int], codes: Sequence[int]) -> tuple[int, ...]:
    """The tokens of an ID or a prefix of one."""
    return tuple(offset + code for offset, code in zip(offsets, codes, strict=False))
