"""What staying among the items costs a decoder: `python -m benchmarks.constrained_decoding [--items N] [--write]`.

A decoder of 10 million weights (torch, 6 layers of 384, a key-value cache) answers a prompt of 48 tokens with 4 codes of 256 at beam 20, on one
thread, over random IDs. Mask: looking up what may follow and following it, as a share of the step. Beside it, where `transformers`
is installed (Cuebook does not need it: `pip install transformers`), a GPT-2 of the same size through `generate` with
`prefix_allowed_tokens_fn` over a trie of dictionaries, in turns. CPU milliseconds, median over the requests.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.results import measured, put
from recsys_core.semantic_ids.trie import Pruned, Trie, Wanted

LEVELS, SIZE, BEAM, PROMPT, WIDTH, LAYERS, HEADS = 4, 256, 20, 48, 384, 6, 6
VOCABULARY = LEVELS * SIZE + 2


class Decoder(nn.Module):
    """A causal transformer whose keys and values of the prompt are computed once for all beams."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, WIDTH)
        self.places = nn.Embedding(PROMPT + LEVELS, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.last = nn.LayerNorm(WIDTH)

    def forward(self, tokens: Tensor, first: int, cache: list[tuple[Tensor, Tensor] | None]) -> Tensor:
        """(rows, VOCABULARY) logits after the last of `tokens` (rows, n), which stand from `first` on."""
        x = self.tokens(tokens) + self.places(torch.arange(first, first + tokens.shape[1]))
        for at, layer in enumerate(self.layers):
            x, cache[at] = layer(x, cache[at])
        return self.last(x[:, -1]) @ self.tokens.weight.T


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.before, self.between = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attend, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.wide, self.narrow = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: Tensor, held: tuple[Tensor, Tensor] | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        rows, count, _ = x.shape
        query, key, value = self.attend(self.before(x)).view(rows, count, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        if held is not None:
            key, value = torch.cat([held[0], key], dim=2), torch.cat([held[1], value], dim=2)
        seen = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=held is None)
        x = x + self.out(seen.transpose(1, 2).reshape(rows, count, WIDTH))
        return x + self.narrow(nn.functional.gelu(self.wide(self.between(x)))), (key, value)


@torch.inference_mode()
def ours(model: Decoder, trie: Trie, prompt: Tensor, view: Pruned) -> tuple[np.ndarray, float]:
    """Catalogue rows, and the milliseconds that went into masks."""
    cache: list[Any] = [None] * LAYERS
    logits = model(prompt, 0, cache)
    nodes, scores = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.float32)
    masking = 0.0
    for level in range(LEVELS):
        own = torch.log_softmax(logits[:, level * SIZE : (level + 1) * SIZE], dim=1).numpy()
        start = time.process_time()
        mask = view.mask(level, nodes)
        masking += time.process_time() - start
        steps = np.where(mask, scores[:, None] + own, -np.inf)
        best = np.argpartition(-steps.reshape(-1), min(BEAM, steps.size - 1))[:BEAM]
        rows, codes = np.divmod(best, SIZE)
        start = time.process_time()
        nodes = trie.follow(level, nodes[rows], codes)
        masking += time.process_time() - start
        scores = steps[rows, codes]
        if level + 1 < LEVELS:
            kept = torch.from_numpy(rows)
            cache = [(key[kept], value[kept]) for key, value in cache]
            logits = model(torch.from_numpy(codes + level * SIZE)[:, None], PROMPT + level, cache)
    return trie.rows[nodes[np.argsort(-scores)]], 1000 * masking


def huggingface(codes: np.ndarray) -> Callable[[Tensor], Any] | None:
    """The same request through `generate`; None where transformers is not installed."""
    try:
        from transformers import GPT2Config, GPT2LMHeadModel  # type: ignore[import-not-found]  # no dependency of ours
    except ImportError:
        return None
    config = GPT2Config(
        vocab_size=VOCABULARY, n_positions=PROMPT + LEVELS + 1, n_embd=WIDTH, n_layer=LAYERS, n_head=HEADS
    )
    model = GPT2LMHeadModel(config).eval()
    children: dict[tuple[int, ...], set[int]] = {}
    for row in (codes + np.arange(LEVELS) * SIZE).tolist():
        for level in range(LEVELS):
            children.setdefault(tuple(row[:level]), set()).add(row[level])
    follow = {prefix: sorted(tokens) for prefix, tokens in children.items()}

    def allowed(_batch: int, told: Tensor) -> list[int]:
        return follow.get(tuple(told[PROMPT:].tolist()), [VOCABULARY - 1])

    def generate(prompt: Tensor) -> Any:
        return model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=LEVELS,
            num_beams=BEAM,
            num_return_sequences=BEAM,
            do_sample=False,
            early_stopping=True,
            prefix_allowed_tokens_fn=allowed,
            pad_token_id=VOCABULARY - 1,
        )

    return generate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--write", action="store_true", help="keep the report in benchmarks/RESULTS.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    codes = np.unique(rng.integers(0, SIZE, (options.items, LEVELS)).astype(np.int32), axis=0)
    start = time.process_time()
    trie = Trie.of(codes, size=SIZE)
    trie.mask(LEVELS - 1, np.zeros(1, np.int64))
    built = time.process_time() - start
    start = time.process_time()
    trie.changed(np.setdiff1d(codes[:1], codes)[:0].reshape(0, LEVELS), [], removed=[1]).mask(
        0, np.zeros(1, np.int64)
    )
    changed = time.process_time() - start
    torch.manual_seed(0)
    model, theirs = Decoder().eval(), huggingface(codes[: min(len(codes), 200_000)])
    weights = sum(each.numel() for each in model.parameters())
    views = {
        "no list": Pruned.of(trie, Wanted()),
        "1,000 denied": Pruned.of(trie, Wanted(denied=rng.integers(0, len(codes), 1_000))),
        "half allowed": Pruned.of(trie, Wanted(allowed=np.flatnonzero(rng.random(len(codes)) < 0.5))),
    }
    times: dict[str, list[float]] = {}
    masks: dict[str, list[float]] = {}
    for request in range(options.requests):
        prompt = torch.randint(0, VOCABULARY - 2, (1, PROMPT))
        for name, view in views.items():
            start = time.process_time()
            rows, masking = ours(model, trie, prompt, view)
            if len(set(rows.tolist())) != BEAM:
                raise RuntimeError(
                    f"{len(set(rows.tolist()))} different items came back, and {BEAM} were asked for"
                )
            if request > 2:
                times.setdefault(name, []).append(1000 * (time.process_time() - start))
                masks.setdefault(name, []).append(masking)
        if theirs is not None and request % 4 == 3:
            start = time.process_time()
            theirs(prompt)
            times.setdefault("generate", []).append(1000 * (time.process_time() - start))
    lines = [
        "## Constrained decoding",
        "",
        f"{measured('python -m benchmarks.constrained_decoding')}, one thread. {len(codes):,} IDs of {LEVELS} x {SIZE}, a decoder of "
        f"{weights / 1e6:.1f} million weights, prompt {PROMPT}, beam {BEAM}; CPU-ms a request, median of {len(times['no list'])}.",
        "",
        "| | CPU-ms | masks, CPU-ms | share |",
        "|---|---|---|---|",
    ]
    for name in views:
        whole, part = statistics.median(times[name]), statistics.median(masks[name])
        lines.append(f"| {name} | {whole:.1f} | {part:.2f} | {part / whole:.1%} |")
    if theirs is not None:
        lines.append(
            f"| `generate` with a prefix function, 200,000 IDs | {statistics.median(times['generate']):.1f} | | |"
        )
    lines += ["", f"Building the tree: {built:.2f} CPU-s; with one item less: {changed:.2f}."]
    print("\n".join(lines))
    if options.write:
        put("constrained_decoding", "\n".join(lines))


if __name__ == "__main__":
    main()
