"""Commands of the docs do what stands beside them, under the shipped policy."""

import re
import shlex
from pathlib import Path

import pytest

from tests.server.cli.conftest import Cuebook

_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_PLAN = re.compile(r"^\$ (?:\S+/)?cuebook (plan .*)$", re.MULTILINE)


@pytest.mark.parametrize("document", ["README.md", "docs/approvals.md"])
def test_what_the_docs_plan_waits_where_they_approve_it_next_and_only_there(
    document: str, indexed: Cuebook
) -> None:
    text = (Path(__file__).parents[3] / document).read_text(encoding="utf-8")
    shown = [
        (found[1], "cuebook approve" in block)
        for block in _BLOCK.findall(text)
        if (found := _PLAN.search(block))
    ]
    assert any(approved for _, approved in shown)
    for command, approved in shown:
        ran = indexed(*shlex.split(command))
        assert (ran.code, ran.json["status"]) == ((3, "waiting") if approved else (0, "planned")), command
