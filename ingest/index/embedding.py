"""Embeds texts while the caller makes more of them."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from ingest.index.cache import EmbeddingCache
from ingest.index.embedders import Embedder, Vectors

_BATCH = 256  # texts between two commits: what a killed run may have to embed again


class Embedding(AbstractContextManager["Embedding"]):
    """Vectors of texts, out of the cache under `folder` or through the embedder, a batch at a time and in order.

    The embedder works on a thread of its own. No more than one batch is in it: whoever adds texts faster waits in
    `add`, so that what was added is never far ahead of what is done. `embedded` texts went through it, `cached`
    ones had before; `fresh` trusts nothing that is there. The cache is only touched by the caller's thread.
    """

    def __init__(self, folder: Path, embedder: Embedder, *, fresh: bool) -> None:
        self._cache = EmbeddingCache(folder, embedder=embedder.name)
        self._embedder, self._fresh = embedder, fresh
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="embedding")
        self._running: Future[Vectors] | None = None
        self._keys: dict[str, bytes] = {}
        self._known: dict[bytes, Vectors] = {}
        self._added: list[str] = []
        self._missing: list[str] = []
        self._batch: list[str] = []
        self.embedded = self.cached = 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.shutdown(cancel_futures=True)
        self._cache.close()

    def add(self, texts: Iterable[str]) -> None:
        """Ask for these texts, once each. Raises what the embedder raises, for these or earlier ones."""
        for text in texts:
            if text not in self._keys:
                self._keys[text] = self._cache.key(text)
                self._added.append(text)
        if len(self._added) >= _BATCH:
            self._look_up()
        while len(self._missing) >= _BATCH:
            self._start()

    def vectors(self) -> dict[str, Vectors]:
        """The vectors of all texts so far, when they are there. Raises what the embedder raises."""
        self._look_up()
        while self._missing:
            self._start()
        self._finish()
        return {text: self._known[key] for text, key in self._keys.items()}

    def keep(self) -> None:
        """Let the cache drop what was not asked for, once that is the bulk of it."""
        self._cache.keep(self._keys.values())

    def _look_up(self) -> None:
        keys = [self._keys[text] for text in self._added]
        self._known |= {} if self._fresh else self._cache.get(keys)
        missing = [text for text, key in zip(self._added, keys, strict=True) if key not in self._known]
        self.cached += len(keys) - len(missing)
        self._missing += missing
        self._added = []

    def _start(self) -> None:
        self._finish()
        self._batch, self._missing = self._missing[:_BATCH], self._missing[_BATCH:]
        self._running = self._worker.submit(self._embedder.embed, self._batch)

    def _finish(self) -> None:
        if self._running is None:
            return
        rows, self._running = self._running.result(), None
        new = {self._keys[text]: row for text, row in zip(self._batch, rows, strict=True)}
        self._cache.put(new)
        # Read back, so that a vector is the same whether it came from the cache or not.
        self._known |= self._cache.get(list(new))
        self.embedded += len(self._batch)
