"""The model registry as actions see it."""

from tools.models.book import ModelBook

__all__ = ["ModelBook"]
