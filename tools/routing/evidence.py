"""What speaks for an action, and for none of them, as numbers; and how much each weighs.

The weights are a conditional logit over the actions and `none`, fitted to requests whose action is known
(`benchmarks/router_weights.py`). They know no action but `ask`, so an action that a team adds is weighed alike.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from math import exp
from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights.json"


@dataclass(frozen=True, slots=True)
class ForAction:
    """Evidence for one action. 0 or 1 where it says whether; `ask_…` are 0 for all other actions."""

    words: float
    """The share of words that the best phrase has, rare ones weighing more."""
    nearest: float
    """Cosine with the phrase nearest in meaning."""
    belongs: float
    """How far it belongs to the action's phrases, see `Kinship`."""
    second: float
    """What the second best phrase adds."""
    begins: float
    """It begins with a verb of change that a phrase of the action begins with: 1 / actions of which that holds."""
    foreign_verb: float
    """It begins with a verb of change that no phrase of the action begins with: then it is not this action."""
    known_verb: float
    """The first word that says something is in a phrase of the action."""
    effect_of_question: float
    """It is a question, and the action changes something."""
    effect_of_what: float
    """It asks who, what, when, where or why, and the action changes something: then it is not this action."""
    not_how_to: float
    """It asks how something is done, and the action is not `ask`."""
    used: float
    """Models, jobs, data, … that it names and the action takes."""
    filled: float
    """Other arguments that it says."""
    missing: float
    """Needed arguments that it does not say."""
    unused: float
    """Things that it names and the action has no place for."""
    unknown: float
    """The share of its telling words that no phrase of the action has."""
    unknown_effect: float
    """The same where the action changes something."""
    ask: float
    ask_question: float
    ask_how_to: float
    ask_order: float
    """It begins with a verb of some action's phrase, and is no question."""
    ask_foreign: float
    """It names nothing of ours, and no passage is like it."""
    ask_under_way: float
    """It names a job or a plan, of which no document knows."""


@dataclass(frozen=True, slots=True)
class ForNone:
    """Evidence that no action does it."""

    always: float
    foreign_verb: float
    """It begins with a verb of change that no phrase of any action begins with."""
    names_nothing: float
    foreign: float
    """As `ask_foreign`."""
    order: float


Weights = Mapping[str, Mapping[str, float]]


def weighed(evidence: ForAction | ForNone, weights: Weights | None = None) -> float:
    """A number on the scale of a logarithm of odds."""
    kind = "action" if isinstance(evidence, ForAction) else "none"
    chosen = (weights or _weights())[kind]
    return float(sum(chosen[field.name] * getattr(evidence, field.name) for field in fields(evidence)))


def shares(scores: Mapping[str, float]) -> dict[str, float]:
    """Scores as probabilities: softmax."""
    most = max(scores.values())
    grown = {name: exp(score - most) for name, score in scores.items()}
    total = sum(grown.values())
    return {name: value / total for name, value in grown.items()}


@cache
def _weights() -> Weights:
    read: Weights = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return read
