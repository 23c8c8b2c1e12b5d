"""Rankers, one file a kind, and the features they weigh."""
