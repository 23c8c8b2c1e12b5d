"""What a training tells whoever watches it: loss, rate, time left, the figure on the held-out items."""

import time

from recsys_core.sequential.place import Place
from recsys_core.watch import Progress

_EVERY = 2.0  # seconds


class Teller:
    """Tells `progress` at most every two seconds, and at the end of a phase."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.last = self.began = time.monotonic()
        self.first = 0

    def begin(self, place: Place) -> None:
        """A phase begins or goes on: its rate is counted from here."""
        self.began, self.first = time.monotonic(), place.steps

    def tell(self, place: Place, *, loss: float, steps: int, targets: int, left: float) -> None:
        """After a step. steps, targets: in an epoch; left: seconds of the budget."""
        now = time.monotonic()
        ended = place.epoch + 1 == place.until and place.step == steps
        if now - self.last < _EVERY and not ended:
            return
        self.last = now
        each = (now - self.began) / (place.steps - self.first)  # seconds a step
        left = min(left, each * (place.until * steps - place.steps))
        told = f"epoch {place.epoch + 1}, loss {loss:.3f}, {targets / steps / each:,.0f} targets/s, "
        told += f"{'at most ' if place.phase == 'choose' else ''}{left / 60:.1f} min left"
        if place.phase == "choose" and place.rounds:
            told += f", ndcg@10 {place.rounds[-1][1]:.4f}, best {place.best[1]:.4f} after {place.best[0]}"
        stage = "Choosing epochs" if place.phase == "choose" else "Training"
        self.progress(f"{stage}: {told}", place.steps, place.until * steps)
