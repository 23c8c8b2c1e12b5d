"""What every embedder owes its callers, and what each does with its own kind of trouble."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from ingest.errors import EmbedderUnavailable
from ingest.index.embedders import Embedder
from ingest.index.hashing import HashingEmbedder
from ingest.index.minilm import MiniLM
from ingest.index.minilm_graph import Variant
from ingest.index.openai_embedder import OpenAIEmbedder

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "minilm.json").read_text(encoding="utf-8"))
URL = "http://embedder.test/v1"
KEY = "sk-very-secret"


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def answering(request: httpx.Request) -> httpx.Response:
    """An endpoint that embeds by hashing, and answers in the wrong order as it may."""
    texts = json.loads(request.content)["input"]
    rows = HashingEmbedder(dimension=32).embed(texts).tolist()
    data = [{"index": place, "embedding": row} for place, row in enumerate(rows)]
    return httpx.Response(200, json={"data": data[::-1]})


def endpoint(answer: Callable[[httpx.Request], httpx.Response], **options: Any) -> OpenAIEmbedder:
    options = {"sleep": lambda _seconds: None, "api_key": SecretStr(KEY), **options}
    return OpenAIEmbedder(url=URL, model="small", transport=httpx.MockTransport(answer), **options)


@pytest.fixture(params=["hashing", "minilm", "openai"])
def embedder(request: pytest.FixtureRequest, models: Path) -> Embedder:
    if request.param == "hashing":
        return HashingEmbedder()
    return MiniLM(cache=models) if request.param == "minilm" else endpoint(answering)


def test_vectors_have_length_one_and_the_promised_shape(embedder: Embedder) -> None:
    vectors = embedder.embed(["drain the shard", "Ünïcode — 特徴量", "x" * 5000, "renew " * 900])
    assert vectors.shape == (4, embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_vector_does_not_depend_on_its_neighbours(embedder: Embedder) -> None:
    texts = [f"shard {number} " * (number + 1) for number in range(70)]
    assert np.array_equal(embedder.embed(texts)[3:5], embedder.embed(texts[3:5]))


def test_like_texts_are_nearer_than_others(embedder: Embedder) -> None:
    one, like, other = embedder.embed(
        ["renew the gateway certificate", "certificate renewal of the gateway", "popular playlists at night"]
    )
    assert one @ like > one @ other + 0.2


def test_nothing_gives_no_rows(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_longer_texts_have_more_tokens(embedder: Embedder) -> None:
    assert 0 < embedder.count_tokens("drain") < embedder.count_tokens("drain the shard of the gateway first")


@pytest.mark.parametrize(("variant", "least"), [("fp32", 0.99999), ("int8", 0.98)])
def test_minilm_agrees_with_the_published_model(models: Path, variant: Variant, least: float) -> None:
    embedder = MiniLM(cache=models, variant=variant)
    reference = np.array([text["vector"] for text in GOLDEN["texts"]], np.float32)
    vectors = embedder.embed([text["text"] for text in GOLDEN["texts"]])
    cosines = (vectors * reference).sum(axis=1)
    assert cosines.min() >= least, cosines


def test_minilm_counts_tokens_as_the_published_tokenizer(models: Path) -> None:
    embedder = MiniLM(cache=models)
    assert [embedder.count_tokens(text["text"]) for text in GOLDEN["texts"]] == [
        text["tokens"] for text in GOLDEN["texts"]
    ]


def test_minilm_is_built_once_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    MiniLM(cache=tmp_path).embed(["one"])
    (built,) = tmp_path.iterdir()
    before = built.stat().st_mtime_ns
    MiniLM(cache=tmp_path).embed(["two"])
    assert built.stat().st_mtime_ns == before


def test_minilm_refuses_other_weights(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(EmbedderUnavailable, match="SHA-256"):
        MiniLM(cache=tmp_path / "cache", folder=tmp_path).embed(["one"])
    assert list((tmp_path / "cache").iterdir()) == []


def test_minilm_removes_a_damaged_graph_and_says_so(tmp_path: Path) -> None:
    MiniLM(cache=tmp_path).embed(["one"])
    (graph,) = tmp_path.iterdir()
    graph.write_bytes(b"cut short")
    with pytest.raises(EmbedderUnavailable, match="removed, try again"):
        MiniLM(cache=tmp_path).embed(["one"])
    assert MiniLM(cache=tmp_path).embed(["one"]).shape == (1, 384)


def test_many_texts_go_out_in_batches_and_keep_their_order() -> None:
    asked = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return answering(request)

    texts = [f"text {number}" for number in range(150)]
    vectors = endpoint(answer).embed(texts)
    assert asked == 3
    assert np.allclose(vectors, HashingEmbedder(dimension=32).embed(texts), atol=1e-6)


def test_a_busy_endpoint_is_asked_again_after_the_time_it_says() -> None:
    answers = [httpx.Response(429, headers={"retry-after": "7"}), httpx.Response(503)]
    waited: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        return answers.pop(0) if answers else answering(request)

    assert endpoint(answer, sleep=waited.append).embed(["one"]).shape == (1, 32)
    assert waited[0] == 7
    assert 0 <= waited[1] <= 30


@pytest.mark.parametrize("status", [401, 404, 500])
def test_an_endpoint_that_refuses_is_named_and_the_key_is_not(status: int) -> None:
    with pytest.raises(EmbedderUnavailable) as raised:
        endpoint(lambda _request: httpx.Response(status, text=KEY)).embed(["one"])
    assert f"{URL}/embeddings" in str(raised.value)
    assert f"HTTP {status}" in str(raised.value)
    assert KEY not in str(raised.value) + repr(raised.value.__cause__)


def test_an_endpoint_that_cannot_be_reached_is_named() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectTimeout("timed out", request=request)

    with pytest.raises(EmbedderUnavailable, match=r"ConnectTimeout.*check its address"):
        endpoint(answer).embed(["one"])


@pytest.mark.parametrize(
    "answer",
    [
        {"data": []},
        {"data": [{"index": 0, "embedding": [0.1] * 8}]},
        {"data": [{"index": 0, "embedding": "AAAA"}]},
        {"data": [{"index": 0, "embedding": [float("1e999")] * 32}]},
        {"error": "no"},
        [],
    ],
)
def test_an_answer_that_is_no_embedding_is_an_error(answer: Any) -> None:
    body = json.dumps(answer)
    with pytest.raises(EmbedderUnavailable, match="answered"):
        endpoint(lambda _request: httpx.Response(200, text=body), dimension=32).embed(["one"])
