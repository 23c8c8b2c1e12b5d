"""What was done to X, by whom, in July; refusals included."""

import logging
from dataclasses import dataclass
from typing import Any

import pytest

from tests.tools.conftest import Clock
from tools import Actions, Principal
from tools.audit import Audit, Wanted
from tools.call import Caller
from tools.errors import InvalidArguments, NotAllowed, NotFound, UnknownAction
from tools.fakes import FakePorts
from tools.policy import Asked, Decision, Verdict
from tools.state import State

SECRETS = ("ghp_" + "a" * 36, "AKIA" + "B" * 16, "eyJhbGciOiJI." + "eyJzdWIiOiJh." + "c2lnbmF0dXJl")


@pytest.fixture
def auditor() -> Principal:
    return Principal(ref="user:default/olga", scopes=frozenset({"audit:read"}), door="cli")


def rows(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(row["kind"], row["action"], row["outcome"]) for row in answer["items"]]


async def test_everything_done_through_a_plan_is_found_by_its_digest(
    caller: Caller, ada: Principal, auditor: Principal
) -> None:
    digest = (await caller.call("refresh_index", {}, ada))["digest"]
    await caller.apply(digest, ada)
    found = await caller.call("query_audit", {"target": digest}, auditor)
    assert rows(found) == [
        ("apply", "refresh_index", "done"),
        ("intent", "refresh_index", ""),
        ("call", "refresh_index", "planned"),
    ]
    assert {row["principal"] for row in found["items"]} == {ada.ref}


async def test_a_thing_is_found_by_reference_and_by_name_and_no_other_is(
    caller: Caller, ada: Principal, auditor: Principal
) -> None:
    for name in ("component:default/ranker", "component:ranker", "resource:default/ranker"):
        await caller.call("describe_entity", {"entity": name}, ada)
    by_ref = await caller.call("query_audit", {"target": "component:default/ranker"}, auditor)
    by_name = await caller.call("query_audit", {"target": "ranker", "action": "describe_entity"}, auditor)
    assert (len(by_ref["items"]), len(by_name["items"])) == (2, 3)
    assert (await caller.call("query_audit", {"target": "component:ranker-2"}, auditor))["items"] == []


async def test_a_name_that_nobody_resolved_counts_for_every_reference_of_it(
    caller: Caller, ada: Principal, auditor: Principal
) -> None:
    with pytest.raises(NotFound):
        await caller.call("describe_entity", {"entity": "night-index"}, ada)
    found = await caller.call("query_audit", {"target": "component:default/night-index"}, auditor)
    assert rows(found) == [("call", "describe_entity", "not_found")]


@pytest.mark.parametrize("named", ["knn:1", "model:knn:1", "knn", "model:knn", "KNN"])
async def test_a_version_of_a_model_is_found_by_it_and_by_the_model(
    caller: Caller, ada: Principal, auditor: Principal, audit: Audit, named: str
) -> None:
    audit.append(
        {"kind": "intent", "action": "promote_model", "targets": ["model:knn@production", "model:knn:1"]}
    )
    audit.append(
        {"kind": "intent", "action": "promote_model", "targets": ["model:knn-2@production", "model:knn-2:1"]}
    )
    found = await caller.call("query_audit", {"target": named}, auditor)
    assert [row["targets"] for row in found["items"]] == [["model:knn@production", "model:knn:1"]]
    moved = await caller.call("query_audit", {"target": "knn@production"}, auditor)
    assert moved["items"] == found["items"]


async def test_what_was_done_for_somebody_is_found_whoever_did_it(
    caller: Caller, ada: Principal, auditor: Principal
) -> None:
    agent = Principal(ref="service:default/agent", scopes=ada.scopes, on_behalf_of=ada.ref)
    await caller.call("query_catalog", {}, ada)
    digest = (await caller.call("refresh_index", {}, agent))["digest"]
    await caller.apply(digest, agent)
    for who in ("user:default/ada", "ADA"):
        found = await caller.call("query_audit", {"on_behalf_of": who}, auditor)
        assert [(row["kind"], row["principal"], row["on_behalf_of"]) for row in found["items"]] == [
            ("apply", agent.ref, ada.ref),
            ("intent", agent.ref, ada.ref),
            ("call", agent.ref, ada.ref),
            ("call", ada.ref, ""),
        ]
    assert (await caller.call("query_audit", {"on_behalf_of": "da"}, auditor))["items"] == []


async def test_a_plan_is_found_by_what_it_touches(caller: Caller, ada: Principal, auditor: Principal) -> None:
    await caller.call("refresh_index", {}, ada)
    found = await caller.call("query_audit", {"target": "docs"}, auditor)
    assert found["items"][0]["targets"] == ["docs"]


async def test_months_days_and_times_bound_what_is_found(
    caller: Caller, ada: Principal, auditor: Principal, clock: Clock
) -> None:
    for at in (1_783_000_000, 1_784_000_000, 1_786_000_000):  # 2 July, 14 July and 6 August 2026
        clock.now = float(at)
        await caller.call("query_catalog", {}, ada)

    async def found(**bounds: str) -> list[str]:
        answer = await caller.call("query_audit", {"principal": "ada", **bounds}, auditor)
        return [row["at"][:10] for row in answer["items"]]

    assert await found(since="2026-07", until="2026-07") == ["2026-07-14", "2026-07-02"]
    assert await found(since="2026-07-14") == ["2026-08-06", "2026-07-14"]
    assert await found(until="2026-07-02") == ["2026-07-02"]
    assert await found(since="2026-07-14T03:00", until="2026-07-14T04:00Z") == ["2026-07-14"]
    with pytest.raises(InvalidArguments, match="'July' is no date; write a month"):
        await found(since="July")


async def test_what_was_refused_is_found_with_its_reason(
    caller: Caller, auditor: Principal, audit: Audit
) -> None:
    nobody = Principal(ref="user:default/mallory", door="rest")
    with pytest.raises(NotAllowed):
        await caller.call("refresh_index", {}, nobody)
    with pytest.raises(UnknownAction):
        await caller.call("drop_everything", {"table": "plans"}, nobody)
    caller.refused("login", nobody, reason="it is none of the server's tokens")
    found = await caller.call("query_audit", {"kind": "denied"}, auditor)
    assert rows(found) == [("login", "", "denied"), ("call", "refresh_index", "not_allowed")]
    assert "needs the scope 'index:write'" in found["items"][1]["reason"]
    unknown = await caller.call("query_audit", {"outcome": "unknown_action"}, auditor)
    assert unknown["items"][0]["arguments"] == '{"table":"plans"}'


async def test_without_the_scope_only_ones_own_rows_are_shown(
    caller: Caller, ada: Principal, bob: Principal
) -> None:
    await caller.call("query_catalog", {}, ada)
    await caller.call("query_catalog", {}, bob)
    found = await caller.call("query_audit", {}, bob)
    assert found["only_own"] is True
    assert {row["principal"] for row in found["items"]} == {bob.ref}
    with pytest.raises(NotFound, match="no row 1 that you may see"):
        await caller.call("query_audit", {"row": 1}, bob)


async def test_a_cursor_leads_to_every_row_once(caller: Caller, ada: Principal, auditor: Principal) -> None:
    for _ in range(7):
        await caller.call("query_catalog", {}, ada)
    asked: dict[str, Any] = {"principal": ada.ref, "limit": 3}
    seen: list[int] = []
    while True:
        part = await caller.call("query_audit", asked, auditor)
        seen += [row["number"] for row in part["items"]]
        if part["next_before"] is None:
            break
        asked["before"] = part["next_before"]
    assert seen == [7, 6, 5, 4, 3, 2, 1]


async def test_text_is_found_in_any_case_and_script(
    caller: Caller, ada: Principal, auditor: Principal
) -> None:
    await caller.call("search_docs", {"question": "Größe des Index"}, ada)
    for text in ("größe des index", "DES INDEX"):
        found = await caller.call("query_audit", {"text": text, "action": "search_docs"}, auditor)
        assert len(found["items"]) == 1, text


async def test_rows_of_an_older_version_are_found_and_the_index_can_be_made_anew(
    caller: Caller, audit: Audit, auditor: Principal
) -> None:
    for number in range(5):
        audit.append({"kind": "call", "principal": "user:default/ada", "arguments": {"entity": f"e{number}"}})
    audit.reindex()
    assert len((await caller.call("query_audit", {"target": "e3"}, auditor))["items"]) == 1
    assert audit.verify().intact


@pytest.mark.parametrize("secret", SECRETS)
async def test_what_has_the_shape_of_a_secret_stays_out_of_the_audit(
    caller: Caller, ada: Principal, audit: Audit, secret: str
) -> None:
    await caller.call("search_docs", {"question": f"why does {secret} not work, password=hunter22"}, ada)
    with pytest.raises(NotFound) as caught:
        await caller.call("describe_entity", {"entity": f"x-{secret}"[:200]}, ada)
    assert caught.value is not None
    kept = str([entry.body for entry in audit.entries()])
    assert "hunter22" not in kept
    assert secret not in kept


async def test_huge_arguments_leave_a_small_row(caller: Caller, ada: Principal, audit: Audit) -> None:
    huge = {f"field{number}": ["x" * 900] * 100 for number in range(90)}
    with pytest.raises(InvalidArguments):
        await caller.call("search_docs", {"question": "q", **huge}, ada)
    (entry,) = audit.entries()
    assert len(str(entry.body)) < 20_000


def test_the_head_is_told_to_the_log_once_a_day(audit: Audit, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="tools.audit.store"):
        first = audit.append({"number": 1})
        audit.append({"number": 2})
    assert [record.getMessage() for record in caplog.records] == [f"audit anchor 1:{first.hash}"]


@dataclass(frozen=True)
class Denying:
    """A policy that denies everything, reads too."""

    about_reads: bool = True

    def decide(self, asked: Asked) -> Decision:
        return Decision(Verdict.DENY, "closed on Sundays", f"{asked.action} rests")

    def may_approve(self, approver: Principal, asked: Asked, decision: Decision) -> str:
        return "nobody may"


async def test_a_denial_is_recorded_with_its_rule_also_where_the_caller_is_told_of_nothing(
    *, actions: Actions, ports: FakePorts, state: State, audit: Audit, ada: Principal
) -> None:
    caller = Caller(actions, ports, state, audit, policy=Denying())
    with pytest.raises(NotAllowed, match="closed on Sundays"):
        await caller.call("refresh_index", {}, ada)
    with pytest.raises(NotFound) as hidden:
        await caller.call("describe_entity", {"entity": "component:default/ranker"}, ada)
    assert "Sundays" not in str(hidden.value)
    found = audit.find(Wanted(kind="denied")).rows
    assert [(row.body["action"], row.body["decision"], row.body["rule"]) for row in found] == [
        ("describe_entity", "deny", "closed on Sundays"),
        ("refresh_index", "deny", "closed on Sundays"),
    ]
