"""What a read over MCP costs the server, against a trivial tool on the bare SDK: `python -m benchmarks.read_call`.

Both are real servers in processes of their own, asked in turns over Streamable HTTP by one client that keeps its
connection. The cost is the server process's CPU time (user and system, all threads, from `/proc`) over a batch of
calls. Ours serves a catalog of 10,000 entities, takes a token, has a policy with a rule about reads, and counts calls.
Intervals are over the rounds, each of which compares the two servers within seconds of each other.
"""

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from benchmarks.children import Child, bare_sdk, serving
from benchmarks.large_catalog import component
from benchmarks.large_home import TOKEN, large_home
from benchmarks.results import measured, put

_ERAS = {"2026-07-28": "2026-07-28", "2025-11-25": "legacy"}
_T_95 = {5: 2.571, 7: 2.365, 9: 2.262, 11: 2.201, 15: 2.131, 19: 2.093, 29: 2.045}  # by degrees of freedom


@dataclass(frozen=True)
class Asked:
    """One kind of call: its label, and the arguments of the n-th of them."""

    label: str
    tool: str
    arguments: Callable[[int], Mapping[str, Any]]


BARE = Asked("bare SDK, `add`", "add", lambda n: {"left": n, "right": 2})
OURS = (
    Asked("`describe_entity`", "describe_entity", lambda n: {"entity": component(37 * n % 9_000)}),
    Asked("`query_catalog`, 25 of a team", "query_catalog", lambda n: {"owner": f"team-{n % 180:04d}"}),
    Asked("`query_catalog`, 25 of all", "query_catalog", lambda n: {"offset": 25 * n % 9_000}),
    Asked("`entity_relations`", "entity_relations", lambda n: {"entity": component(37 * n % 9_000)}),
)


@dataclass(frozen=True)
class Server:
    child: Child
    clients: Mapping[str, Client]

    async def cost(self, asked: Asked, era: str, *, calls: int, start: int) -> float:
        """CPU milliseconds a call."""
        client, before = self.clients[era], self.child.cpu_seconds()
        for number in range(start, start + calls):
            result = await client.call_tool(asked.tool, dict(asked.arguments(number)))
            if result.is_error:
                raise RuntimeError(f"{asked.tool} answered {result.content}")
        return 1000 * (self.child.cpu_seconds() - before) / calls


Costs = dict[tuple[str, str], list[float]]


async def compare(bare: Child, ours: Child, *, rounds: int, calls: int) -> Costs:
    """Milliseconds by label and era, a figure a round."""
    costs: Costs = {(asked.label, era): [] for era in _ERAS for asked in (BARE, *OURS)}
    async with AsyncExitStack() as stack:
        bare_server = await _connected(bare, stack)
        our_server = await _connected(ours, stack)
        for number in range(rounds + 1):  # the first one warms up
            for era in _ERAS:
                for asked in (BARE, *OURS):
                    server = bare_server if asked is BARE else our_server
                    cost = await server.cost(asked, era, calls=calls, start=number * calls)
                    if number:
                        costs[asked.label, era].append(cost)
    return costs


async def _connected(child: Child, stack: AsyncExitStack) -> Server:
    child.settle()
    clients = {}
    for era, mode in _ERAS.items():
        headers = {"authorization": f"Bearer {TOKEN}"}
        http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=60))
        transport = streamable_http_client(f"{child.address}/mcp", http_client=http)
        clients[era] = await stack.enter_async_context(Client(transport, mode=mode))
    return Server(child, clients)


def table(costs: Costs) -> str:
    lines = [
        "| call | " + " | ".join(f"{era}: CPU-ms | more than bare" for era in _ERAS) + " |",
        "|---|" + "---|---|" * len(_ERAS),
    ]
    for asked in (BARE, *OURS):
        cells = []
        for era in _ERAS:
            own, bare = costs[asked.label, era], costs[BARE.label, era]
            cells.append(_spread(own))
            cells.append("" if asked is BARE else _spread([a - b for a, b in zip(own, bare, strict=True)]))
        lines.append(f"| {asked.label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _spread(values: Sequence[float]) -> str:
    """Mean with its 95 % interval (Student's t)."""
    around = _T_95[len(values) - 1] * statistics.stdev(values) / len(values) ** 0.5
    mean = statistics.mean(values)
    return f"{mean:.2f} [{mean - around:.2f}, {mean + around:.2f}]"


def run(entities: int, *, rounds: int, calls: int) -> Costs:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        home = large_home(folder, entities=entities)
        bare = stack.enter_context(bare_sdk(log=folder / "bare.log"))
        ours = stack.enter_context(serving(home, log=folder / "ours.log"))
        return asyncio.run(compare(bare, ours, rounds=rounds, calls=calls))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=12, choices=[each + 1 for each in _T_95])
    parser.add_argument("--calls", type=int, default=200, help="calls in a batch")
    parser.add_argument("--write", action="store_true", help="keep the table in benchmarks/RESULTS.md")
    options = parser.parse_args()
    costs = run(options.entities, rounds=options.rounds, calls=options.calls)
    text = table(costs)
    print(text)
    if options.write:
        put("read_call", f"## A read over MCP\n\n{heading(options)}\n\n{text}")


def heading(options: argparse.Namespace) -> str:
    return (
        f"{measured('python -m benchmarks.read_call --write')}, on a shared machine.\n\n"
        f"Streamable HTTP, one client, connection kept; CPU time of the server process a call, {options.rounds} rounds "
        f"of {options.calls} calls each, in turns; mean and 95 % interval over the rounds. Ours: {options.entities:,} "
        "entities, a token, a policy with rules about reads and groups, a limit of calls a minute, a row in the audit "
        "for every call."
    )


if __name__ == "__main__":
    main()
