"""Policy files: the shipped one fits the shipped actions, and what is wrong in one is told with its place."""

from pathlib import Path

import pytest

from tools import Actions
from tools.errors import PolicyInvalid
from tools.jobs.desk import SMALL
from tools.policy.reading import check, parsed, read, shipped

_RULE = "version: 1\nrules:\n  - {{name: mine, verdict: ask, {}}}"


def test_the_shipped_policy_fits_the_shipped_actions(actions: Actions) -> None:
    check(shipped(), actions)
    small = shipped().file.rules[0]
    assert small.plan["estimate.cpu_hours"].below == SMALL  # jobs are stopped there


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "where a mapping with version and rules is expected"),
        ("rules: [", "it is no YAML"),
        ("version: 2\nrules: [{name: a, verdict: ask}]", "version: 2: input should be 1"),
        ("version: 1\nrules: []", "there are no rules"),
        ("version: 1\nrules: [&a {name: a, verdict: ask}, *a]", "line 2: the alias *a"),
        ("version: 1\nrules: [{name: a, name: b, verdict: ask}]", "line 2: the key 'name' stands here twice"),
        ("version: 1\nrules: [{name: a, verdict: ask}, {name: a, verdict: deny}]", "the name 'a'"),
        (_RULE.format("who: grup:ranking"), "rule 1 'mine', who.0: 'grup:ranking' names nobody"),
        (_RULE.format("who: user:аda"), "CYRILLIC SMALL LETTER A"),
        (_RULE.format("whom: user:ada"), "rule 1 'mine', whom: 'user:ada': extra inputs"),
        (_RULE.format("effects: writing"), "rule 1 'mine', effects.0: 'writing'"),
        (_RULE.format("effects: [reads, writes]"), "a read is not approved"),
        (_RULE.format("arguments: {a: {}}"), "rule 1 'mine', arguments.a: demands nothing"),
        (_RULE.format("arguments: {a: {below: no}}"), "arguments.a.below: false is no number"),
        (_RULE.format("arguments: {a: {below: .nan}}"), "arguments.a.below: nan is no finite number"),
        (_RULE.format("arguments: {a: {pattern: '('}}"), "'(' is no regular expression"),
        (_RULE.format("arguments: {a: {pattern: '(?=a)b'}}"), "without look-around"),
        (_RULE.format("arguments: {a: {pattern: 'a)|(b'}}"), "'a)|(b' is no regular expression"),
        (_RULE.format("arguments: {a: {owned_by: services}}"), "'services' owns nothing"),
        (_RULE.format("plan: {cost: {at_most: 1}}"), "'cost' is nothing of a plan"),
        (_RULE.format("approval: {count: 0}"), "approval.count: 0:"),
        (_RULE.format("approval: {count: two}"), "approval.count: 'two'"),
        ("version: 1\nrules: [{name: a, verdict: allow, approval: {count: 2}}]", "write verdict: ask"),
        (_RULE.format("effects: []"), "rule 1 'mine', effects"),
    ],
)
def test_what_is_wrong_is_told_with_file_rule_field_and_value(text: str, said: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parsed(text, name="home/policy.yaml")
    assert said in str(caught.value)
    assert str(caught.value).startswith("home/policy.yaml: ")


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("actions: launch_trainin", "'launch_trainin' is no action; there are ask, "),
        ("actions: search_docs", "'search_docs' has the effect reads, and the rule's effects are"),
        ("actions: cancel_job, arguments: {alias: {one_of: a}}", "cancel_job takes no 'alias'; it takes job"),
    ],
)
def test_a_rule_about_what_there_is_not_is_refused(actions: Actions, rest: str, said: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        check(parsed(_RULE.format(rest), name="policy.yaml"), actions)
    assert said in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match=r"the policy .*gone\.yaml cannot be read: No such file"):
        read(tmp_path / "gone.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"\xe9")
    with pytest.raises(PolicyInvalid, match=r"latin\.yaml cannot be read: it is not UTF-8"):
        read(tmp_path / "latin.yaml")
