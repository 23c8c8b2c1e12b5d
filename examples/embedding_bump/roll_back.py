"""An embedding bump broke podcasts: ask, see the layer and the surfaces, roll back, read the receipt; over MCP alone.

    make run                                              # in one terminal; then add an approver if there is none:
    .venv/bin/cuebook approvers add NAME                  # it asks for a passphrase, which no client sees
    .venv/bin/python examples/embedding_bump/bump.py      # in another: the bump
    .venv/bin/python examples/embedding_bump/roll_back.py # and the way back; it waits until a person has approved

The output is Markdown: `transcript.md` is what it printed, with digests and times left out.
"""

import argparse
import asyncio
import json
import re
import sys
from typing import Any

from mcp import Client
from mcp.client.streamable_http import streamable_http_client

POLL_SECONDS, PATIENCE_SECONDS = 0.5, 600
VECTORS, INDEX, LAYER = "item2vec@production", "podcast-index@production", "resource:default/item2vec-model"


class Refused(Exception):
    """A tool answered with an error; the message is the server's."""


class Reader:
    """Calls tools and writes down what it called."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured result. Raises `Refused`."""
        say(f"`{tool}` `{json.dumps(arguments)}`\n")
        return await self.quietly(tool, **arguments)

    async def quietly(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """As `call`, for what is asked again and again."""
        result = await self._client.call_tool(tool, arguments)
        if result.is_error or result.structured_content is None:
            raise Refused(" ".join(getattr(part, "text", "") for part in result.content))
        return dict(result.structured_content)


async def tell(reader: Reader) -> None:
    """The whole story."""
    say("# An embedding bump broke podcasts\n")
    say(
        "Episodes under “like the one you just finished” have nothing to do with it. Nothing is down, nothing is slow.\n"
    )
    await ask(reader)
    await see_the_layer(reader)
    await see_the_surfaces(reader)
    await roll_back(reader)


async def ask(reader: Reader) -> None:
    """What the docs say of it."""
    say("## Ask\n")
    answer = await reader.call("ask", question="What do I do when the podcast row shows nonsense?")
    say(f"{answer['answer']}\n")
    owners: dict[tuple[str, str, str], str] = {}  # told at the first citation of a section
    for source in answer["citations"]:
        path = source.get("path", "")
        owner = owners.setdefault(
            (source["entity"], path, source.get("anchor", "")), source.get("owner", "nobody")
        )
        say(f"- [{source['number']}] `{source['entity']}` {path}, owned by {owner}")
    say("")


async def see_the_layer(reader: Reader) -> None:
    """Which part does not fit, and how that came about."""
    say("## See the layer\n")
    checked = await reader.call("check_compatibility", surface="podcasts")
    say(f"{checked['verdict']}; talk to {', '.join(checked['owners'])}\n")
    for each in checked["tuples"]:
        say(
            f"- `{each['entity']}`: {', '.join(part['uses'] + ' is ' + str(part['version']) for part in each['parts'])}"
        )
        for misfit in each["misfits"]:
            say(f"- {misfit['why']}: {misfit['remedy']}")
    say("")
    vectors = await reader.call("describe_model", model=VECTORS)
    for move in reversed(vectors["alias_history"]):
        say(f"- {move['alias']}: {move['old'] or 'nothing'} → {move['new']} by {move['by']}")
    say("")
    index = await reader.call("describe_model", model=INDEX)
    made_from = [node["ref"] for node in index["lineage"] if node["relation"] == "parent"]
    say(f"- {index['model']['ref']} was made from {', '.join(made_from)}\n")


async def see_the_surfaces(reader: Reader) -> None:
    """Who is hit by the layer."""
    say("## See the surfaces\n")
    impact = await reader.call("entity_impact", entity=LAYER)
    for each in impact["items"]:
        where = ", ".join(each["surfaces"]) or "no surface"
        say(f"- {where}: `{each['entity']}`, owned by {each['owner']}")
    say("")


async def roll_back(reader: Reader) -> None:
    """Plan, wait for a person, apply, look again."""
    say("## Roll back\n")
    planned = await reader.call("rollback_model", name="item2vec")
    plan, digest = planned["plan"], planned["digest"]
    say(f"{plan['summary']} The plan has the digest {digest}.\n")
    for step in plan["steps"]:
        say(f"1. {step}")
    say("")
    for each in plan["will_not"]:
        say(f"- It will not {each}.")
    surfaces = ", ".join(sorted(each["surface"] for each in plan["details"]["surfaces"]))
    say(f"- Surfaces: {surfaces}.")
    say(f"- Compatibility: {plan['details']['compatibility']}.")
    say(f"- {planned['status']}: {planned['approval']['reason']}.\n")
    if planned["status"] == "waiting":
        say("This client cannot approve it. A person does, on the page or with `cuebook approve`.\n")
        await approved(reader, digest)
    applied = await reader.call("apply_plan", digest=digest)
    if applied["receipt"] is None:
        raise Refused(f"the plan is {applied['status']}: {applied['reason']}")
    say("## Read the receipt\n")
    receipt = applied["receipt"]
    say(f"- {receipt['what']}")
    say(
        f"- by {receipt['by']}, approved by {', '.join(receipt['approved_by']) or 'nobody, as the policy has it'}"
    )
    say(f"- rule: {receipt['rule']}")
    say(f"- at {receipt['at']}, row {receipt['audit']} of the audit")
    say(f"- undo: {receipt['undo']}\n")
    checked = await reader.call("check_compatibility")
    say(f"{checked['verdict']}: {checked['total']} tuples")


async def approved(reader: Reader, digest: str) -> None:
    """Wait until the plan may be applied. Raises `Refused` if it is rejected or takes too long."""
    found = await reader.quietly("get_plan", digest=digest)
    for _ in range(int(PATIENCE_SECONDS / POLL_SECONDS)):
        if found["status"] != "waiting":
            break
        await asyncio.sleep(POLL_SECONDS)
        found = await reader.quietly("get_plan", digest=digest)
    if found["status"] != "approved":
        raise Refused(f"the plan is {found['status']}: {found['reason']}")


def say(text: str) -> None:
    """A line of Markdown, without what differs from run to run."""
    text = re.sub(r"\b[0-9a-f]{64}\b", "…", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)", "…", text)
    print(re.sub(r"row \S+ of", "row … of", text), flush=True)


async def told(url: str) -> str:
    """The server's message if a step was refused, else ""."""
    async with Client(streamable_http_client(url)) as client:
        try:
            await tell(Reader(client))
        except (
            Refused,
            TimeoutError,
        ) as refused:  # inside, because the connection would wrap it into a group
            return str(refused)
    return ""


def main() -> int:
    """0 when all of it worked; 1 with the server's message when a step was refused."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000/mcp?toolsets=ask,recsys,operate")
    if refused := asyncio.run(told(parser.parse_args().url)):
        print(f"refused: {refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
