"""Which files become actions."""

from pathlib import Path
from textwrap import dedent

import pytest

from tests.conftest import Golden
from tools import Actions
from tools.errors import InvalidAction, UnknownAction
from tools.policy.matrix import as_text, matrix
from tools.policy.reading import shipped


def _write(folder: Path, name: str, *, function: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(
        dedent(
            f'''
            from pydantic import Field
            from tools import Effect, Input, Output, Run, action

            class Name(Input):
                name: str = Field(description="A name.")

            class Greeting(Output):
                text: str = Field(description="A greeting.")

            @action(effect=Effect.READS, scope="greet:read")
            async def {function or name}(input: Name, run: Run) -> Greeting:
                """Greet somebody."""
                return Greeting(text=f"hello {{input.name}}")
            '''
        )
    )
    return path


def test_own_actions_come_in_alphabetical_order(actions: Actions) -> None:
    assert actions.skipped == ()
    assert [info.name for info in actions.list()] == [
        "ask",
        "cancel_job",
        "cancel_playbook",
        "check_compatibility",
        "compare_models",
        "describe_entity",
        "describe_model",
        "describe_semantic_id",
        "docs_health",
        "entity_impact",
        "entity_relations",
        "explain_recommendation",
        "find_similar_items",
        "get_job",
        "get_plan",
        "job_accuracy",
        "launch_eval",
        "launch_training",
        "list_gaps",
        "list_jobs",
        "list_limits",
        "list_playbooks",
        "preview_recommendations",
        "promote_model",
        "propose_doc_patch",
        "propose_patch",
        "query_audit",
        "query_catalog",
        "query_model_catalog",
        "rate_answer",
        "read_doc_section",
        "read_job_log",
        "refresh_index",
        "rollback_model",
        "route_request",
        "run_playbook",
        "scaffold_training_job",
        "search_docs",
        "undo_plan",
    ]


def test_a_file_in_an_extra_folder_is_an_action(tmp_path: Path) -> None:
    _write(tmp_path, "greet")
    (tmp_path / "_shared.py").write_text("raise RuntimeError")
    found = Actions.discover(extra=[tmp_path])
    assert found.get("greet").info.title == "Greet somebody"
    assert found.skipped == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def (", "SyntaxError"),
        ("import there_is_no_such_module", "there_is_no_such_module"),
        ("raise SystemExit(3)", "SystemExit"),
        ("x = 1", "defines one @action function, this one 0"),
    ],
)
def test_a_broken_file_is_named_and_the_others_go_on(tmp_path: Path, text: str, reason: str) -> None:
    _write(tmp_path, "greet")
    (tmp_path / "broken.py").write_text(text)
    found = Actions.discover(extra=[tmp_path])
    assert found.get("greet")
    assert [Path(skipped.path).name for skipped in found.skipped] == ["broken.py"]
    assert reason in found.skipped[0].reason


def test_the_function_is_called_like_its_file(tmp_path: Path) -> None:
    _write(tmp_path, "greet", function="salute")
    (skipped,) = Actions.discover(extra=[tmp_path]).skipped
    assert "the function is called 'salute' and the file 'greet.py'" in skipped.reason


def test_two_files_of_one_name_are_an_error(tmp_path: Path) -> None:
    _write(tmp_path, "ask")
    with pytest.raises(InvalidAction, match=r"two files define the action 'ask'.*ask\.py.*rename"):
        Actions.discover(extra=[tmp_path])


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidAction, match="does not exist"):
        Actions.discover(extra=[tmp_path / "nowhere"])


def test_an_unknown_name_is_answered_with_the_nearest(actions: Actions) -> None:
    with pytest.raises(UnknownAction, match="did you mean search_docs"):
        actions.get("serach_docs")
    with pytest.raises(UnknownAction, match="The actions are: ask, "):
        actions.get("x" * 5000)


def test_the_version_follows_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path, "greet")
    before = Actions.discover(extra=[tmp_path]).get("greet").version
    path.write_text(path.read_text() + "# changed\n")
    assert Actions.discover(extra=[tmp_path]).get("greet").version != before


def test_what_the_shipped_policy_says_of_every_action_was_reviewed(actions: Actions, golden: Golden) -> None:
    local = {info.scope for info in actions.list()} | {"jobs:any", "jobs:at-once"}
    golden("policy_matrix.txt", as_text(matrix(shipped(), actions, local_scopes=local)))
