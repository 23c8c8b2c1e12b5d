"""What a fitted model is: something that scores histories and can be written down.

Models are fitted once and never change: `fit` is a class method that returns a new, frozen object, so there is no
model that is not fitted yet.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recsys_core.artifact import Parts
from recsys_core.data.histories import Histories


class Scorer(Protocol):
    """Anything the judge can judge."""

    def score(self, histories: Histories) -> NDArray[np.float32]:
        """(rows, items) scores, higher is better; -inf means never, NaN and +inf are faults."""
        ...


class Model(Scorer, Protocol):
    """A scorer that can be stored and knows the catalogue it was fitted on."""

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Item ids by dense index."""
        ...

    def parts(self) -> Parts:
        """What `artifact.save` writes and `from_parts` takes back."""
        ...
