"""How sure an answer from passages is, and when to say that the docs do not say.

A logistic over what separates answerable questions from others on the demo organisation's questions: the
share of the question's rare words that the evidence covers, its nearness by meaning, and whether the corpus
knows the words at all. `tests/ingest/test_answer_scores.py` prints how well it separates.
"""

from math import exp

from ingest.answers.choose import Choice

#: Below this the answer is that the docs do not say.
THRESHOLD = 0.5

_BIAS = -3.4
_COVERAGE = 2.6
_SIMILARITY = 5.0
_UNKNOWN = -1.5


def confidence(choice: Choice) -> float:
    """0..1; 0 when there is nothing to show."""
    if not choice.units:
        return 0.0
    score = (
        _BIAS
        + _COVERAGE * choice.coverage
        + _SIMILARITY * max(choice.similarity, 0.0)
        + _UNKNOWN * (1.0 - choice.known)
    )
    return 1.0 / (1.0 + exp(-score))
