"""Data: items, histories, the `Dataset` they make up, and readers for public formats."""

from recsys_core.data.dataset import Dataset, Interactions
from recsys_core.data.histories import UNKNOWN_USER, Histories
from recsys_core.data.items import Item, Playlist, Vertical

__all__ = ["UNKNOWN_USER", "Dataset", "Histories", "Interactions", "Item", "Playlist", "Vertical"]
