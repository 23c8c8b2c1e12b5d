"""What training minimises: for the vector after each item, how well the next item was told from others.

hidden (targets, d), items (n, d), wanted (targets,) the next item, drawn the negatives. Each loss is a sum over
targets, so that shares of a batch on several processes add up to the loss of the whole.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from recsys_core.sequential.config import SequentialConfig

LossOf = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def loss_of(config: SequentialConfig, item_count: int) -> LossOf:
    """The loss that `config` names, as a function of hidden, items, wanted and drawn."""
    share = config.negatives / max(item_count - 1, 1)
    losses: dict[str, LossOf] = {
        "sampled_softmax": sampled_softmax,
        "full_softmax": lambda hidden, items, wanted, _: full_softmax(hidden, items, wanted),
        "gbce": lambda *given: gbce(*given, power=gbce_power(min(share, 1.0), config.calibration)),
        "bce": bce,
    }
    return losses[config.loss]


def sampled_softmax(hidden: Tensor, items: Tensor, wanted: Tensor, drawn: Tensor) -> Tensor:
    """-log softmax of the wanted item among itself and the drawn (negatives,), distinct, sorted, shared by all targets.

    logQ correction (Bengio and Senecal, 2008, doi:10.1109/TNN.2007.912312): a drawn item stands for those that were not,
    so its logit loses the log of how often it is expected among the drawn; the wanted item is always there and keeps its
    own. Every item is drawn as often as any other, so the correction is one number, and adding it to the wanted logit is
    the same. A target that was drawn is no negative of itself.
    """
    rows = functional.embedding(torch.cat([wanted, drawn]), items)  # one gather: one dense gradient
    positive = (hidden * rows[: len(wanted)]).sum(dim=1) + math.log(len(drawn) / len(items))
    place = torch.searchsorted(drawn, wanted).clamp(max=len(drawn) - 1)
    hits = (drawn[place] == wanted).nonzero()[:, 0]
    losses: Tensor = _SharedSoftmax.apply(hidden, rows[len(wanted) :], positive, hits, place[hits])
    return losses.sum()


class _SharedSoftmax(torch.autograd.Function):
    """log(exp(positive) + sum over others of exp(hidden . other)) - positive, (targets,), without those that were hit.

    The (targets, negatives) matrix is what a step's time goes into. It is made once, turned into powers where it lies, and
    both gradients are products with it; left to autograd, a copy would be made at every turn.
    """

    @staticmethod
    def forward(  # noqa: PLR0917 - torch calls it by position
        ctx: Any, hidden: Tensor, others: Tensor, positive: Tensor, hits: Tensor, place: Tensor
    ) -> Tensor:
        powers = hidden @ others.T  # (targets, negatives)
        powers[hits, place] = -torch.inf
        highest = torch.maximum(powers.amax(dim=1), positive)
        powers.sub_(highest[:, None]).exp_()
        wanted = (positive - highest).exp()
        total = powers.sum(dim=1) + wanted
        ctx.save_for_backward(hidden, others, powers, wanted, total)
        return total.log() + highest - positive

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        hidden, others, powers, wanted, total = ctx.saved_tensors
        scale = (gradient / total)[:, None]  # makes probabilities of the powers
        return (
            (powers @ others) * scale,
            powers.T @ (hidden * scale),
            wanted * scale[:, 0] - gradient,
            None,
            None,
        )


def full_softmax(hidden: Tensor, items: Tensor, wanted: Tensor, *, chunk: int = 512) -> Tensor:
    """-log softmax of the wanted item among all; memory holds the logits of `chunk` targets at a time."""
    loss: Tensor = _ChunkedSoftmax.apply(hidden, items, wanted, chunk)
    return loss


class _ChunkedSoftmax(torch.autograd.Function):
    """The sum over targets of log(sum over items of exp(hidden . item)) - hidden . wanted.

    Both gradients are taken while a chunk's (chunk, n) probabilities are there, so that they are made once and not kept.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, items: Tensor, wanted: Tensor, chunk: int) -> Tensor:
        loss, to_hidden, to_items = hidden.new_zeros(()), torch.empty_like(hidden), torch.zeros_like(items)
        for start in range(0, len(hidden), chunk):
            part = slice(start, start + chunk)
            logits = hidden[part] @ items.T
            rows = torch.arange(len(logits))
            positive, total = logits[rows, wanted[part]], logits.logsumexp(dim=1)
            loss += (total - positive).sum()
            probabilities = logits.sub_(total[:, None]).exp_()
            probabilities[rows, wanted[part]] -= 1
            to_hidden[part] = probabilities @ items
            to_items.addmm_(probabilities.T, hidden[part])
        ctx.save_for_backward(to_hidden, to_items)
        return loss

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        to_hidden, to_items = ctx.saved_tensors
        return to_hidden * gradient, to_items * gradient, None, None


def gbce(hidden: Tensor, items: Tensor, wanted: Tensor, drawn: Tensor, *, power: float) -> Tensor:
    """Generalised BCE: the wanted item's probability to `power`, so that few negatives do not make the model overconfident.

    gSASRec (Petrov and Macdonald, RecSys 2023, arXiv:2308.07192), with negatives shared by the batch.
    """
    rows = functional.embedding(torch.cat([wanted, drawn]), items)
    positive = (hidden * rows[: len(wanted)]).sum(dim=1)
    negative = hidden @ rows[len(wanted) :].T  # (targets, negatives)
    against = functional.softplus(negative).masked_fill(wanted[:, None] == drawn, 0)
    return (power * functional.softplus(-positive) + against.sum(dim=1)).sum() / (len(drawn) + 1)


def gbce_power(share: float, calibration: float) -> float:
    """gBCE's beta for a `share` of the catalogue drawn; 1 (plain BCE) at calibration 0, the share at 1."""
    return share * (calibration * (1 - 1 / share) + 1 / share)


def bce(hidden: Tensor, items: Tensor, wanted: Tensor, drawn: Tensor) -> Tensor:
    """SASRec's own: binary cross-entropy of the wanted item and of one drawn (targets,) for each."""
    rows = functional.embedding(torch.cat([wanted, drawn]), items)
    positive = (hidden * rows[: len(wanted)]).sum(dim=1)
    negative = (hidden * rows[len(wanted) :]).sum(dim=1)
    return (functional.softplus(-positive) + functional.softplus(negative)).sum()
