"""What rules decide: the first that fits, and a denial where none does or where something cannot be told."""

from typing import Any

import pytest

from tests.tools.policy.conftest import ADA, CI, Decide, asked, rulebook
from tools.effect import Effect
from tools.policy import Verdict

_ONE_RULE = "version: 1\nrules:\n  - {{name: only, verdict: allow, {}}}"


def only(rest: str) -> str:
    return _ONE_RULE.format(rest)


def test_the_first_rule_that_fits_decides(decide: Decide) -> None:
    text = """
version: 1
rules:
  - {name: staging, actions: promote_model, arguments: {alias: {one_of: staging}}, verdict: allow}
  - {name: promotions, actions: promote_model, verdict: ask, approval: {approvers: group:ranking, count: 2}}
  - {name: never, verdict: deny, because: nothing else is done here}
"""
    assert decide(text, "promote_model", {"alias": "staging"}).rule == "staging"
    promotion = decide(text, "promote_model", {"alias": "production"})
    assert (promotion.verdict, promotion.rule) == (Verdict.ASK, "promotions")
    assert str(promotion.approval) == "2 approvals of group:default/ranking"
    other = decide(text, "refresh_index")
    assert (other.verdict, other.reason) == (Verdict.DENY, "nothing else is done here")


def test_what_fits_no_rule_is_denied_when_it_has_an_effect_and_a_read_is_not(decide: Decide) -> None:
    text = only("who: user:bob")
    for effect in Effect:
        decision = decide(text, "some_action", effect=effect)
        expected = Verdict.ALLOW if effect is Effect.READS else Verdict.DENY
        assert decision.verdict is expected


@pytest.mark.parametrize(
    ("who", "ref", "fits"),
    [
        ("everyone", CI, True),
        ("users", ADA, True),
        ("users", CI, False),
        ("services", CI, True),
        ("services", ADA, False),
        ("user:ada", ADA, True),
        ("user:default/ada", "user:other/ada", False),
        ("group:ranking", ADA, True),
        ("group:org", ADA, True),
        ("group:search", ADA, False),
        ("group:ranking", "user:default/unknown", False),
        ("service:ci", CI, True),
        ("service:ci", "user:default/ci", False),
        ("[user:bob, group:org]", ADA, True),
    ],
)
def test_who_is_a_user_a_group_with_those_below_it_or_a_service(
    decide: Decide, who: str, ref: str, fits: bool
) -> None:
    assert (decide(only(f"who: {who}"), who=ref).verdict is Verdict.ALLOW) is fits


@pytest.mark.parametrize(
    ("condition", "value", "fits"),
    [
        ("{one_of: [staging, canary]}", "canary", True),
        ("{one_of: [staging, canary]}", "production", False),
        ("{one_of: [1, 2]}", 2, True),
        ("{one_of: true}", True, True),
        ("{one_of: true}", False, False),
        ("{pattern: '[a-z]+-v[0-9]+'}", "ranker-v2", True),
        ("{pattern: '[a-z]+-v[0-9]+'}", "ranker-v2; rm -rf /", False),
        ("{pattern: '[a-z]+'}", "ranker\n", False),
        ("{pattern: 'ranker|feed'}", "ranker-2", False),
        ("{pattern: '(a+)+b'}", "a" * 999, False),  # a minute and more where a pattern is tried in every way
        ("{at_most: 4}", 4, True),
        ("{below: 4}", 4, False),
        ("{at_least: 1, at_most: 4}", 0.5, False),
        ("{above: 1}", 2, True),
        ("{owned_by: own_team}", "component:default/ranker", True),
        ("{owned_by: own_team}", "component:default/search", False),
        ("{owned_by: own_team}", "group:default/ranking", True),
        ("{owned_by: own_team}", "group:default/search", False),
        ("{owned_by: self}", ADA, True),
        ("{owned_by: self}", "group:default/ranking", False),
        ("{owned_by: group:search}", "component:default/search", True),
        ("{one_of: [staging]}", ["staging", "staging"], True),
        ("{one_of: [staging]}", [], False),
        ("{one_of: [staging]}", None, False),
    ],
)
def test_arguments_are_matched_by_value_range_pattern_and_owner(
    decide: Decide, condition: str, value: Any, fits: bool
) -> None:
    decision = decide(only(f"arguments: {{it: {condition}}}"), arguments={"it": value})
    assert (decision.rule == "only") is fits
    assert decision.rule in {"only", "no rule"}


@pytest.mark.parametrize(
    ("condition", "value", "said"),
    [
        ("{at_most: 4}", "four", "'four' is no number"),
        ("{at_most: 4}", float("nan"), "nan is no number"),
        ("{at_most: 4}", True, "True is no number"),
        ("{one_of: [staging]}", 3, "3 is not the kind of value"),
        ("{one_of: [staging]}", "Staging", "differs only in letter case"),
        ("{one_of: [staging]}", "ѕtaging", "CYRILLIC SMALL LETTER DZE"),
        ("{one_of: [staging]}", "ｓtaging", "it reads as 'staging', which is another name"),
        ("{pattern: '.*'}", "stagi\u200bng", "ZERO WIDTH SPACE"),
        ("{pattern: '.*'}", "a" * 2_000, "longer than 1,000 characters"),
        ("{one_of: [staging]}", ["staging", "production"], "only some of"),
        ("{owned_by: own_team}", "component:default/nothing", "names no entities"),
        ("{owned_by: own_team}", "component:default/rankеr", "CYRILLIC SMALL LETTER IE"),
    ],
)
@pytest.mark.parametrize("verdict", ["allow", "deny"])
def test_what_cannot_be_told_is_denied_whatever_the_rule_would_say(
    decide: Decide, condition: str, value: Any, said: str, verdict: str
) -> None:
    text = f"""
version: 1
rules:
  - {{name: careful, arguments: {{it: {condition}}}, verdict: {verdict}}}
  - {{name: the rest, verdict: allow}}
"""
    decision = decide(text, arguments={"it": value})
    assert (decision.verdict, decision.rule) == (Verdict.DENY, "error")
    assert "rule 'careful'" in decision.reason
    assert said in decision.reason


def test_a_principal_whose_name_looks_like_another_is_denied_even_where_everyone_may(decide: Decide) -> None:
    decision = decide(only("who: everyone"), who="user:default/аda")
    assert decision.verdict is Verdict.DENY
    assert "U+0430 CYRILLIC SMALL LETTER A" in decision.reason


def test_a_directory_that_cannot_be_asked_denies_and_tells_no_secret() -> None:
    class Broken:
        def teams(self, principal: object) -> frozenset[str]:
            raise ConnectionError("password=hunter2")

        groups = teams

        def owner(self, text: str, principal: object) -> str:
            raise ConnectionError("password=hunter2")

    for rest in ("who: group:ranking", "arguments: {it: {owned_by: own_team}}"):
        decision = rulebook(only(rest), Broken()).decide(asked(arguments={"it": "component:default/ranker"}))
        assert (decision.verdict, decision.rule) == (Verdict.DENY, "error")
        assert "ConnectionError" in decision.reason
        assert "hunter2" not in decision.reason


def test_the_catalog_is_not_asked_by_rules_that_need_no_group(decide: Decide) -> None:
    text = only("who: [user:ada, group:ranking]")
    assert rulebook(text, object()).decide(asked()).verdict is Verdict.ALLOW


def test_a_rule_about_cost_denies_what_was_not_planned(decide: Decide) -> None:
    text = only("plan: {estimate.cpu_hours: {at_most: 4}}")
    assert decide(text, cpu_hours=4.0).verdict is Verdict.ALLOW
    assert decide(text, cpu_hours=4.1).verdict is Verdict.DENY
    unplanned = asked()
    object.__setattr__(unplanned, "plan", None)
    assert "nothing was planned yet" in rulebook(text).decide(unplanned).reason


def test_a_scope_that_a_rule_asks_for_has_to_be_held(decide: Decide) -> None:
    text = only("scopes: [jobs:at-once]")
    assert decide(text).verdict is Verdict.DENY
    assert decide(text, scopes=frozenset({"jobs:at-once"})).verdict is Verdict.ALLOW


def test_nested_arguments_are_reached_by_their_path(decide: Decide) -> None:
    text = only("arguments: {config.factors: {at_most: 64}}")
    assert decide(text, arguments={"config": {"factors": 64}}).verdict is Verdict.ALLOW
    others: tuple[dict[str, Any], ...] = ({"config": {"factors": 65}}, {"config": {}}, {"config": 3}, {})
    for arguments in others:
        assert decide(text, arguments=arguments).verdict is Verdict.DENY


def test_a_service_never_approves_and_four_eyes_are_two_people() -> None:
    policy = rulebook("""
version: 1
rules:
  - name: promotions
    verdict: ask
    approval: {approvers: [group:ranking, services], four_eyes: true}
""")
    request = asked()
    decision = policy.decide(request)
    refs = {
        "service:default/ci": "is a service",
        ADA: "planned it",
        "user:default/eve": "is not among group:default/ranking or services",
    }
    for ref, why in refs.items():
        approver = request.principal.model_copy(update={"ref": ref})
        assert why in policy.may_approve(approver, request, decision)
    by_bob = asked(who="user:default/bob")
    assert policy.may_approve(request.principal, by_bob, decision) == ""
