"""The official inspector's command line, over stdio and HTTP, in both protocol eras.

What it prints is kept in `inspector.txt`; times, handles and digests are blanked, keys are sorted. The four
ways must print the same. The schemas of the tools are in `tests/golden/mcp_tools.json`.
"""

import difflib
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import CUEBOOK, Tools, environment

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

TRANSCRIPT = Path(__file__).parent / "inspector.txt"
RANKER = "component:default/home-ranker"
CALLS: tuple[tuple[str, dict[str, object]], ...] = (
    ("ask", {"question": "How do I restart the ranker?"}),
    ("describe_entity", {"entity": RANKER}),
    ("entity_relations", {"entity": RANKER}),
    ("query_catalog", {"kind": "component"}),
    ("read_doc_section", {"entity": RANKER, "path": "runbook.md", "anchor": "restart-the-ranker"}),
    ("search_docs", {"question": "restart the ranker"}),
    ("find_actions", {"text": "refresh_index"}),
    ("call_action", {"name": "refresh_index"}),
)
_VOLATILE = (
    (re.compile(r'"answer_id": "[\w-]+"'), '"answer_id": "<answer>"'),
    (re.compile(r'"context": "[^"]+"'), '"context": "…"'),
    (re.compile(r'"audit": "[0-9]+:'), '"audit": "<row>:'),
    (re.compile(r"\b[0-9a-f]{64}\b|(?<=sha256:)[0-9a-f]{12}\b"), "<digest>"),
    (re.compile(r"\b20\d\d[0-9]{4}T[0-9]{6}Z-[0-9a-f]+\b"), "<generation>"),
    (re.compile(r"\b20(?:2[7-9]|[3-9]\d|26-(?:0[6-9]|1))[-0-9]*T[0-9:.]+(?:Z|\+00:00)"), "<now>"),
    (re.compile(r'("(?:seconds|score|confidence)": )[0-9.e-]+'), r"\1<number>"),
)

_ENVELOPE = ("_meta", "resultType", "ttlMs", "cacheScope")  # what only the modern era says about a result

Ask = Callable[..., str]


def steps(ask: Ask) -> Iterator[tuple[str, str]]:
    """Everything that is asked of a server, with what the inspector printed."""
    yield "tools/list --strict", ask("--method", "tools/list", "--strict")
    digest = ""
    for name, arguments in CALLS:
        printed = ask(
            "--method", "tools/call", "--tool-name", name, "--tool-args-json", json.dumps(arguments)
        )
        found = re.search(r'"digest": "([0-9a-f]{64})"', printed)
        digest = found[1] if found else digest
        yield f"tools/call {name}", printed
    yield (
        "tools/call apply_plan",
        ask("--method", "tools/call", "--tool-name", "apply_plan", "--tool-arg", f"digest={digest}"),
    )
    yield "resources/list", ask("--method", "resources/list")
    yield "resources/templates/list", ask("--method", "resources/templates/list")
    for uri in ("entity/component/default/home-ranker", "docs/component/default/home-ranker/runbook.md"):
        yield f"resources/read {uri}", ask("--method", "resources/read", "--uri", f"cuebook://{uri}")
    yield "prompts/list", ask("--method", "prompts/list")
    prompt = ("--prompt-name", "runbook_for", "--prompt-args", "alert=HomeFeedEmpty")
    yield "prompts/get runbook_for", ask("--method", "prompts/get", *prompt)


def settled(printed: str) -> str:
    """What was printed with its keys sorted, without what stands elsewhere, twice, or in one era only."""
    found = {name: value for name, value in json.loads(printed).items() if name not in _ENVELOPE}
    for tool in found.get("tools", ()):
        for part in ("description", "inputSchema", "outputSchema"):
            tool.pop(part, None)
    if "structuredContent" in found:
        (block,) = found["content"]
        assert json.loads(block["text"]) == found["structuredContent"]
        block["text"] = "<the structured content>"
        for ranked in ("hits", "nearest"):  # how they are ranked is tested elsewhere, and gets better
            found["structuredContent"].get(ranked, []).sort(key=lambda hit: str(hit["link"]))
    return json.dumps(found, indent=2, ensure_ascii=False, sort_keys=True)


def blanked(text: str, home: Path) -> str:
    text = text.replace(str(home.parent), "<folder>")
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    return text


@pytest.mark.parametrize("era", ["modern", "legacy"])
@pytest.mark.parametrize("transport", ["http", "stdio"])
def test_the_inspector_calls_everything_without_a_warning(
    transport: str, era: str, tools: Tools, home: Path, request: pytest.FixtureRequest
) -> None:
    if transport == "http":
        target = [f"{request.getfixturevalue('server')}/mcp", "--transport", "http"]
    else:
        target = [*CUEBOOK, "mcp", "--home", str(home)]
    # The inspector passes nothing of its own environment on to a server that it starts.
    own = {name: value for name, value in environment(home).items() if os.environ.get(name) != value}
    passed_on = [part for name, value in own.items() for part in ("-e", f"{name}={value}")]
    catalog = {"MCP_CATALOG_PATH": str(home.parent / "inspector.json")}

    def ask(*arguments: str) -> str:
        given = [*arguments, "--protocol-era", era]
        command = [*passed_on, *given, "--", *target] if transport == "stdio" else [*target, *given]
        done = tools.run("mcp-inspector", "--cli", *command, env=catalog)
        assert done.returncode == 0, f"{arguments}: {done.stderr}{done.stdout}"
        assert "warn" not in done.stderr.lower(), f"{arguments}: {done.stderr}"
        return done.stdout

    told = "".join(f"## {step}\n{blanked(settled(printed), home)}\n\n" for step, printed in steps(ask))

    if request.config.getoption("--golden"):
        TRANSCRIPT.write_text(told, encoding="utf-8")
    before = TRANSCRIPT.read_text(encoding="utf-8")
    changes = list(difflib.unified_diff(before.splitlines(), told.splitlines(), "kept", "now", lineterm=""))
    assert not changes, "\n".join(changes[:80])


def test_a_tool_error_is_one_for_the_inspector_too(tools: Tools, server: str) -> None:
    done = tools.run(
        "mcp-inspector",
        "--cli",
        f"{server}/mcp",
        *("--transport", "http", "--protocol-era", "modern", "--method", "tools/call"),
        *("--tool-name", "describe_entity", "--tool-arg", "entity=component:default/none"),
    )

    assert done.returncode == 5
