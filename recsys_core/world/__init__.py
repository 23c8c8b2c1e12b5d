"""A deterministic world with known latent taste: tracks, podcast episodes and audiobooks, people and playlists."""

from recsys_core.world.config import WorldConfig
from recsys_core.world.generate import World, generate
from recsys_core.world.law import Law
from recsys_core.world.oracle import Oracle

__all__ = ["Law", "Oracle", "World", "WorldConfig", "generate"]
