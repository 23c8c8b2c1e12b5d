"""How somebody judged an answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rating:
    """A thumb up or down, with what was said to it."""

    helpful: bool
    comment: str = ""
