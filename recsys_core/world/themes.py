"""The words of the world: twelve themes, each with a face in every vertical.

A theme is one direction of taste, so somebody who plays jazz is likelier to enjoy a biography of a musician.
"""

from typing import NamedTuple

from recsys_core.data.items import Vertical


class Theme(NamedTuple):
    """What a theme is called on each shelf."""

    track: str
    episode: str
    audiobook: str

    def attribute(self, vertical: Vertical) -> str:
        """The genre or topic an item of this vertical carries."""
        return {
            Vertical.TRACK: f"genre:{self.track}",
            Vertical.EPISODE: f"topic:{self.episode}",
            Vertical.AUDIOBOOK: f"shelf:{self.audiobook}",
        }[vertical]


THEMES = (
    Theme("jazz", "music history", "biography"),
    Theme("techno", "technology", "science fiction"),
    Theme("folk", "travel", "nature writing"),
    Theme("metal", "mythology", "fantasy"),
    Theme("ambient", "meditation", "mindfulness"),
    Theme("hip-hop", "society", "memoir"),
    Theme("classical", "art", "classics"),
    Theme("pop", "celebrity", "romance"),
    Theme("punk", "politics", "essays"),
    Theme("country", "food", "cooking"),
    Theme("blues", "true crime", "crime"),
    Theme("soundtrack", "film", "drama"),
)
MOODS = ("Late-night", "Morning", "Rainy-day", "Weekend", "Focus", "Road-trip", "Sunday", "Slow")
ADJECTIVES = (
    "Quiet",
    "Golden",
    "Broken",
    "Hidden",
    "Electric",
    "Paper",
    "Northern",
    "Borrowed",
    "Distant",
    "Velvet",
)
NOUNS = ("River", "Signal", "Garden", "Engine", "Winter", "Harbour", "Mirror", "Letter", "Orchard", "Window")
MARKETS = ("BR", "DE", "GB", "SE", "US")
