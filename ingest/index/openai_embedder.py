"""Any endpoint with OpenAI's `/embeddings`: vLLM, Ollama, llama.cpp, hosted ones."""

import random
import time
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
from pydantic import SecretStr

from ingest.errors import EmbedderUnavailable
from ingest.index.embedders import Vectors, unit_rows

_BATCH = 64
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT = 30.0


class OpenAIEmbedder:
    """Asks `<url>/embeddings`; retries what may pass by itself, and never shows the key.

    `dimension` is asked of the endpoint when it is not given. Nothing is sent before the first call.
    """

    def __init__(
        self,
        *,
        url: str,
        model: str,
        api_key: SecretStr | None = None,
        dimension: int | None = None,
        max_tokens: int = 512,
        timeout_seconds: float = 60.0,
        attempts: int = 4,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url.rstrip("/") + "/embeddings"
        self._model, self._dimension, self.max_tokens = model, dimension, max_tokens
        self._attempts, self._sleep = attempts, sleep
        headers = {"Authorization": f"Bearer {api_key.get_secret_value()}"} if api_key else {}
        self._client = httpx.Client(headers=headers, timeout=timeout_seconds, transport=transport)
        self.name = f"openai:{model}@{urlsplit(url).netloc}"

    @property
    def dimension(self) -> int:
        if self._dimension is None:
            self._dimension = int(self._ask(["dimension"]).shape[1])
        return self._dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """In batches of 64. Raises `EmbedderUnavailable` when the endpoint does not answer, or not with vectors."""
        batches = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
        parts = [self._ask(batch) for batch in batches]
        return np.concatenate(parts) if parts else np.empty((0, self.dimension), np.float32)

    def count_tokens(self, text: str) -> int:
        """An estimate on the safe side: three letters a token, and never fewer than words."""
        return max(len(text) // 3, len(text.split())) + 2

    def close(self) -> None:
        self._client.close()

    def _ask(self, texts: Sequence[str]) -> Vectors:
        # An empty text is an error at several endpoints; a space means the same.
        body = {"model": self._model, "input": [text or " " for text in texts], "encoding_format": "float"}
        return self._vectors(self._post(body), expected=len(texts))

    def _post(self, body: dict[str, Any]) -> httpx.Response:
        problem, wait = "", 0.0
        for attempt in range(self._attempts):
            if attempt:
                # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
                self._sleep(wait or random.uniform(0, min(_LONGEST_WAIT, 0.5 * 2**attempt)))  # noqa: S311 - no secret
            try:
                response = self._client.post(self._url, json=body)
            except httpx.HTTPError as error:
                problem, wait = f"{type(error).__name__}: {error}", 0.0
                continue
            if response.is_success:
                return response
            problem, wait = f"HTTP {response.status_code}", _asked_to_wait(response)
            if response.status_code not in _RETRIED:
                break
        raise EmbedderUnavailable(
            f"the embedding endpoint {self._url} does not answer for model {self._model!r} ({problem}); "
            f"check its address, its key and that the model is served"
        )

    def _vectors(self, response: httpx.Response, *, expected: int) -> Vectors:
        try:
            rows = sorted(response.json()["data"], key=lambda row: row["index"])
            vectors = np.array([row["embedding"] for row in rows], np.float32)
        except (ValueError, KeyError, TypeError) as error:
            raise EmbedderUnavailable(
                f"{self._url} answered HTTP {response.status_code}, but not with embeddings: {error!r}"
            ) from error
        if vectors.ndim != 2 or len(vectors) != expected or not np.isfinite(vectors).all():
            raise EmbedderUnavailable(
                f"{self._url} answered {expected} texts with numbers of shape {vectors.shape}; "
                f"expected {expected} finite vectors"
            )
        if self._dimension is None:
            self._dimension = int(vectors.shape[1])
        if vectors.shape[1] != self._dimension:
            raise EmbedderUnavailable(
                f"{self._url} answered with vectors of {vectors.shape[1]} numbers, expected {self._dimension}; "
                f"if the model behind {self._model!r} was changed, run `cuebook ingest --rebuild`"
            )
        return unit_rows(vectors)


def _asked_to_wait(response: httpx.Response) -> float:
    """Seconds of `Retry-After`, 0 when it says nothing that can be used."""
    said = response.headers.get("retry-after", "")
    try:
        seconds = float(said) if said.isdigit() else parsedate_to_datetime(said).timestamp() - time.time()
    except (ValueError, TypeError):
        return 0.0
    return min(max(seconds, 0.0), _LONGEST_WAIT)
