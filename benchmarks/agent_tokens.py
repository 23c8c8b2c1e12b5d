"""What an answered question costs a client: `python -m benchmarks.agent_tokens [FOLDER… --questions FILE]`.

40 questions about `examples/org` and `docs`, each with the key facts of its answer. Ours is an MCP client in this process
that calls `ask`, and where that does not tell all key facts `search_docs` for three passages, then `read_doc_section` for those that
were cut and for the best one's whole page. The rival is `benchmarks.ripgrep_agent` over the same files. Both stop when all
key facts stand in what was read, or after at most six calls.
Counted is what a model writes to call and what it reads of results, once each, by bytes / 4 and by MiniLM's word pieces;
the tools' descriptions stand apart. For folders and questions of your own, give both: lines of {"id", "question", "key"}.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mcp import Client
from mcp.types import TextContent
from numpy.typing import NDArray

from benchmarks.children import ROOT
from benchmarks.results import measured, put
from benchmarks.ripgrep_agent import TOOLS, WAYS, Repository, Session, search_and_read
from ingest.index.minilm import MiniLM
from server.composition import compose
from server.indexing import index_sources
from server.mcp.server import build_mcp
from server.settings import Settings

QUESTIONS = Path(__file__).with_suffix(".jsonl")
READS = {
    "Cuebook": (True, False),
    "Cuebook, structured content read": (False, True),
    "Cuebook, both read": (True, True),
}
"""What of a result a client gives its model: the text, the structured content."""
_HITS = 3
_SAID = (
    "What a client's model writes and reads until it has read all key facts, or after at most six calls; 40 questions. The "
    "rival is a script (`benchmarks/ripgrep_agent.py`), three ways of it; the cheapest one counts. 95 % percentile bootstrap over "
    "questions."
)


@dataclass(frozen=True)
class Asked:
    """key: texts that a client must have read to answer, all of them."""

    id: str
    question: str
    key: tuple[str, ...]


def read_questions(file: Path = QUESTIONS) -> list[Asked]:
    """Raises `KeyError` for a line without one of the fields."""
    lines = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())
    return [Asked(line["id"], line["question"], tuple(line["key"])) for line in lines]


async def ask_ours(client: Client, asked: Asked, *, text: bool, structured: bool) -> Session:
    """text, structured: what of a result the client gives its model."""
    session = Session(asked.key)

    async def call(name: str, arguments: dict[str, Any]) -> Mapping[str, Any]:
        result = await client.call_tool(name, arguments)
        content: Mapping[str, Any] = result.structured_content or {}
        parts = [part.text for part in result.content if text and isinstance(part, TextContent)]
        parts += [json.dumps(content, ensure_ascii=False, separators=(",", ":"))] if structured else []
        session.call(name, arguments, "\n".join(parts))
        return content

    await call("ask", {"question": asked.question})
    if session.found():
        return session
    found = await call("search_docs", {"question": asked.question, "k": _HITS})
    places = [
        {name: hit[name] for name in ("entity", "path", "anchor") if hit.get(name)} for hit in found["hits"]
    ]
    cut = [place for place, hit in zip(places, found["hits"], strict=True) if hit["text"].endswith(" …")]
    pages = [{**place, "whole_page": True} for place in places if "path" in place]
    for arguments in [*cut, *pages[:1]]:
        if session.found():
            break
        await call("read_doc_section", arguments)
    return session


async def measure(
    home: Path, roots: Sequence[Path], asked: Sequence[Asked]
) -> tuple[dict[str, list[Session]], str]:
    """Sessions by column, in the order of the questions; and our list of tools as a client gets it."""
    repository = Repository(roots)
    columns = {
        f"ripgrep, {way}": [search_and_read(one.question, one.key, repository, way) for one in asked]
        for way in WAYS
    }
    settings = Settings(home=home, sources=tuple(roots), questions={"days": 0})
    index_sources(None, settings=settings)
    cuebook = compose(settings)
    try:
        async with Client(build_mcp(cuebook)) as client:
            listed = [
                tool.model_dump(mode="json", by_alias=True, exclude_none=True)
                for tool in (await client.list_tools()).tools
            ]
            for name, (text, structured) in READS.items():
                columns[name] = [
                    await ask_ours(client, one, text=text, structured=structured) for one in asked
                ]
    finally:
        cuebook.close()
    return columns, json.dumps(listed, ensure_ascii=False, separators=(",", ":"))


def by_bytes(text: str) -> float:
    return len(text.encode()) / 4


def by_pieces(model: MiniLM) -> Callable[[str], float]:
    """Word pieces, without the limit that embedding has."""

    def count(text: str) -> float:
        return sum(model.count_tokens(word) - model.count_tokens("") for word in text.split())

    return count


def table(columns: Mapping[str, Sequence[Session]], tokens: Callable[[str], float]) -> list[str]:
    costs = {
        name: np.array([sum(map(tokens, [*each.written, *each.read])) for each in sessions])
        for name, sessions in columns.items()
    }
    rivals = [name for name in columns if name.startswith("ripgrep")]
    cheapest = min(rivals, key=lambda name: float(costs[name].mean()))
    lines = [
        "| client | all key facts read | tokens a question, mean [95 %] | median | calls | share of the cheapest rival's [95 %] |",
        "|---|---|---|---|---|---|",
    ]
    for name, sessions in columns.items():
        found, cost = np.array([each.found() for each in sessions], float), costs[name]
        calls = np.mean([len(each.read) for each in sessions])
        lines.append(
            f"| {name} | {_mean(found, '.2f')} | {_mean(cost, ',.0f')} | {np.median(cost):,.0f} | {calls:.1f} | "
            f"{_mean(cost, '.2f', of=costs[cheapest])} |"
        )
    return lines


def _mean(values: NDArray[Any], form: str, *, of: NDArray[Any] | float = 1.0) -> str:
    """The mean, as a share of the mean of `of`, with its 95 % percentile bootstrap over questions."""
    chance = np.random.default_rng(7)
    whole = np.broadcast_to(of, values.shape)
    draws = chance.integers(0, len(values), (1000, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1) / whole[draws].mean(axis=1), [2.5, 97.5])
    mean = values.mean() / whole.mean()
    return f"{format(mean, form)} [{format(low, form)}, {format(high, form)}]"


def report(columns: Mapping[str, Sequence[Session]], listed: str, cache: Path) -> str:
    lines = []
    counters = {"bytes / 4": by_bytes, "MiniLM's word pieces": by_pieces(MiniLM(cache=cache))}
    for name, tokens in counters.items():
        ours, theirs = tokens(listed), tokens(json.dumps(TOOLS))
        lines += [
            f"\nBy {name}; descriptions of tools, once a session: ours {ours:,.0f}, the rival's {theirs:,.0f}:\n"
        ]
        lines += table(columns, tokens)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folders", nargs="*", type=Path, help="what both read, instead of our docs and the demo's"
    )
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    parser.add_argument("--each", action="store_true", help="also a line a question")
    parser.add_argument("--write", action="store_true", help="keep the tables in benchmarks/RESULTS.md")
    options = parser.parse_args()
    asked = read_questions(options.questions)
    roots = options.folders or [ROOT / "catalog-info.yaml", ROOT / "docs", ROOT / "examples" / "org"]
    with tempfile.TemporaryDirectory() as folder:
        columns, listed = asyncio.run(measure(Path(folder), roots, asked))
        text = report(columns, listed, Path(folder))
    if options.each:
        for row, one in enumerate(asked):
            print(
                one.id,
                *(
                    f"{by_bytes(''.join(s[row].written + s[row].read)):6.0f}{'' if s[row].found() else '!'}"
                    for s in columns.values()
                ),
            )
    print(text)
    if options.write:
        put(
            "agent_tokens",
            f"## Tokens of an answered question\n\n{measured('python -m benchmarks.agent_tokens --write')}.\n\n{_SAID}\n{text}",
        )


if __name__ == "__main__":
    main()
