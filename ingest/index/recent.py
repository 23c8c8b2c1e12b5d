"""Vectors of the texts that were asked for lately: questions, and the sentences weighed for their answers."""

import threading
import time
from collections.abc import Callable, Sequence

from ingest.errors import EmbedderUnavailable
from ingest.index.embedders import Embedder, Vectors

_PAUSE_SECONDS = 20.0


class RecentVectors:
    """Keeps the last `keep` vectors. After the embedder failed it is left alone for a while: the next questions
    get their keyword answers at once instead of each waiting for the same time-out."""

    def __init__(
        self, embedder: Embedder, *, keep: int = 4096, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._embedder, self._keep, self._clock = embedder, keep, clock
        self._lock = threading.Lock()
        self._vectors: dict[str, Vectors] = {}
        self._failure: tuple[float, str] | None = None

    def one(self, text: str) -> Vectors:
        """Shape (dimension,). Raises `EmbedderUnavailable`."""
        return self.many([text])[0]

    def many(self, texts: Sequence[str]) -> list[Vectors]:
        """In the order of `texts`. Raises `EmbedderUnavailable`."""
        with self._lock:
            known = {text: self._vectors[text] for text in texts if text in self._vectors}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known.update(zip(missing, self._embed(missing), strict=True))
        with self._lock:
            for text in texts:  # the last used go to the end
                self._vectors.pop(text, None)
                self._vectors[text] = known[text]
            while len(self._vectors) > self._keep:
                del self._vectors[next(iter(self._vectors))]
        return [known[text] for text in texts]

    def _embed(self, texts: Sequence[str]) -> Vectors:
        if self._failure and self._clock() < self._failure[0]:
            raise EmbedderUnavailable(self._failure[1])
        try:
            vectors = self._embedder.embed(texts)
        except EmbedderUnavailable as error:
            self._failure = (self._clock() + _PAUSE_SECONDS, str(error))
            raise
        self._failure = None
        return vectors
