"""`cuebook policy` and `cuebook grants`: what the policy says, and approvals in advance."""

from pathlib import Path

import pytest

from tests.server.cli.conftest import Cuebook, Person
from tests.server.cli.test_approving import SECRET

_TRAINING = '{"name": "tiny", "model": "popularity"}'
_POLICY = """\
version: 1
approval: {approvers: [user:ada, user:bob]}
rules:
  - {name: no folders, actions: scaffold_training_job, verdict: deny, because: folders come from the template}
  - {name: jobs, effects: starts_job, verdict: ask, because: a person looks at each}
"""
_GRANT = (
    *("grants", "add", "--who", "user:local", "--action", "launch_training", "--count", "2"),
    *("--expires", "30d", "--arguments", '{"name": {"pattern": "tin[a-z]"}}', "--note", "nightly"),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (home / "policy.yaml").write_text(_POLICY)
    return home


@pytest.fixture
def person(cheap_hashes: None, person: Person, home: Path, cuebook: Cuebook) -> Person:
    """At the terminal, in a home with a policy and an approver named ada."""
    person.answers = [SECRET, SECRET]
    assert cuebook("approvers", "add", "ada").code == 0
    return person


def test_a_call_is_explained_by_its_rule_and_who_could_approve(cuebook: Cuebook, person: Person) -> None:
    assert person.answers == []
    asked = cuebook("policy", "explain", "user:eve", "launch_training", _TRAINING)
    assert asked.out.splitlines() == [
        "ask: launch_training by user:default/eve",
        "  rule           jobs",
        "  because        a person looks at each",
        "  takes          1 approval of user:default/ada or user:default/bob",
        "  could approve  user:default/ada",
    ]
    folder = '{"name": "tiny", "owner": "group:default/x"}'
    denied = cuebook("policy", "explain", "local", "scaffold_training_job", folder, "--json").json
    assert (denied["verdict"], denied["rule"]) == ("deny", "no folders")
    assert denied["could_approve"] == []
    nothing = cuebook("policy", "explain", "service:ci", "refresh_index", "--cpu-hours", "0").out
    assert "no rule of the policy lets service:default/ci do this" in nothing


def test_what_cannot_be_explained_is_told(cuebook: Cuebook) -> None:
    for who, said in (("group:x", "calls nothing"), ("usr:ada", "names nobody"), ("user:аda", "CYRILLIC")):
        ran = cuebook("policy", "explain", who, "launch_training", _TRAINING)
        assert ran.code == 2
        assert said in ran.err
    assert cuebook("policy", "explain", "local", "launch_trainin").code == 7


def test_a_policy_is_checked_and_a_broken_one_stops_every_command(cuebook: Cuebook, home: Path) -> None:
    ran = cuebook("policy", "check")
    assert (ran.code, ran.out) == (0, f"{home}/policy.yaml can be used: 2 rules, 0 limits\n")
    (home / "policy.yaml").write_text(_POLICY.replace("starts_job", "start_job"))
    for command in (("policy", "check"), ("jobs", "list"), ("mcp",), ("serve", "--port", "0")):
        ran = cuebook(*command)
        assert ran.code == 2
        assert f"{home}/policy.yaml: rule 2 'jobs', effects.0: 'start_job'" in ran.err
    (home / "policy.yaml").unlink()
    (home / "policy.yaml").symlink_to(home / "gone.yaml")
    assert "cannot be read: No such file" in cuebook("policy", "check").err


def test_no_variable_or_option_moves_the_policy(
    cuebook: Cuebook, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert home.is_dir()
    for name in ("CUEBOOK_POLICY__FILE", "CUEBOOK_POLICY", "CUEBOOK_JOBS__AT_ONCE_CPU_HOURS"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "1000")
            assert f"{name} is no setting" in cuebook("plan", "launch_training", "--json", _TRAINING).err
    assert cuebook("plan", "launch_training", "--json", _TRAINING, "--policy", "x.yaml").code == 2


def test_the_matrix_names_every_class_of_arguments(cuebook: Cuebook, home: Path) -> None:
    assert home.is_dir()
    lines = cuebook("policy", "matrix").out.splitlines()
    assert lines[0].split() == ["who", "action", "when", "what", "rule"]
    cells = cuebook("policy", "matrix", "--json").json
    found = {(cell["action"], cell["when"], cell["verdict"], cell["rule"]) for cell in cells}
    assert ("scaffold_training_job", "always", "deny", "no folders") in found
    assert ("cancel_job", "always", "deny", "no rule") in found
    asks = "ask: 1 approval of user:default/ada or user:default/bob"
    assert ("launch_training", "always", asks, "jobs") in found


def test_a_refused_effect_names_its_rule_and_no_way_round(cuebook: Cuebook, home: Path) -> None:
    assert home.is_dir()
    ran = cuebook("plan", "scaffold_training_job", "--json", '{"name": "tiny", "owner": "group:default/x"}')
    assert ran.code == 4
    assert ran.err == (
        "error: scaffold_training_job is refused by the rule 'no folders': folders come from the template\n"
    )


def test_a_grant_is_given_on_the_terminal_used_and_revoked(cuebook: Cuebook, person: Person) -> None:
    person.answers, person.seen = [SECRET], []
    given = cuebook(*_GRANT, "--json")
    assert given.code == 0, given.err
    assert "launch_training by user:default/local, 2 times until" in person.seen[0]
    assert "\\n" not in person.seen[0]
    assert (given.json["approvers"], given.json["used"]) == (["user:default/ada"], 0)

    planned = cuebook("plan", "launch_training", "--json", _TRAINING)
    assert (planned.code, planned.json["approval"]["rule"]) == (0, f"grant {given.json['id']}")
    listed = cuebook("grants", "list").out
    assert f"{given.json['id']}  open      0 of 2 used, by user:default/ada" in listed
    assert "\n          where " in listed
    assert "name like 'tin[a-z]'" in listed

    assert "is revoked; it was used 0 times" in cuebook("grants", "revoke", given.json["id"]).out
    assert cuebook("apply", planned.json["digest"]).code == 3
    (shown,) = cuebook("grants", "list", "--json").json
    assert (shown["state"], shown["revoked_by"]) == ("revoked", "user:default/local")


def test_whoever_is_no_approver_any_more_has_no_grants(cuebook: Cuebook, person: Person) -> None:
    person.answers = [SECRET, SECRET, SECRET, SECRET, SECRET]
    assert cuebook(*_GRANT).code == 0
    assert cuebook("approvers", "add", "bob").code == 0
    assert cuebook("approvers", "remove", "ada").code == 0
    (shown,) = cuebook("grants", "list", "--json").json
    assert shown["state"] == "revoked"


def test_a_wrong_passphrase_or_none_gives_no_grant(cuebook: Cuebook, person: Person) -> None:
    person.answers = ["wrong horse battery"]
    assert cuebook(*_GRANT).code == 4
    assert cuebook("grants", "list", "--json").json == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("--expires", "soon"), "--expires 'soon' is no time"),
        (("--expires", "9999d"), "is not within the next 366 days"),
        (("--expires", "2001-01-01"), "is not within the next 366 days"),
        (("--count", "0"), "--count: Input should be greater"),
        (("--who", "usr:x"), "--who: 'usr:x' names nobody"),
        (("--cpu-hours", "-1"), "--cpu-hours: Input should be greater"),
        (("--plan", "[]"), "--plan must be an object"),
        (("--plan", '{"cost": {"at_most": 1}}'), "--plan.cost: 'cost' is nothing of a plan"),
        (("--arguments", '{"alias": {"one_of": "x"}}'), "launch_training takes no 'alias'"),
        (("--action", "search_docs"), "search_docs only reads"),
    ],
)
def test_terms_that_fit_nothing_are_refused_before_anybody_is_asked(
    cuebook: Cuebook, person: Person, change: tuple[str, str], said: str
) -> None:
    person.seen = []
    ran = cuebook(*_GRANT, *change)
    assert ran.code == 2
    assert said in ran.err
    assert person.seen == []


def test_doctor_names_the_policy_and_what_is_wrong_with_it(cuebook: Cuebook, home: Path) -> None:
    found = {each["check"]: each for each in cuebook("doctor", "--json").json}
    assert (found["policy"]["ok"], found["policy"]["detail"]) == (True, f"{home}/policy.yaml, 2 rules")
    (home / "policy.yaml").write_text("version: 1\nrules: []")
    found = {each["check"]: each for each in cuebook("doctor", "--json").json}
    assert not found["policy"]["ok"]
    assert "there are no rules" in found["policy"]["detail"]
