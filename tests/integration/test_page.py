"""The page in a real browser, over a real server: what a reader sees, clicks and can share.

`page.mjs` drives Chromium once and reports; the tests judge. Screenshots of every state go to
`test-output/page/`. The driver and the accessibility checker come from npm into `test-output/tools`.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from recsys_core.registry import Registry
from server.approving.approvers import Approvers
from server.approving.passphrases import Passphrase

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
    "rows": "| All | 0.27 |\n| Fresh | `0.19` |",
    "open fence": "Text\n\n```yaml\na: [1]",
}
PASSPHRASE = "nine green bottles"
POLICY = """
version: 1
approval: {approvers: everyone}
rules:
  - {name: new folders, actions: scaffold_training_job, verdict: ask, because: a new folder takes one human decision}
  - {name: jobs, actions: [launch_training, launch_eval, cancel_job], verdict: allow, because: they are small}
"""
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
    demo = [sys.executable, "-m", "recsys_core", "demo", "--home", environment["CUEBOOK_HOME"]]
    subprocess.run(demo, env=environment, check=True, capture_output=True, timeout=300)
    registered_by_others(folder / "home")
    subprocess.run([*CLI, "models", "sync"], env=environment, check=True, capture_output=True, timeout=120)
    (folder / "home" / "policy.yaml").write_text(POLICY)
    Approvers(folder / "home").add("ada", passphrase=Passphrase.of(PASSPHRASE), by="")
    log = folder / "server.log"
    with log.open("w") as errors:
        process = subprocess.Popen([*CLI, "serve", "--port", "0"], env=environment, stderr=errors, cwd=folder)
        try:
            yield address_in(log, process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)


def registered_by_others(home: Path) -> None:
    """A version in the same MLflow that no protocol of ours stands behind."""
    client = Registry.open(home).store.client
    run = client.create_run(client.create_experiment("churn-team"))
    client.log_metric(run.info.run_id, "auc", 0.8125)
    client.create_registered_model("churn")
    client.create_model_version("churn", "s3://elsewhere/churn", run_id=run.info.run_id)


def address_in(log: Path, process: "subprocess.Popen[bytes]") -> str:
    """The address that the server tells once it answers."""
    for _ in range(600):
        for line in log.read_text().splitlines():
            if found := re.search(r"Cuebook serves on (http://[\w.:]+)", line):
                return found[1]
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


def launch(server: str, **arguments: Any) -> str:
    """The id of a training job that was just started."""
    with httpx.Client(base_url=f"{server}/api/v1", timeout=60) as client:
        plan = client.post("/actions/launch_training", json=arguments).raise_for_status().json()
        applied = client.post(f"/plans/{plan['digest']}/apply").raise_for_status().json()
    return str(applied["job"])


def planned(server: str, name: str) -> str:
    """The digest of a plan that waits for an approval."""
    arguments = {"name": name, "model": "als", "owner": "group:default/ranking"}
    answer = httpx.post(f"{server}/api/v1/actions/scaffold_training_job", json=arguments, timeout=60)
    return str(answer.raise_for_status().json()["digest"])


def succeeded(server: str, job: str) -> str:
    """`job`, once it has."""
    for _ in range(600):
        answer = httpx.post(f"{server}/api/v1/actions/get_job", json={"job": job}, timeout=60).json()
        if answer["state"] == "succeeded":
            return job
        assert answer["state"] in ("queued", "running"), answer
        time.sleep(0.1)
    raise AssertionError(f"{job} did not end")


@pytest.fixture(scope="module")
def seen(server: str, node_modules: Path) -> dict[str, Any]:
    """What the browser saw."""
    done = succeeded(server, launch(server, name="knn", model="item_knn"))
    slow = launch(server, name="slow", model="als", config={"factors": 1024, "iterations": 1000})
    task = {
        "base": server,
        "tools": str(node_modules),
        "chromium": tool("chromium"),
        "out": str(OUTPUT / "page"),
        "questions": {"answered": ANSWERED, "followUp": FOLLOW_UP, "unanswered": UNANSWERED},
        "entity": "/catalog/component/default/ranker",
        "jobs": {"done": done, "slow": slow},
        "plans": {"approve": planned(server, "als-demo"), "reject": planned(server, "als-other")},
        "approver": {"name": "ada", "passphrase": PASSPHRASE},
    }
    script = Path(__file__).with_name("page.mjs")
    command = [tool("node"), str(script), json.dumps(task), json.dumps(list(MARKDOWN.values()))]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=540, check=False)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
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


def test_models_are_ranked_by_a_metric_with_their_intervals_drawn(seen: dict[str, Any]) -> None:
    best = seen["models"]["best"]
    assert best[0]["ref"] == "pipeline:1"
    values = [float(row["value"]) for row in best]
    assert len(values) == 5
    assert values == sorted(values, reverse=True)
    assert all(row["drawn"] for row in best)
    assert seen["models"]["address"].endswith("/models?kind=als")


def test_two_models_are_compared_with_a_verdict_for_each_metric(seen: dict[str, Any]) -> None:
    compared = seen["models"]["compared"]
    assert parse_qs(urlsplit(compared["address"]).query) == {"a": ["pipeline:1"], "b": ["als:1"]}
    assert compared["title"] == "pipeline:1 minus als:1"
    assert set(compared["higher"]) <= {"pipeline:1", "als:1", "undecided"}
    assert "pipeline:1" in compared["higher"]
    assert {"audiobook", "episode", "track", "head", "tail", "cold users"} <= set(compared["slices"])


def test_what_others_registered_is_marked_as_not_judged(seen: dict[str, Any]) -> None:
    (row,) = seen["models"]["unjudged"]
    for told in ("churn:1", "not judged", "auc 0.8125"):
        assert told in row


def test_a_passage_that_is_cut_off_opens_and_folds_again(seen: dict[str, Any]) -> None:
    before, opened, after = (seen["clipped"][when] for when in ("before", "opened", "after"))
    assert before["shown"] < before["whole"]
    assert (opened["shown"], opened["expanded"]) == (opened["whole"], "true")
    assert after["shown"] == before["shown"]


def test_a_pipeline_previews_a_slate_with_its_sources_and_rules(seen: dict[str, Any]) -> None:
    preview = seen["preview"]
    assert len(preview["slate"]) == 5
    assert all(item["title"] and item["sources"] for item in preview["slate"])
    assert preview["rules"] == ["seen", "market", "explicit"]
    assert preview["address"].endswith("/models/pipeline/production?user=user-00057&k=5")
    assert "no user 'nobody'" in preview["refusal"]


def test_a_job_shows_what_it_prints_until_the_reader_pauses(seen: dict[str, Any]) -> None:
    assert '"stage": "train"' in seen["endJob"]["printed"]
    assert seen["endJob"]["paused"] == "paused"
    assert seen["endJob"]["readWhilePaused"] == 0


def test_a_job_is_ended_only_after_its_plan_was_shown_and_accepted(seen: dict[str, Any]) -> None:
    assert "It cannot be undone." in seen["endJob"]["shown"]
    assert seen["endJob"]["declined"] == {"applied": False, "state": "running"}
    assert not seen["endJob"]["button"]


def test_a_plan_shows_what_it_would_do_to_the_last_file(seen: dict[str, Any]) -> None:
    assert "als-demo/train.toml" in " ".join(seen["approve"]["will"])
    assert 'kind = "als"' in seen["approve"]["file"]


def test_a_plan_is_approved_and_applied_by_one_click_each_and_by_nothing_else(seen: dict[str, Any]) -> None:
    done = seen["approve"]
    assert not done["offeredBefore"]
    assert done["decidedBySigningIn"] == 0
    assert "Approving does not apply it." in done["words"]
    assert done["decisions"] == [
        {"verb": "approve", "confirmed": True},
        {"verb": "apply", "confirmed": False},
    ]
    assert "approved by ada" in done["receipt"]


def test_a_passphrase_is_kept_nowhere_on_the_page(seen: dict[str, Any]) -> None:
    assert seen["approve"]["left"] == ""
    assert not seen["approve"]["kept"]


def test_whoever_planned_can_take_a_plan_back(seen: dict[str, Any]) -> None:
    assert "the other one will do" in seen["takeBack"]["shown"]


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


def test_rows_without_the_head_of_their_table_are_rows(seen: dict[str, Any]) -> None:
    assert (
        rendered(seen, "rows")
        == "<table><tbody><tr><td>All</td><td>0.27</td></tr><tr><td>Fresh</td><td><code>0.19</code></td></tr></tbody></table>"
    )


def test_a_fence_that_is_still_open_is_code_already(seen: dict[str, Any]) -> None:
    assert rendered(seen, "open fence") == "<p>Text</p><pre><code>a: [1]</code></pre>"


def test_no_state_has_a_serious_accessibility_violation(seen: dict[str, Any]) -> None:
    assert {name: state["violations"] for name, state in seen["states"].items() if state["violations"]} == {}


def test_no_state_scrolls_sideways(seen: dict[str, Any]) -> None:
    assert {name: state["overflow"] for name, state in seen["states"].items() if state["overflow"] > 0} == {}


def test_the_browser_reports_no_error(seen: dict[str, Any]) -> None:
    assert seen["console"] == []
