"""Operate the recommender core through MCP alone: query, scaffold, train, evaluate, find, compare.

    make run                                         # in one terminal
    .venv/bin/python examples/operate_a_model.py     # in another

Each line that begins with `>` is a tool call as any MCP client would make it; what follows is what came back.
"""

import argparse
import asyncio
import json
import sys
import time
from typing import Any

from mcp import Client
from mcp.client.streamable_http import streamable_http_client

INCUMBENT, OWNER = "pipeline@production", "group:default/home-ranking"
PROTOCOL, METRIC = "loo-full", "ndcg@10"
POLL_SECONDS = 0.5


class Refused(Exception):
    """A tool answered with an error; the message is the server's."""


class Operator:
    """Calls tools and says so."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured result. Raises `Refused`."""
        print(f"\n> {tool} {json.dumps(arguments)}")
        return await self._quietly(tool, arguments)

    async def apply(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Plan an action with an effect, show what it would do, and carry it out by its digest."""
        planned = await self.call(tool, **arguments)
        plan = planned["plan"]
        print(f"  plan {planned['digest'][:12]}…: {plan['summary']}")
        for step in plan["steps"]:
            print(f"    - {step}")
        applied = await self.call("apply_plan", digest=planned["digest"])
        if applied["status"] not in {"done", "running"}:
            raise Refused(
                f"{tool} is {applied['status']}: {applied['reason'] or 'a human has to approve it'}"
            )
        return applied

    async def wait_for(self, job: str) -> dict[str, Any]:
        """The job once it has ended. Raises `Refused` unless it succeeded."""
        print(f"\n> get_job {json.dumps({'job': job})}  (until it has ended)")
        found = await self._quietly("get_job", {"job": job})
        while found["state"] in {"queued", "running"}:
            await asyncio.sleep(POLL_SECONDS)
            found = await self._quietly("get_job", {"job": job})
        print(f"  {found['state']} after {found['seconds']} s, {found['cpu_seconds']} CPU-s")
        if found["state"] != "succeeded":
            raise Refused(f"{job} {found['state']}: {found['reason']}; read its log with read_job_log")
        return found

    async def _quietly(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result = await self._client.call_tool(tool, arguments)
        if result.is_error or result.structured_content is None:
            raise Refused(" ".join(getattr(part, "text", "") for part in result.content))
        return dict(result.structured_content)


async def operate(url: str, name: str) -> str:
    """Take the steps over one connection; returns the server's message if one was refused, else ""."""
    async with Client(streamable_http_client(url)) as client:
        try:
            await steps(Operator(client), name)
        except Refused as refused:  # inside, because the connection would wrap it into a group
            return str(refused)
    return ""


async def steps(operator: Operator, name: str) -> None:
    """The whole way of one model, from an empty folder to its place beside the incumbent."""
    best = await operator.call("query_model_catalog", sort_by=METRIC, protocol=PROTOCOL, limit=3)
    for model in best["items"]:
        print(f"  {line(model)}")
    await operator.apply("scaffold_training_job", name=name, owner=OWNER, model="als")
    training = await operator.apply("launch_training", scaffold=name)
    await operator.wait_for(training["job"])
    judging = await operator.apply("launch_eval", model=name)
    await operator.wait_for(judging["job"])
    found = await operator.call("describe_model", model=name)
    show(found["model"], found["lineage"])
    compared = await operator.call("compare_models", a=name, b=INCUMBENT, protocol=PROTOCOL)
    for each in compared["metrics"]:
        if each["metric"] in {"recall@10", "ndcg@10"}:
            print(f"  {each['view']} {each['metric']}: {verdict(each, name)}")
    for each in compared["slices"] or ():
        if each["metric"] == METRIC:
            print(f"  {each['slice']}, {each['users']} users, {METRIC}: {verdict(each, name)}")
    print(f"  paired by user: {'yes' if compared['paired'] else 'no'}")


def show(model: dict[str, Any], lineage: list[dict[str, Any]]) -> None:
    """A model with what it rests on and what rests on it."""
    print(f"  {line(model)}")
    print(
        f"  owner {model['owner']}, run {model['run_id']}, data {model['data']['name']} {model['data']['hash'][:12]}"
    )
    for each in lineage:
        print(f"  {each['relation']}: {each['kind']} {each['ref'] or each['name']} {each['digest'][:12]}")


def line(model: dict[str, Any]) -> str:
    """A model with its headline figure and where that comes from."""
    aliases = "".join(f" @{alias}" for alias in model["aliases"])
    judged = next((each for each in model["measured"] if METRIC in each["metrics"]), None)
    if judged is None:
        return f"{model['ref']}{aliases}: not judged"
    return (
        f"{model['ref']}{aliases}: {METRIC} {figure(judged['metrics'][METRIC])} "
        f"({judged['view']}, {judged['protocol']} {judged['protocol_hash'][:12]})"
    )


def verdict(compared: dict[str, Any], name: str) -> str:
    """A difference with its interval, and which of the two is better."""
    better = {"a": name, "b": INCUMBENT}.get(compared["better"])
    told = f"{better} is better" if better else "undecided"
    return f"difference {figure(compared['difference'], '+')}, {told}"


def figure(measure: dict[str, Any], sign: str = "") -> str:
    """A mean with its interval, where there is one."""
    mean, low, high = (measure[part] for part in ("mean", "low", "high"))
    return f"{mean:{sign}.4f}" if low is None else f"{mean:{sign}.4f} [{low:{sign}.4f}, {high:{sign}.4f}]"


def main() -> int:
    """0 when all of it worked; 1 with the server's message when a step was refused."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--url", default="http://127.0.0.1:8000/mcp?toolsets=recsys,operate", help="the server's MCP endpoint"
    )
    parser.add_argument("--name", default=f"als-{time.strftime('%m%d-%H%M%S')}", help="name of the new model")
    options = parser.parse_args()
    if refused := asyncio.run(operate(options.url, options.name)):
        print(f"refused: {refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
