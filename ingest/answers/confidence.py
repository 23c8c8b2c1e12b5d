"""How sure an answer from passages is, and when to say that the docs do not say.

A logistic, set by hand on the demo organisation's questions, over three things. First the aspect: the share of
the question's rare words, less the names of entities, that the evidence and its headings hold; a page about
the right service that lacks what is asked of it is the usual wrong answer. Then nearness by meaning, and
whether the corpus knows the question's words at all. A paraphrase that shares no word with its page is not
told from an unanswerable question; `tests/ingest/test_answer_scores.py` prints how well the rest is.
"""

from math import exp

from ingest.answers.choose import Choice

#: Below this the answer is that the docs do not say.
THRESHOLD = 0.35

_BIAS = -3.0
_ASPECT = 4.5
_SIMILARITY = 2.5
_UNKNOWN = -0.8


def confidence(choice: Choice) -> float:
    """0..1; 0 when there is nothing to show."""
    if not choice.units:
        return 0.0
    score = (
        _BIAS
        + _ASPECT * choice.aspect
        + _SIMILARITY * max(choice.similarity, 0.0)
        + _UNKNOWN * (1.0 - choice.known)
    )
    return 1.0 / (1.0 + exp(-score))
