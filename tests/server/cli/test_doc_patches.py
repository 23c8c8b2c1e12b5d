"""Drafts of what the docs owe, as patches that git applies."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.server.cli.conftest import Cuebook
from tests.server.cli.test_docs import QUESTION

BARE = """apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: search}
spec: {owner: retrieval}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: gate
spec:
  type: service
  lifecycle: production
  system: search
"""


def planned(cuebook: Cuebook, **arguments: str) -> dict[str, str]:
    """The details of the plan, after it was applied."""
    ran = cuebook("plan", "propose_doc_patch", "--json", json.dumps({"folder": "drafts", **arguments}))
    assert ran.code == 0, ran.err
    assert cuebook("apply", ran.json["digest"]).json["status"] == "done"
    details: dict[str, str] = ran.json["plan"]["details"]
    return details


def applied(tree: Path, patch: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    subprocess.run(["git", "-C", str(tree), "apply", str(patch)], check=True)


def test_a_gap_becomes_a_page_that_holds_what_is_known(indexed: Cuebook, tree: Path, tmp_path: Path) -> None:
    indexed("ask", QUESTION)
    (gap,) = indexed("docs", "gaps", "--json").json["items"]
    made = planned(indexed, gap=gap["id"])
    applied(tree, tmp_path / "home" / made["patch"])

    page = tree / "docs" / "which-colour-has-the-standby-dashboard.md"
    text = page.read_text()
    assert text.startswith(f'---\nquestions:\n  - "{QUESTION}"\n---\n\n# {QUESTION}\n')
    assert "- Owner: `group:default/retrieval`" in text
    assert "](runbook.md" in text
    assert made["owner"] == "group:default/retrieval"
    assert (
        indexed("docs", "test", str(tree)).out.count(QUESTION) == 1
    )  # it is held to its question from now on


def test_an_entity_gets_its_owner_description_and_docs(cuebook: Cuebook, tree: Path, tmp_path: Path) -> None:
    bare = tree / "gate"
    (bare / "docs").mkdir(parents=True)
    (bare / "catalog-info.yaml").write_text(BARE)
    (bare / "docs" / "index.md").write_text("# Gate\n\nThe gate stops a bad index. It runs nightly.\n")
    cuebook("ingest", str(tree))

    expected = {
        "owner": "+  owner: group:default/retrieval\n",
        "docs": "+  annotations:\n+    backstage.io/techdocs-ref: dir:.\n",
        "description": '+  description: "The gate stops a bad index"\n',
    }
    for lacks, lines in expected.items():
        made = planned(cuebook, entity="gate", lacks=lacks, folder=lacks)
        assert lines in made["diff"]
        applied(tree, tmp_path / "home" / made["patch"])
        assert cuebook("ingest", str(tree)).code == 0

    assert "component:default/gate has no" not in cuebook("docs", "health", "--limit", "100").out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"gap": "0000000000"}, "there is no gap"),
        ({}, "either a gap"),
        ({"entity": "night-index", "lacks": "owner"}, "has an owner"),
        ({"entity": "night-index", "lacks": "description"}, "has a description"),
    ],
)
def test_what_cannot_be_drafted_is_said(indexed: Cuebook, arguments: dict[str, str], why: str) -> None:
    ran = indexed("plan", "propose_doc_patch", "--json", json.dumps({"folder": "drafts", **arguments}))
    assert ran.code != 0
    assert why in ran.err
