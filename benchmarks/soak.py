"""Many clients at once for minutes: errors, times, and whether memory stays flat: `python -m benchmarks.soak`.

A real server over a catalog of 10,000 entities; 24 clients over MCP (8 of them of the older protocol) and 8 over REST,
each asking again as soon as it was answered: mostly reads, some plans that are taken back. Memory is the server's
resident set, read every second. The first third of the time warms up; growth is the slope through the means of the
minutes (or tenths of the rest) after it, with its 95 % interval.

The exit code is 1 when any call failed.
"""

import argparse
import asyncio
import logging
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from benchmarks.children import Child, serving
from benchmarks.large_catalog import component, team_of
from benchmarks.large_home import TOKEN, large_home
from benchmarks.results import measured, put

_DOCUMENTED = range(0, 9_000, 20)
_HEADERS = {"authorization": f"Bearer {TOKEN}"}
_PLANNED = ("scaffold_training_job", "launch_training")
_MODES = ("2026-07-28", "legacy")
_BLOCKS = 10
_T_95 = 2.306  # 8 degrees of freedom


class Door(Protocol):
    async def call(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Raises `RuntimeError` for an answer that is an error."""
        ...


@dataclass(frozen=True)
class OverMcp:
    client: Client

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        result = await self.client.call_tool(tool, dict(arguments))
        if result.is_error:
            raise RuntimeError(f"{tool}: {result.content}")
        return result.structured_content or {}


@dataclass(frozen=True)
class OverRest:
    http: httpx2.AsyncClient

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        path = f"plans/{arguments['digest']}/reject" if tool == "reject_plan" else f"actions/{tool}"
        body = {} if tool == "reject_plan" else dict(arguments)
        answer = await self.http.post(f"/api/v1/{path}", json=body)
        if not answer.is_success:
            raise RuntimeError(f"{tool}: {answer.status_code} {answer.text[:300]}")
        found: dict[str, Any] = answer.json()
        return found


@dataclass
class Seen:
    """What came of it: seconds of each call by tool, failures, and the server's megabytes by the second."""

    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failures: list[str] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    held: list[tuple[int, int]] = field(default_factory=list)
    cpu: float = 0.0


async def asking(door: Door, seed: int, seen: Seen, until: float, *, reads: bool) -> None:
    """One client: it goes on after a failure."""
    chance, number = random.Random(seed), 0
    while time.monotonic() < until:
        number += 1
        tool, arguments = _next(chance, f"soak-{seed}-{number}", reads=reads)
        try:
            answer = await _timed(door, tool, arguments, seen)
            if "digest" in answer and answer.get("status") == "waiting":
                await _timed(door, "get_plan", {"digest": answer["digest"]}, seen)
                await _timed(door, "reject_plan", {"digest": answer["digest"]}, seen)
        except Exception as error:
            seen.failures.append(f"{type(error).__name__}: {error}"[:300])


async def _timed(door: Door, tool: str, arguments: Mapping[str, Any], seen: Seen) -> dict[str, Any]:
    before = time.monotonic()
    answer = await door.call(tool, arguments)
    seen.seconds[tool].append(time.monotonic() - before)
    return answer


def _next(chance: random.Random, name: str, *, reads: bool) -> tuple[str, dict[str, Any]]:
    any_one, documented = component(chance.randrange(9_000)), component(chance.choice(_DOCUMENTED))
    number = int(documented.rpartition("-")[2])
    calls: list[tuple[int, str, dict[str, Any]]] = [
        (25, "describe_entity", {"entity": any_one}),
        (20, "query_catalog", {"owner": team_of(chance.randrange(9_000))}),
        (10, "query_catalog", {"text": f"ranker {number}", "limit": 10}),
        (10, "entity_relations", {"entity": any_one}),
        (10, "read_doc_section", {"entity": documented, "path": "index.md", "anchor": "when-it-is-slow"}),
        (10, "search_docs", {"question": f"shelf ranker {number} is slow", "k": 5}),
        (5, "ask", {"question": f"What do I do when shelf ranker {number} is slow?"}),
        (5, "scaffold_training_job", {"name": name, "owner": f"group:default/{team_of(number)}"}),
        (5, "launch_training", {"name": name, "model": "item_knn"}),
    ]
    calls = [call for call in calls if call[1] not in _PLANNED or not reads]
    _, tool, arguments = chance.choices(calls, weights=[weight for weight, *_ in calls])[0]
    return tool, arguments


async def watching(child: Child, seen: Seen, until: float) -> None:
    while time.monotonic() < until:
        seen.megabytes.append(child.resident_megabytes())
        seen.held.append(child.files_and_threads())
        await asyncio.sleep(1)


async def soak(child: Child, *, clients: int, seconds: float, reads: bool) -> Seen:
    seen = Seen()
    async with AsyncExitStack() as stack:
        doors = [await _door(child, number, stack) for number in range(clients)]
        before, until = child.cpu_seconds(), time.monotonic() + seconds
        await asyncio.gather(
            watching(child, seen, until),
            *(asking(door, n, seen, until, reads=reads) for n, door in enumerate(doors)),
        )
        seen.cpu = child.cpu_seconds() - before
    return seen


async def _door(child: Child, number: int, stack: AsyncExitStack) -> Door:
    """Each a connection of its own; every fourth over REST."""
    client = httpx2.AsyncClient(base_url=child.address, headers=_HEADERS, timeout=120)
    http = await stack.enter_async_context(client)
    if number % 4 == 3:
        return OverRest(http)
    transport = streamable_http_client(f"{child.address}/mcp", http_client=http)
    return OverMcp(await stack.enter_async_context(Client(transport, mode=_MODES[number % 2])))


def report(seen: Seen) -> str:
    calls = sum(map(len, seen.seconds.values()))
    files, threads = seen.held[-1]
    lines = [
        f"{calls:,} calls, {len(seen.failures)} failed, {1000 * seen.cpu / max(1, calls):.1f} CPU-ms a call; "
        f"memory {growth(seen.megabytes)}; at the end {files} files open and {threads} threads "
        f"(after the first minute {seen.held[min(60, len(seen.held) - 1)][0]} and "
        f"{seen.held[min(60, len(seen.held) - 1)][1]}).",
        "",
        "| call | calls | p50 ms | p95 ms |",
        "|---|---|---|---|",
    ]
    for tool, times in sorted(seen.seconds.items()):
        ordered = sorted(times)
        at = [1000 * ordered[int(share * len(ordered))] for share in (0.5, 0.95)]
        lines.append(f"| `{tool}` | {len(times):,} | {at[0]:.0f} | {at[1]:.0f} |")
    return "\n".join([*lines, *(f"\nfailed: {text}" for text in seen.failures[:5])])


def growth(megabytes: Sequence[float]) -> str:
    """The slope through the means of ten equal parts of what follows the warming up; readings are a second apart."""
    rest = megabytes[len(megabytes) // 3 :]
    size = len(rest) // _BLOCKS
    means = [statistics.mean(rest[size * n : size * (n + 1)]) for n in range(_BLOCKS)]
    minutes = [size * (n + 0.5) / 60 for n in range(_BLOCKS)]
    slope, start = statistics.linear_regression(minutes, means)
    left = sum((mean - start - slope * at) ** 2 for at, mean in zip(minutes, means, strict=True))
    spread = sum((at - statistics.mean(minutes)) ** 2 for at in minutes)
    around = _T_95 * (left / (_BLOCKS - 2) / spread) ** 0.5
    return (
        f"{means[0]:.0f} MB after warming up, {means[-1]:.0f} MB at the end, "
        f"{slope:+.2f} [{slope - around:+.2f}, {slope + around:+.2f}] MB a minute"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--reads", action="store_true", help="leave out what is planned")
    parser.add_argument("--entities", type=int, default=10_000)
    parser.add_argument("--write", action="store_true", help="keep the report in benchmarks/RESULTS.md")
    options = parser.parse_args()
    logging.getLogger("client").setLevel(
        logging.ERROR
    )  # the SDK's warns of each call of a tool that is not listed
    with tempfile.TemporaryDirectory() as name:
        home = large_home(Path(name), entities=options.entities)
        with serving(home, log=Path(name) / "log") as child:
            seen = asyncio.run(
                soak(child, clients=options.clients, seconds=60 * options.minutes, reads=options.reads)
            )
    text = report(seen)
    print(text)
    if options.write:
        put("soak", f"## Many clients at once\n\n{heading(options)}\n\n{text}")
    sys.exit(bool(seen.failures))


def heading(options: argparse.Namespace) -> str:
    return (
        f"{measured('python -m benchmarks.soak --write')}, on a shared machine.\n\n"
        f"{options.clients} clients (three quarters over MCP, a third of those of the older protocol; the others over REST), "
        f"{options.minutes:g} minutes without a pause, {options.entities:,} entities; a token, a policy with rules about "
        "reads, a limit of calls a minute and the audit for every call. The clients share the machine with the server, so "
        "the times tell how long the queue is. Slope over the last two thirds, 95 % interval."
    )


if __name__ == "__main__":
    main()
