import asyncio
import json
import socket
from pathlib import Path

import pytest

from server.cli.serve import PortInUse, listen
from server.cli.up import client_configuration
from tests.server.cli.conftest import Cuebook


def test_ingest_counts_what_it_read(cuebook: Cuebook, tree: Path) -> None:
    report = cuebook("ingest", str(tree), "--json").json
    assert report["counts"]["entities"] == 2
    assert report["counts"]["pages"] == 1
    assert report["changed"]
    assert report["skipped"] == []


def test_a_second_ingest_changes_nothing(indexed: Cuebook, tree: Path) -> None:
    assert not indexed("ingest", str(tree), "--json").json["changed"]


def test_ingest_goes_on_past_a_broken_document_and_names_it(cuebook: Cuebook, tree: Path) -> None:
    (tree / "broken").mkdir()
    (tree / "broken" / "catalog-info.yaml").write_text(
        "apiVersion: backstage.io/v1alpha1\nkind: [Component\n"
    )
    report = cuebook("ingest", str(tree), "--json").json
    assert report["counts"]["entities"] == 2
    assert any("broken/catalog-info.yaml" in skipped["path"] for skipped in report["skipped"])


def test_a_folder_that_is_not_there_is_named(cuebook: Cuebook) -> None:
    ran = cuebook("ingest", "nowhere")
    assert ran.code == 2
    assert "'nowhere' does not exist" in ran.err


def test_actions_are_listed_shown_and_called(indexed: Cuebook) -> None:
    assert "search_docs" in indexed("actions", "list").out
    assert "question" in indexed("actions", "show", "ask").out
    found = indexed("actions", "call", "query_catalog", "--json", '{"kind": "group"}').json
    assert [item["entity"] for item in found["items"]] == ["group:default/retrieval"]


def test_an_unknown_action_is_not_found_and_the_nearest_named(indexed: Cuebook) -> None:
    ran = indexed("actions", "call", "serch_docs")
    assert ran.code == 7
    assert "search_docs" in ran.err


@pytest.mark.parametrize("given", ["{", "[]", '{"question": 3}', '{"questions": "x"}'])
def test_arguments_that_do_not_fit_are_a_usage_error(indexed: Cuebook, given: str) -> None:
    assert indexed("actions", "call", "ask", "--json", given).code == 2


def test_an_effect_is_planned_then_applied_once(indexed: Cuebook, tree: Path) -> None:
    planned = indexed("actions", "call", "refresh_index")
    assert planned.code == 3
    assert planned.json["status"] == "planned"
    (tree / "docs" / "runbook.md").write_text("# Night index runbook\n\n## Owls\n\nOwls watch the build.\n")
    applied = indexed("apply", planned.json["digest"])
    assert applied.code == 0
    assert applied.json["result"]["changed"]
    again = indexed("apply", planned.json["digest"])
    assert again.json["result"] == applied.json["result"]
    assert "Owls watch" in indexed("ask", "Who watches the build?").out


def test_a_digest_nobody_planned_is_not_found(indexed: Cuebook) -> None:
    assert indexed("apply", "0" * 64).code == 7


def test_a_backup_restores_into_an_empty_home(indexed: Cuebook, tmp_path: Path) -> None:
    indexed("ask", "Who owns night-index?")
    archive = tmp_path / "saved.tar.gz"
    assert indexed("backup", str(archive)).code == 0
    assert indexed("restore", str(archive), "--home", str(tmp_path / "other")).code == 0
    assert (tmp_path / "other" / "audit.db").exists()


def test_restore_does_not_replace_state_unasked(indexed: Cuebook, tmp_path: Path) -> None:
    indexed("ask", "Who owns night-index?")
    archive = tmp_path / "saved.tar.gz"
    indexed("backup", str(archive))
    ran = indexed("restore", str(archive))
    assert ran.code != 0
    assert "--force" in ran.err


def test_doctor_is_content_with_a_working_home(
    indexed: Cuebook, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEBOOK_SOURCES", str(tree))
    ran = indexed("doctor", "--json")
    assert ran.code == 0, ran.out
    assert {finding["check"] for finding in ran.json} >= {"home", "embedder", "index", "audit"}
    assert {finding["advice"] for finding in ran.json} == {""}


def test_doctor_says_what_to_do_when_nothing_is_indexed(cuebook: Cuebook) -> None:
    ran = cuebook("doctor")
    assert ran.code == 1
    assert "run `cuebook ingest`" in ran.out


def test_settings_show_where_a_value_came_from_and_no_secret(
    cuebook: Cuebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUEBOOK_MODEL__URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("CUEBOOK_MODEL__NAME", "small")
    monkeypatch.setenv("CUEBOOK_MODEL__API_KEY", "hunter2-hunter2")
    ran = cuebook("settings", "--json")
    by_name = {line["name"]: line for line in ran.json}
    assert by_name["model.name"]["source"] == "environment"
    assert "hunter2" not in ran.out


def test_a_misspelt_variable_is_named(cuebook: Cuebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUEBOOK_PROT", "1")
    ran = cuebook("settings")
    assert ran.code == 2
    assert "CUEBOOK_PORT" in ran.err


def test_a_port_in_use_is_told_before_any_work() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"127.0.0.1:{port}.*--port"):
            listen("127.0.0.1", port)


async def test_each_part_of_an_answer_is_sent_at_once() -> None:
    """The body of every answer on a connection that is kept would else wait 40 ms."""
    told: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()
        await writer.wait_closed()

    listener = listen("127.0.0.1", 0)
    async with await asyncio.start_server(connected, sock=listener):
        _, writer = await asyncio.open_connection(*listener.getsockname())
        assert await told
        writer.close()
        await writer.wait_closed()


def test_a_port_in_use_has_the_exit_code_of_what_cannot_be_had(cuebook: Cuebook) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = cuebook("serve", "--port", str(taken.getsockname()[1]))
    assert ran.code == 8
    assert "stop the program that does" in ran.err


def test_an_interrupt_says_that_nothing_is_lost(
    cuebook: Cuebook, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("server.indexing.index_sources", interrupted)
    ran = cuebook("ingest", str(tree))
    assert ran.code == 130
    assert ran.err.strip() == "interrupted; what was finished is kept"


def test_an_interrupt_while_modules_load_shows_no_traceback(
    cuebook: Cuebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("server.cli.app.main", interrupted)
    assert cuebook("doctor").code == 130


def test_doctor_looks_at_the_sources_that_the_index_was_built_from(indexed: Cuebook, tree: Path) -> None:
    findings = {finding["check"]: finding for finding in indexed("doctor", "--json").json}
    assert findings["sources"]["ok"]
    assert findings["sources"]["detail"] == str(tree)


def test_a_table_that_a_program_reads_has_whole_lines(cuebook: Cuebook) -> None:
    lines = cuebook("settings").out.splitlines()
    assert any(line.split()[-1] == "CUEBOOK_TELEMETRY__OTLP_ENDPOINT" for line in lines)


def test_client_configurations_are_ready_to_paste(tmp_path: Path) -> None:
    http = json.loads(json.dumps(client_configuration(url="http://127.0.0.1:8000/mcp")))
    stdio = json.loads(json.dumps(client_configuration(home=tmp_path)))
    assert http["mcpServers"]["cuebook"]["url"].endswith("/mcp")
    assert stdio["mcpServers"]["cuebook"]["args"] == ["mcp", "--home", str(tmp_path)]
