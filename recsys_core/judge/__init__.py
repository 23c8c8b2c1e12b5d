"""The judge: named protocols, splits, ranks, metrics, intervals and the one evaluator over them."""

from recsys_core.judge.evaluator import View, judge
from recsys_core.judge.intervals import Interval, intervals, paired_difference
from recsys_core.judge.protocol import EvaluationProtocol, load_protocol, protocols
from recsys_core.judge.result import EvaluationResult
from recsys_core.judge.split import Split, split

__all__ = [
    "EvaluationProtocol", "EvaluationResult", "Interval", "Split", "View", "intervals", "judge", "load_protocol",
    "paired_difference", "protocols", "split",
]  # fmt: skip
