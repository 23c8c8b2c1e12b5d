"""The page in a real browser, over a real server: what a reader sees, clicks and can share.

`page.mjs` drives Chromium once and reports; the tests judge. Screenshots of every state go to
`test-output/page/`. The driver and the accessibility checker come from npm into `test-output/tools`.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "test-output"
TOOLS = {"playwright-core": "1.65.1", "axe-core": "4.14.1"}
CLI = [sys.executable, "-c", "from server.cli import main; main()"]
ANSWERED = "How do I roll back the ranking model?"
FOLLOW_UP = "Who owns it?"
UNANSWERED = "What colour are the walls of the cafeteria?"
MARKDOWN = {
    "html": "<img src=x onerror=alert(1)> <b>bold</b>",
    "script link": "[click](javascript:alert(1)) and [ok](https://example.org/a_(b))",
    "marks": "Stated [1], not stated [7].",
    "list": "1. One\n\n    ```bash\n    run --it\n    ```\n\n2. Two\n   - a\n   - b",
    "table": "| a | b |\n|---|---|\n| `x|y` | 2 |\n",
    "open fence": "Text\n\n```yaml\na: [1]",
}
CATALOG = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: ranker
  title: Ranker
  description: Scores candidates for the home screen.
  annotations: {backstage.io/techdocs-ref: "dir:."}
spec: {type: service, lifecycle: production, owner: ranking, dependsOn: ["component:feature-store", "component:gone"]}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: feature-store, description: Serves features to the ranker.}
spec: {type: service, lifecycle: production, owner: ranking}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: ranking, description: Owns ranking.}
spec: {type: team, children: []}
"""
PAGE = f"""# Ranker

The ranker scores candidates and returns them in order of their score.

## Background

{"The ranker has been rewritten twice, each time for speed rather than for quality. " * 12}

{"Its first version read features from files that were copied to each host at night. " * 12}

## Roll back the ranking model

Roll back the ranking model when click-through drops by more than five percent.

1. Freeze the rollout of the ranking model:

    ```bash
    rollout freeze ranker --reason rollback
    ```

2. Set `model.id` to the previous ranking model.

## Deadlines

| Stage | Budget |
|---|---|
| features | 25 ms |
| scoring | 45 ms |

{"Deadlines are measured at the gateway, over five minutes, for each region on its own. " * 12}
"""


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed, so the page cannot be looked at here")
    return found


@pytest.fixture(scope="module")
def node_modules() -> Path:
    """The folder that holds `node_modules` with the tools, installed once."""
    folder = OUTPUT / "tools"
    wanted = [f"{name}@{version}" for name, version in TOOLS.items()]
    note = folder / "installed.json"
    if note.is_file() and json.loads(note.read_text()) == wanted:
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    command = [
        tool("npm"),
        "install",
        "--no-package-lock",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        *wanted,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm could not install {' and '.join(wanted)}: {done.stderr.strip()[-400:]}")
    note.write_text(json.dumps(wanted))
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over one small catalog."""
    folder = tmp_path_factory.mktemp("page")
    org = folder / "org"
    (org / "docs").mkdir(parents=True)
    (org / "catalog-info.yaml").write_text(CATALOG)
    (org / "mkdocs.yml").write_text("site_name: Ranker\n")
    (org / "docs" / "index.md").write_text(PAGE)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CUEBOOK_")}
    environment = {
        **kept,
        "CUEBOOK_HOME": str(folder / "home"),
        "CUEBOOK_EMBEDDER__KIND": "hashing",
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run([*CLI, "ingest", str(org)], env=environment, check=True, capture_output=True, timeout=120)
    log = folder / "server.log"
    with log.open("w") as errors:
        process = subprocess.Popen([*CLI, "serve", "--port", "0"], env=environment, stderr=errors, cwd=folder)
        try:
            yield address_in(log, process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)


def address_in(log: Path, process: "subprocess.Popen[bytes]") -> str:
    """The address that the server tells once it answers."""
    for _ in range(600):
        for line in log.read_text().splitlines():
            if "Cuebook serves on " in line:
                return line.rpartition(" ")[2].strip()
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def seen(server: str, node_modules: Path) -> dict[str, Any]:
    """What the browser saw."""
    task = {
        "base": server,
        "tools": str(node_modules),
        "chromium": tool("chromium"),
        "out": str(OUTPUT / "page"),
        "questions": {"answered": ANSWERED, "followUp": FOLLOW_UP, "unanswered": UNANSWERED},
        "entity": "/catalog/component/default/ranker",
    }
    script = Path(__file__).with_name("page.mjs")
    command = [tool("node"), str(script), json.dumps(task), json.dumps(list(MARKDOWN.values()))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=540, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rendered(seen: dict[str, Any], name: str) -> str:
    return str(dict(zip(MARKDOWN, seen["render"], strict=True))[name])


def test_a_source_shows_its_quote_and_opens_the_page_at_its_heading(seen: dict[str, Any]) -> None:
    assert seen["cite"]["expanded"] == "true"
    assert seen["cite"]["quote"].strip()
    assert seen["cite"]["landed"] == {"heading": "Roll back the ranking model", "inView": True}


def test_back_from_a_source_shows_the_answer_without_asking_again(seen: dict[str, Any]) -> None:
    assert seen["cite"]["kept"]


def test_the_address_carries_the_question(seen: dict[str, Any]) -> None:
    assert parse_qs(urlsplit(seen["cite"]["address"]).query)["q"] == [ANSWERED]


def test_a_follow_up_keeps_the_context_and_joins_the_address(seen: dict[str, Any]) -> None:
    first, second = seen["followUp"]["sent"]
    assert "context" not in first
    assert second["context"]
    assert seen["followUp"]["shared"] == [ANSWERED, FOLLOW_UP]


def test_escape_stops_an_answer_and_offers_to_ask_again(seen: dict[str, Any]) -> None:
    assert seen["stop"]["again"]


def test_a_failed_answer_can_be_tried_again(seen: dict[str, Any]) -> None:
    assert seen["retry"]["answered"]


def test_a_filter_narrows_the_catalog_and_joins_the_address(seen: dict[str, Any]) -> None:
    assert seen["filter"]["kinds"] == ["Group"]
    assert seen["filter"]["all"] == 3
    assert seen["filter"]["address"].endswith("/catalog?kind=group")


def test_a_chosen_theme_holds_on_the_next_page(seen: dict[str, Any]) -> None:
    assert seen["theme"]["before"] != seen["theme"]["after"]


def test_html_in_an_answer_is_shown_as_text(seen: dict[str, Any]) -> None:
    assert rendered(seen, "html") == "<p>&lt;img src=x onerror=alert(1)&gt; &lt;b&gt;bold&lt;/b&gt;</p>"


def test_only_web_addresses_become_links(seen: dict[str, Any]) -> None:
    html = rendered(seen, "script link")
    assert "javascript" not in html
    assert html.count("<a ") == 1
    assert 'href="https://example.org/a_(b)"' in html


def test_a_mark_without_a_source_stays_text(seen: dict[str, Any]) -> None:
    assert rendered(seen, "marks") == "<p>Stated <sup></sup>, not stated [7].</p>"


def test_code_and_lists_inside_a_step_stay_in_it(seen: dict[str, Any]) -> None:
    html = rendered(seen, "list")
    assert html.count("<ol") == 1
    assert "One<pre><code>run --it</code></pre></li>" in html
    assert "Two<ul><li>a</li><li>b</li></ul></li>" in html


def test_a_table_keeps_its_cells(seen: dict[str, Any]) -> None:
    assert "<th>a</th><th>b</th>" in rendered(seen, "table")


def test_a_fence_that_is_still_open_is_code_already(seen: dict[str, Any]) -> None:
    assert rendered(seen, "open fence") == "<p>Text</p><pre><code>a: [1]</code></pre>"


def test_no_state_has_a_serious_accessibility_violation(seen: dict[str, Any]) -> None:
    assert {name: state["violations"] for name, state in seen["states"].items() if state["violations"]} == {}


def test_no_state_scrolls_sideways(seen: dict[str, Any]) -> None:
    assert {name: state["overflow"] for name, state in seen["states"].items() if state["overflow"] > 0} == {}


def test_the_browser_reports_no_error(seen: dict[str, Any]) -> None:
    assert seen["console"] == []
