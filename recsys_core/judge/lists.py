"""The judge over ranked lists: the same ranks, ties and metrics as for a model's scores."""

from dataclasses import replace

from recsys_core.judge.evaluator import BLOCK, VIEWS, View, view_of
from recsys_core.judge.first_ten import FirstTen, add_both
from recsys_core.judge.protocol import EvaluationProtocol
from recsys_core.judge.ranks import RankBlock, rank
from recsys_core.judge.split import Split
from recsys_core.predictions import Predictions, scores_of


def judge_lists(predictions: Predictions, parts: Split, protocol: EvaluationProtocol) -> dict[str, View]:
    """A `View` for "masked" and "unmasked"; masked takes the history out of the lists, and what follows moves up."""
    histories, items = parts.histories, parts.histories.item_count
    wide = (
        items + predictions.longest
    )  # places of a list that nothing of the catalogue holds have columns too
    ten = {view: FirstTen(len(histories), items) for view in VIEWS}
    blocks: list[RankBlock] = []
    step = max(1, BLOCK // wide)
    for start in range(0, len(histories), step):
        past = histories.slice(start, min(start + step, len(histories)))
        scores = scores_of(past, predictions)
        wanted = parts.targets.slice(start, min(start + step, len(histories)))
        blocks.append(rank(scores, replace(past, item_count=wide), replace(wanted, item_count=wide)))
        add_both(ten, scores, past)
    return {view: view_of(view, blocks, parts, protocol, ten[view].shown(parts.train)) for view in VIEWS}
