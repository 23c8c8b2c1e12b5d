"""A whole server and a whole stdio process, as a user starts them."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.integration.conftest import CUEBOOK, ROOT, environment, serving

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def get(address: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 - our own server
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_server_is_ready_and_shows_its_pages(server: str) -> None:
    assert get(f"{server}/readyz")[0] == 200
    assert get(f"{server}/docs/component/default/home-ranker/runbook")[0] == 200
    assert get(f"{server}/")[0] == 200


def test_a_stream_arrives_over_a_real_connection(server: str) -> None:
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{server}/api/v1/ask/stream",
        data=json.dumps({"question": "How do I restart the ranker?"}).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
        events = [line for line in answer.read().decode().splitlines() if line.startswith("event: ")]

    assert events[0] == "event: retrieved"
    assert events[-1] == "event: done"


def test_a_network_address_without_tokens_is_refused_with_what_to_set(home: Path) -> None:
    done = subprocess.run(
        [*CUEBOOK, "serve", "--host", "0.0.0.0", "--port", "0"],
        env=environment(home),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode != 0
    assert "CUEBOOK_API_TOKENS" in done.stderr
    assert "Traceback" not in done.stderr


def test_tokens_open_the_doors(home: Path) -> None:
    tokens = '[{"name": "ci", "token": "correct-horse-battery"}]'
    with serving(home, CUEBOOK_API_TOKENS=tokens) as address:
        assert get(f"{address}/api/v1/actions")[0] == 401
        assert get(f"{address}/api/v1/actions", authorization="Bearer correct-horse-battery")[0] == 200


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_stdio_speaks_nothing_but_the_protocol(home: Path, era: str) -> None:
    command = StdioServerParameters(
        command=sys.executable,
        args=[*CUEBOOK[1:], "mcp", "--home", str(home)],
        env=environment(home),
        cwd=str(ROOT),
    )
    async with Client(stdio_client(command), mode=era) as client:
        answer = await client.call_tool("ask", {"question": "How do I restart the ranker?"})

    assert answer.is_error is False
