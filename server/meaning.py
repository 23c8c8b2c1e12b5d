"""How alike short texts are: the index's embedder, with the vectors of phrases kept under the home.

Which group a text belongs to is learnt from the phrases of each: a ridge regression of their vectors on membership, each
group weighing the same. It sees what the phrases of a group have in common, which the nearest phrase alone does not.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.index.embedders import Embedder, Vectors

FOLDER = "phrases"
_RIDGE = 0.03


@dataclass(frozen=True, slots=True)
class MeasuredKinship:
    """`tools.ports.Kinship`."""

    alike: Mapping[str, float]
    belongs: Mapping[str, float]


@dataclass(frozen=True)
class _Learnt:
    """vectors: (phrases, d); weights: (d + 1, groups), the last row a constant."""

    texts: tuple[str, ...]
    groups: tuple[str, ...]
    vectors: "Vectors"
    weights: "Vectors"


class KeptMeaning:
    """`tools.ports.Meaning`; safe to call from several threads."""

    def __init__(self, embedder: "Callable[[], Embedder]", home: Path) -> None:
        self._embedder, self._folder = embedder, home / FOLDER
        self._lock = threading.Lock()
        self._learnt: dict[int, _Learnt] = {}

    def likeness(self, text: str, others: Sequence[str]) -> tuple[float, ...]:
        """Cosines. Raises `EmbedderUnavailable`."""
        asked, *rest = self._embedder().embed([text, *others])
        return tuple(float(asked @ each) for each in rest)

    def kinship(self, text: str, groups: Mapping[str, Sequence[str]]) -> MeasuredKinship:
        """Raises `EmbedderUnavailable`."""
        import numpy as np

        with self._lock:
            key = hash(tuple((name, *phrases) for name, phrases in groups.items()))
            if key not in self._learnt:
                self._learnt = {key: self._learn(groups)}  # of one process's actions: the last is enough
            learnt = self._learnt[key]
        asked = self._embedder().embed([text])[0]
        belongs = np.append(asked, 1.0) @ learnt.weights
        return MeasuredKinship(
            alike=dict(zip(learnt.texts, map(float, learnt.vectors @ asked), strict=True)),
            belongs=dict(zip(learnt.groups, map(float, belongs), strict=True)),
        )

    def _learn(self, groups: Mapping[str, Sequence[str]]) -> _Learnt:
        import numpy as np

        vectors = self._vectors([phrase for phrases in groups.values() for phrase in phrases])
        texts, names = tuple(vectors), tuple(groups)
        made = np.stack([vectors[text] for text in texts])
        member = np.array([[text in set(groups[name]) for name in names] for text in texts], np.float64)
        fair = (member / member.sum(axis=0)).sum(axis=1)  # a group of many phrases weighs no more
        rows = np.hstack([made, np.ones((len(texts), 1))]).astype(np.float64)
        weighted = rows.T * fair
        weights = np.linalg.solve(weighted @ rows + _RIDGE * np.eye(rows.shape[1]), weighted @ member)
        return _Learnt(texts, names, made, weights.astype(np.float32))

    def _vectors(self, texts: Sequence[str]) -> "dict[str, Vectors]":
        """Each text's vector, each text once; those that were made before are read."""
        from ingest.index.cache import EmbeddingCache

        embedder = self._embedder()
        self._folder.mkdir(parents=True, exist_ok=True)
        cache = EmbeddingCache(self._folder, embedder=embedder.name)
        try:
            keys = {text: cache.key(text) for text in dict.fromkeys(texts)}
            found = cache.get(list(keys.values()))
            if new := [text for text, key in keys.items() if key not in found]:
                made = dict(zip((keys[text] for text in new), embedder.embed(new), strict=True))
                cache.put(made)
                cache.keep(keys.values())
                found |= made
        finally:
            cache.close()
        return {text: found[key] for text, key in keys.items()}
