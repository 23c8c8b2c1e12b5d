"""One decision, every step once, nothing beyond what was approved."""

from pathlib import Path
from typing import Any

import pytest

from tests.tools.playbooks.conftest import Theatre, policy
from tools.backup import backup, restore
from tools.errors import InvalidArguments, NotAllowed, PlanMissing, TargetMoved
from tools.jobs import JobState
from tools.state import State

PLAY = """
inputs:
  word: {type: string, description: A word., pattern: "[a-z]+"}
budget: {cpu_hours: 0.05}
steps:
  - id: first
    action: write_word
    arguments: {word: {input: word}}
  - id: work
    action: start_job
    arguments: {name: {result: first.word}}
    bounds:
      name: {one_of: [{input: word}]}
  - id: look
    action: look_up
    arguments: {word: {input: word}}
  - id: last
    action: send_word
    arguments: {word: {result: look.ref}, alias: production}
    bounds:
      word: {version_of: {input: word}}
"""


def _states(answer: dict[str, Any]) -> dict[str, str]:
    return {step["id"]: step["state"] for step in answer["result"]["steps"]}


def _rows(theatre: Theatre, kind: str) -> list[dict[str, Any]]:
    return [dict(entry.body) for entry in theatre.audit.entries() if entry.body["kind"] == kind]


async def test_a_playbook_costs_one_decision_and_does_each_step_once(theatre: Theatre) -> None:
    answer = await theatre.played(PLAY, word="hello")
    assert (answer["status"], answer["result"]["reached"]) == ("done", "")
    assert set(_states(answer).values()) == {"done"}
    assert theatre.desk.written == ["hello", "hello:1"]
    assert len(theatre.backend.submitted) == 1
    assert len(_rows(theatre, "approve")) == 1
    assert answer["receipt"]["approved_by"] == ["user:default/ben"]


async def test_the_plan_shows_every_step_what_fills_it_and_what_the_policy_says(theatre: Theatre) -> None:
    answer = await theatre.planned(PLAY, word="hello")
    plan = answer["plan"]
    assert answer["status"] == "waiting"
    assert plan["estimate"]["cpu_hours"] == 0.05
    first, work, _, last = plan["details"]["steps"]
    assert (first["arguments"]["word"], first["plan"]["summary"]) == ("hello", "Write hello.")
    assert work["arguments"] == {"name": {"result": "first.word"}}
    assert last["arguments"] == {"word": {"result": "look.ref"}, "alias": "production"}
    assert last["bounds"]["word"]["version_of"] == "hello"
    assert last["policy"].startswith("ask by the rule 'everything else', 1 approval of any approver")
    assert (
        "work: start_job (starts_job) with name=<first.word>, name only one of 'hello', and wait for its job "
        "[ask by the rule 'everything else', 1 approval of any approver, by what is known now]"
    ) in plan["steps"]
    assert any("leads beyond 0.05 CPU-hours" in line for line in plan["will_not"])
    assert theatre.desk.written == []


async def test_what_is_done_names_playbook_and_step_in_the_audit(theatre: Theatre) -> None:
    digest = (await theatre.played(PLAY, word="hello"))["digest"]
    intents = [
        (row["step"], row["action"]) for row in _rows(theatre, "intent") if row.get("playbook") == digest
    ]
    assert intents == [("first", "write_word"), ("work", "start_job"), ("last", "send_word")]
    applied = [row for row in _rows(theatre, "apply") if row.get("playbook") == digest]
    assert [(row["step"], row["outcome"]) for row in applied] == [
        ("first", "done"),
        ("work", "running"),
        ("last", "done"),
    ]
    assert [row["outcome"] for row in _rows(theatre, "playbook")] == ["done"]
    assert any(f"playbook {digest} step look" == row.get("client") for row in _rows(theatre, "call"))


async def test_driving_it_again_does_nothing(theatre: Theatre) -> None:
    digest = (await theatre.played(PLAY, word="hello"))["digest"]
    again = theatre.caller()
    assert (await again.apply(digest, theatre.principal))["status"] == "done"
    await again.runner.drive(digest)
    assert theatre.desk.written == ["hello", "hello:1"]


async def test_it_waits_without_approval_and_nothing_happens(theatre: Theatre) -> None:
    digest = (await theatre.planned(PLAY, word="hello"))["digest"]
    caller = theatre.caller()
    assert (await caller.apply(digest, theatre.principal))["status"] == "waiting"
    await caller.runner.drive(digest)
    assert theatre.desk.written == []


async def test_a_target_that_moved_after_the_approval_stops_it_with_the_difference(theatre: Theatre) -> None:
    digest = (await theatre.planned(PLAY, word="hello"))["digest"]
    await theatre.approved(digest)
    theatre.desk.revisions["hello"] = "changed"
    with pytest.raises(TargetMoved, match="hello: was absent, is now changed"):
        await theatre.caller().apply(digest, theatre.principal)
    assert theatre.desk.written == []


async def test_a_target_that_moves_between_two_steps_stops_it(theatre: Theatre) -> None:
    text = """
    steps:
      - {id: one, action: write_word, arguments: {word: one}}
      - {id: wait, action: start_job, arguments: {name: wait}}
      - {id: two, action: write_word, arguments: {word: two}}
    budget: {cpu_hours: 1}
    """
    theatre.during = lambda: theatre.desk.revisions.update(two="moved")
    answer = await theatre.played(text)
    assert answer["status"] == "failed"
    assert "stopped at the step two: what was approved has changed: two: was absent" in answer["reason"]
    assert theatre.desk.written == ["one"]
    assert _states(answer) == {"one": "done", "wait": "done", "two": "stopped"}


@pytest.mark.parametrize("end", [JobState.FAILED, JobState.LOST, JobState.CANCELLED])
async def test_a_job_that_does_not_succeed_stops_it(theatre: Theatre, end: JobState) -> None:
    theatre.jobs_end = end
    answer = await theatre.played(PLAY, word="hello")
    assert (answer["status"], answer["reason"]) == ("failed", "stopped at the step work: because")
    assert (answer["result"]["reached"], theatre.desk.written) == ("work", ["hello"])


async def test_a_result_beyond_its_bound_stops_it(theatre: Theatre) -> None:
    theatre.desk.found["hello"] = "other:7"
    answer = await theatre.played(PLAY, word="hello")
    assert answer["reason"] == (
        "stopped at the step last: arguments.word = 'other:7' is no version of hello, which is what was approved"
    )
    assert theatre.desk.written == ["hello"]


async def test_an_answer_that_stays_empty_stops_it(theatre: Theatre) -> None:
    theatre.desk.found["hello"] = None
    answer = await theatre.played(PLAY, word="hello")
    assert "look_up answers nothing for ref, which a later step needs" in answer["reason"]


async def test_a_step_beyond_the_budget_stops_it(theatre: Theatre) -> None:
    text = """
    budget: {cpu_hours: 0.015}
    steps:
      - {id: one, action: start_job, arguments: {name: one}}
      - {id: word, action: write_word, arguments: {word: two}}
      - {id: two, action: start_job, arguments: {name: {result: word.word}}}
    """
    answer = await theatre.played(text)
    assert "stopped at the step two: it is estimated at 0.01 cpu_hours, 0.01 were spent" in answer["reason"]
    assert len(theatre.backend.submitted) == 1


async def test_a_budget_that_the_known_steps_exceed_is_refused_at_planning(theatre: Theatre) -> None:
    text = """
    budget: {cpu_hours: 0.005}
    steps:
      - {id: one, action: start_job, arguments: {name: one}}
    """
    with pytest.raises(NotAllowed, match=r"estimated at 0.01 cpu_hours, and its budget is 0.005"):
        await theatre.planned(text)


CHOICES = """
inputs:
  word: {type: string, description: A word., min_length: 0, pattern: "[a-z]*", default: ""}
steps:
  - {id: one, action: write_word, arguments: {word: one}}
  - {id: maybe, action: write_word, when: {input: word, none_of: [""]}, arguments: {word: {input: word}}}
  - {id: after, action: write_word, arguments: {word: {result: maybe.word}}}
  - {id: long, action: write_word, when: {result: one.length, at_least: 9}, arguments: {word: long}}
  - {id: end, action: look_up, arguments: {word: end}, require: {field: ref, one_of: ["end:1"]}}
"""


async def test_a_step_is_left_out_by_inputs_results_and_what_it_rests_on(theatre: Theatre) -> None:
    answer = await theatre.played(CHOICES)
    assert _states(answer) == {
        "one": "done",
        "maybe": "skipped",
        "after": "skipped",
        "long": "skipped",
        "end": "done",
    }
    assert theatre.desk.written == ["one"]


async def test_a_requirement_that_does_not_hold_stops_it(theatre: Theatre) -> None:
    theatre.desk.found["end"] = "end:2"
    answer = await theatre.played(CHOICES, word="word")
    assert "ref is 'end:2', and the playbook goes on only otherwise" in answer["reason"]
    assert theatre.desk.written == ["one", "word", "word"]


EACH = """
inputs:
  words:
    type: list
    description: Words.
    max_items: 5
    items: {type: string, description: One., pattern: "[a-z]+"}
steps:
  - {id: each, action: write_word, for_each: words, arguments: {word: {item: words}}}
"""


async def test_a_step_is_done_for_each_item_of_a_list(theatre: Theatre) -> None:
    answer = await theatre.played(EACH, words=["a", "b", "c"])
    assert _states(answer) == {"each[a]": "done", "each[b]": "done", "each[c]": "done"}
    assert theatre.desk.written == ["a", "b", "c"]
    with pytest.raises(InvalidArguments, match="'a' stands there twice"):
        await theatre.planned(EACH, words=["a", "a"])


async def test_inputs_that_do_not_fit_are_told_field_by_field(theatre: Theatre) -> None:
    with pytest.raises(InvalidArguments, match=r"inputs.word = 'NO'.*\n.*inputs.wrong"):
        await theatre.planned(PLAY, word="NO", wrong=1)
    with pytest.raises(InvalidArguments, match=r"inputs.word: is required"):
        await theatre.planned(PLAY)


@pytest.mark.parametrize(
    "value",
    [
        "../../etc/passwd",
        "{{ config }}",
        "$(touch x)",
        "{result: look.ref}",
        {"result": "look.ref"},
        ["hello"],
        "hel\nlo",
        "he\u200bllo",
        "һello",
        "h" * 100_000,
        7,
    ],
)
async def test_an_input_is_a_value_and_never_a_reference_a_path_or_a_template(
    theatre: Theatre, value: Any
) -> None:
    loose = PLAY.replace('pattern: "[a-z]+"', "max_length: 50")
    if value in ("{{ config }}", "$(touch x)", "{result: look.ref}"):
        answer = await theatre.planned(loose, word=value)
        assert answer["plan"]["details"]["steps"][0]["arguments"]["word"] == value
        return
    with pytest.raises(InvalidArguments, match=r"inputs\.word"):
        await theatre.planned(loose, word=value)


STRICT = """
version: 1
rules:
  - {name: sending, actions: send_word, verdict: ask, approval: {approvers: ["user:ben", "user:eve"], count: 2}}
  - {name: writing, actions: write_word, verdict: allow}
  - {name: jobs, actions: start_job, verdict: allow}
  - {name: playbooks, actions: run_playbook, verdict: VERDICT}
"""


@pytest.mark.parametrize("verdict", ["allow", "ask"])
async def test_the_whole_asks_for_what_its_strictest_step_asks_for(theatre: Theatre, verdict: str) -> None:
    theatre.policy = policy(STRICT.replace("VERDICT", verdict))
    digest = (await theatre.planned(PLAY, word="hello"))["digest"]
    await theatre.approved(digest)
    caller = theatre.caller()
    standing = await caller.apply(digest, theatre.principal)
    assert (standing["status"], standing["approval"]["missing"]) == ("waiting", 1)
    await theatre.approved(digest, by="eve")
    await caller.apply(digest, theatre.principal)
    await caller.runner.drive(digest)
    assert (await caller.planned(digest, theatre.principal))["status"] == "done"


async def test_a_denied_step_is_refused_at_planning_with_the_rule(theatre: Theatre) -> None:
    theatre.policy = policy(
        """
        version: 1
        rules:
          - {name: no sending, actions: send_word, verdict: deny}
          - {name: the rest, verdict: allow}
        """
    )
    with pytest.raises(NotAllowed, match=r"step last cannot be: the rule 'no sending' denies it"):
        await theatre.planned(PLAY, word="hello")


async def test_a_policy_that_asks_for_more_at_the_step_stops_it(theatre: Theatre) -> None:
    digest = (await theatre.planned(PLAY, word="hello"))["digest"]
    await theatre.approved(digest)
    await theatre.caller().apply(digest, theatre.principal)
    theatre.policy = policy(STRICT.replace("VERDICT", "allow"))
    caller = theatre.caller()
    await caller.runner.drive(digest)
    answer = await caller.planned(digest, theatre.principal)
    assert "send_word takes 2 approvals of user:default/ben or user:default/eve" in answer["reason"]
    assert theatre.desk.written == ["hello"]


async def test_a_step_is_not_applied_from_outside_by_the_approval_of_the_whole(theatre: Theatre) -> None:
    theatre.jobs_end = JobState.RUNNING
    digest = (await theatre.planned(PLAY, word="hello"))["digest"]
    await theatre.approved(digest)
    caller = theatre.caller()
    await caller.apply(digest, theatre.principal)
    caller.runner.pause = _stop(caller)
    await caller.runner.drive(digest)
    own = [plan for plan in await caller.plans(theatre.principal) if plan["action"] == "write_word"]
    assert [plan["status"] for plan in own] == ["done"]
    fresh = await caller.call("write_word", {"word": "hello"}, theatre.principal)
    assert (await caller.apply(fresh["digest"], theatre.principal))["status"] == "waiting"


def _stop(caller: Any) -> Any:
    async def pause(_seconds: float) -> None:
        caller.runner.stop()

    return pause


async def test_a_runner_that_stops_leaves_it_to_the_next_one(theatre: Theatre) -> None:
    digest = (await theatre.planned(PLAY, word="hello"))["digest"]
    await theatre.approved(digest)
    caller = theatre.caller()
    await caller.apply(digest, theatre.principal)
    caller.runner.pause = _stop(caller)
    await caller.runner.drive(digest)
    standing = await caller.planned(digest, theatre.principal)
    assert (standing["status"], standing["result"]["reached"]) == ("running", "work")
    following = theatre.caller()
    assert theatre.state.playbooks.free() == (digest,)
    await following.runner.drive(digest)
    assert (await following.planned(digest, theatre.principal))["status"] == "done"
    assert (theatre.desk.written, len(theatre.backend.submitted)) == (["hello", "hello:1"], 1)


async def test_cancelling_ends_the_running_job_and_no_step_follows(theatre: Theatre) -> None:
    digest = (await theatre.planned(PLAY, word="hello"))["digest"]
    await theatre.approved(digest)
    caller = theatre.caller()
    await caller.apply(digest, theatre.principal)
    caller.runner.pause = _stop(caller)
    await caller.runner.drive(digest)
    plan = await caller.call("cancel_playbook", {"digest": digest}, theatre.principal)
    assert plan["approval"]["rule"] == "own jobs"
    ended = await caller.apply(plan["digest"], theatre.principal)
    (job,) = theatre.backend.submitted
    assert ended["result"] == {"digest": digest, "jobs": [job]}
    assert theatre.backend.status(job).state is JobState.CANCELLED
    following = theatre.caller()
    await following.runner.drive(digest)
    answer = await following.planned(digest, theatre.principal)
    assert (answer["status"], answer["reason"]) == ("failed", "cancelled by user:default/ada")
    assert theatre.desk.written == ["hello"]
    with pytest.raises(TargetMoved, match="has ended already: failed"):
        await following.call("cancel_playbook", {"digest": digest}, theatre.principal)


async def test_another_principals_playbook_cannot_be_cancelled(theatre: Theatre) -> None:
    digest = (await theatre.played(PLAY, word="hello"))["digest"]
    bob = theatre.principal.model_copy(update={"ref": "user:default/bob"})
    with pytest.raises(PlanMissing):
        await theatre.caller().call("cancel_playbook", {"digest": digest}, bob)


async def test_a_scope_that_is_missing_is_refused_with_the_step(theatre: Theatre) -> None:
    theatre.principal = theatre.principal.model_copy(
        update={"scopes": theatre.principal.scopes - {"jobs:launch"}}
    )
    with pytest.raises(
        NotAllowed, match="step work cannot be: user:default/ada lacks the scope 'jobs:launch'"
    ):
        await theatre.planned(PLAY, word="hello")


SENDING = """
steps:
  - {id: one, action: VERB, arguments: {word: one}}
  - {id: two, action: write_word, arguments: {word: two}}
"""


async def _cut_off(theatre: Theatre, verb: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A playbook whose process was gone after its first effect and before the outcome was stored, then taken up."""
    digest = (await theatre.planned(SENDING.replace("VERB", verb)))["digest"]
    await theatre.approved(digest)
    caller = theatre.caller()
    await caller.apply(digest, theatre.principal)
    with monkeypatch.context() as patched:
        for module in ("plans", "playbooks"):
            patched.setattr(f"tools.state.{module}.this_process", lambda: "999999@1.gone")
        patched.setattr("tools.state.plans.Plans.finish", _gone)
        with pytest.raises(_Gone):
            await caller.runner.drive(digest)
    following = theatre.caller()
    following.reconcile()
    await following.runner.drive(digest)
    return await following.planned(digest, theatre.principal)


class _Gone(BaseException):
    """Stands for a process that is gone."""


def _gone(*_arguments: Any, **_options: Any) -> None:
    raise _Gone


async def test_an_effect_that_was_cut_off_is_not_repeated_unless_its_action_says_so(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await _cut_off(theatre, "send_word", monkeypatch)
    assert (answer["status"], _states(answer)) == ("failed", {"one": "stopped", "two": "waiting"})
    assert "the process that applied it ended before it had finished" in answer["reason"]
    assert theatre.desk.written == ["one"]


async def test_a_repeatable_effect_that_was_cut_off_is_found_done_and_the_playbook_goes_on(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await _cut_off(theatre, "write_word", monkeypatch)
    assert (answer["status"], theatre.desk.written) == ("done", ["one", "two"])
    repeated = [row for row in _rows(theatre, "intent") if row.get("repeated")]
    assert [(row["action"], row["step"]) for row in repeated] == [("write_word", "one")]


async def test_what_another_process_holds_is_left_to_it(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = (await theatre.planned(PLAY, word="hello"))["digest"]
    await theatre.approved(digest)
    await theatre.caller().apply(digest, theatre.principal)
    assert theatre.state.playbooks.take(digest)
    monkeypatch.setattr("tools.state.playbooks.this_process", lambda: "1@2.other")
    assert theatre.state.playbooks.free() == ()
    await theatre.caller().runner.drive(digest)
    assert theatre.desk.written == []


async def test_a_limit_that_is_used_up_is_waited_for(theatre: Theatre) -> None:
    text = """
    budget: {cpu_hours: 1}
    steps:
      - {id: one, action: start_job, wait_for_job: false, arguments: {name: one}}
      - {id: two, action: start_job, arguments: {name: two}}
    """
    theatre.policy = policy(
        """
        version: 1
        rules: [{name: asked, verdict: ask}]
        limits: [{name: few, concurrent_jobs: 1}]
        """
    )
    answer = await theatre.played(text)
    assert (answer["status"], len(theatre.backend.submitted)) == ("done", 2)
    waited = [row for row in _rows(theatre, "apply") if row.get("outcome") == "limit_reached"]
    assert {row["step"] for row in waited} == {"two"}


async def test_a_playbook_that_was_saved_under_way_is_not_taken_up_where_it_is_restored(
    theatre: Theatre, tmp_path: Path
) -> None:
    digest = (await theatre.planned(PLAY, word="hello"))["digest"]
    await theatre.approved(digest)
    await theatre.caller().apply(digest, theatre.principal)
    backup(theatre.folder, tmp_path / "saved.tar.gz")
    restore(tmp_path / "saved.tar.gz", tmp_path / "elsewhere")
    state = State.open(tmp_path / "elsewhere" / "state.db")
    try:
        row = state.plans.get(digest, principal=None)
        assert (row.status, state.playbooks.free()) == ("lost", ())
        assert "under way when this backup was made" in row.reason
    finally:
        state.close()
