"""Business rules, one file a kind: pure functions of a slate and a situation that say what they changed."""

from recsys_core.rules.slate import Candidate, Change, Ruling, Situation, Slate

__all__ = ["Candidate", "Change", "Ruling", "Situation", "Slate"]
