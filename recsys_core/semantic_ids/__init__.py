"""Semantic IDs: items as short sequences of codes, so that what is alike begins alike."""

from recsys_core.semantic_ids.identifiers import SemanticIds, load_semantic_ids

__all__ = ["SemanticIds", "load_semantic_ids"]
