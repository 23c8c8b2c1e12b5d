"""How large the generated world is and how hard it is to guess."""

from typing import Annotated

from pydantic import Field

from recsys_core.config import Config

Count = Annotated[int, Field(ge=1, le=1_000_000)]
Strength = Annotated[float, Field(ge=0, le=20)]


class WorldConfig(Config):
    """One seed and these numbers give one world, byte for byte.

    taste, appeal, trend and habit weigh the four terms of the law in `law.py`; 0 switches a term off. days is the
    length of the story, in which each user does at least five things and at most one a day.
    """

    seed: int = Field(default=0, ge=0)
    users: Count = 800
    tracks: Count = 600
    episodes: Count = 240
    audiobooks: Count = 120
    playlists: int = Field(default=300, ge=0, le=1_000_000)
    days: int = Field(default=30, ge=6, le=3_650)
    dimensions: int = Field(default=8, ge=2, le=256)
    taste: Strength = 5.0
    appeal: Strength = 0.7
    trend: Strength = 1.0
    habit: Strength = 1.5
