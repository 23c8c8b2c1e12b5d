"""An action of `actions.d` stands in every door beside those that ship."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from mcp import Client

from server.app import make_app
from server.composition import Cuebook
from server.mcp import build_mcp
from server.settings import SettingsInvalid, describe, load
from tests.server.cli.conftest import Cuebook as Terminal
from tests.server.cli.conftest import cuebook as terminal  # noqa: F401 - a fixture
from tests.server.memory import small_cuebook
from tools.settings import ActionsSettings

EXAMPLES = Path(__file__).parents[2] / "examples" / "actions.d"
LOOPBACK = frozenset({"127.0.0.1:8000"})


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cuebook]:
    monkeypatch.setattr(Cuebook, "warm_in_background", lambda _self: None)
    shutil.copytree(EXAMPLES, tmp_path / "home" / "actions.d")
    (tmp_path / "home" / "actions.d" / "broken.yaml").write_text("effect: magic\n")
    with small_cuebook(tmp_path / "home", actions=ActionsSettings(allowed_hosts=LOOPBACK)) as composed:
        yield composed


async def test_mcp_offers_it_and_plans_it(own: Cuebook) -> None:
    async with Client(build_mcp(own)) as client:
        called = await client.call_tool("measure_folder", {"folder": "/var/tmp"})
    assert called.structured_content is not None
    spec = called.structured_content["plan"]["details"]["spec"]
    assert spec["config"]["argv"] == ["/usr/bin/du", "-s", "-k", "--", "/var/tmp"]


async def test_rest_documents_and_plans_it_and_names_what_was_left_out(own: Cuebook) -> None:
    app = make_app(own.settings, cuebook=own)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        shown = (await client.get("/api/v1/actions/server_ready")).json()
        planned = (await client.post("/api/v1/actions/measure_folder", json={})).json()
        refused = await client.post("/api/v1/actions/measure_folder", json={"folder": "/etc"})
        status = (await client.get("/api/v1/status")).json()
    assert (shown["effect"], shown["scope"]) == ("reads", "catalog:read")
    assert planned["status"] == "planned"
    assert refused.status_code == 422
    assert any(
        "broken.yaml was left out: " in text and "effect = 'magic'" in text for text in status["degraded"]
    )


def test_the_command_line_lists_it_and_names_what_was_left_out(
    terminal: Terminal,  # noqa: F811 - the fixture
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "home" / "actions.d")
    listed = terminal("actions", "list")
    assert "measure_folder" in listed.out
    assert "server_ready" not in listed.out
    assert "127.0.0.1:8000 is none of the hosts that the operator allowed" in listed.err
    assert "was left out" in terminal("actions", "show", "server_ready").err
    monkeypatch.setenv("CUEBOOK_ACTIONS__ALLOWED_HOSTS", "ops.example.com, 127.0.0.1:8000")
    assert "server_ready" in terminal("actions", "list").out


@pytest.mark.integration
def test_the_example_of_a_job_measures(terminal: Terminal, tmp_path: Path) -> None:  # noqa: F811 - the fixture
    shutil.copytree(EXAMPLES, tmp_path / "home" / "actions.d")
    planned = terminal("actions", "call", "measure_folder", "--json", '{"folder": "/var/tmp"}')
    applied = json.loads(terminal("apply", json.loads(planned.out)["digest"]).out)
    log = terminal("jobs", "logs", "--follow", applied["job"])
    assert log.out.split()[-1] == "/var/tmp"


def test_secrets_of_actions_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUEBOOK_ACTIONS__SECRETS", '{"ops": "correct-horse"}')
    settings = load()
    lines = {line.name: line.value for line in describe(settings)}
    assert lines["actions.secrets"] == "ops (set, not shown)"
    assert "correct-horse" in settings.secrets
    monkeypatch.setenv("CUEBOOK_ACTIONS__SECRETS", '{"ops": "short77"}')
    with pytest.raises(SettingsInvalid, match="at least 8") as refused:
        load()
    assert "short77" not in str(refused.value)


async def test_a_declared_job_starts_at_once_only_where_its_file_says_reversible(own: Cuebook) -> None:
    folder = own.settings.home / "actions.d"
    text = (folder / "measure_folder.yaml").read_text()
    (folder / "wipe_folder.yaml").write_text(text.replace("reversible: true", "reversible: false"))
    with small_cuebook(own.settings.home, actions=ActionsSettings(allowed_hosts=LOOPBACK)) as cuebook:
        ada = cuebook.local_principal(door="cli")
        planned = {
            name: (await cuebook.caller.call(name, {}, ada))["approval"]
            for name in ("measure_folder", "wipe_folder")
        }
    assert planned["measure_folder"]["rule"] == "small reversible jobs of a team's own"
    assert (planned["wipe_folder"]["verdict"], planned["wipe_folder"]["missing"]) == ("ask", 1)
