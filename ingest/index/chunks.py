"""Cuts a section's text into pieces that fit the embedder's window, at the most natural place there is."""

from collections.abc import Callable

_BORDERS = ("\n\n", "\n", ". ", " ")


def cut(text: str, *, count_tokens: Callable[[str], int], budget: int) -> tuple[str, ...]:
    """Pieces of at most `budget` tokens that together are the whole text; one piece when it fits.

    Paragraphs stay whole where they can, then lines, then sentences, then words. No token is shorter than a
    letter, so that short texts need not be counted.
    """
    return tuple(piece for piece in _cut(text.strip(), count_tokens, budget, 0) if piece.strip())


def _cut(text: str, count: Callable[[str], int], budget: int, border: int) -> list[str]:
    if len(text) + 2 <= budget or count(text) <= budget:
        return [text]
    if border == len(_BORDERS):  # one enormous word: its first letters are all that can count
        return [text[start : start + budget - 2] for start in range(0, len(text), budget - 2)]
    separator = _BORDERS[border]
    pieces: list[str] = []
    room = 0
    for part in text.split(separator):
        for piece in _cut(part, count, budget, border + 1):
            cost = count(piece)
            if pieces and cost <= room:
                pieces[-1] += separator + piece
            else:
                pieces.append(piece)
                room = budget
            room -= cost
    return pieces
