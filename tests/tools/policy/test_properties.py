"""What holds of every policy: layers only tighten, effects need a rule, errors deny, order counts as documented."""

from hypothesis import given
from hypothesis import strategies as st

from tests.tools.policy.conftest import ADA, CI, ORGANISATION, asked
from tests.tools.policy.test_decision import at_least
from tools.effect import Effect
from tools.policy import Asked, Verdict
from tools.policy.conditions import Condition
from tools.policy.reading import Source
from tools.policy.rulebook import Layered, Rulebook
from tools.policy.rules import Approvals, PolicyFile, Rule

_WHO = st.sampled_from(
    [
        "everyone",
        "users",
        "services",
        ADA,
        CI,
        "group:default/ranking",
        "group:default/org",
        "user:default/bob",
    ]
)
_ACTIONS = st.sampled_from(["promote_model", "launch_training", "cancel_job"])
_EFFECTS = st.sampled_from([effect for effect in Effect if effect is not Effect.READS])
_CONDITIONS = st.one_of(
    st.builds(Condition, one_of=st.just(("staging",))),
    st.builds(Condition, at_most=st.integers(0, 4)),
    st.builds(Condition, pattern=st.just("[a-z]+")),
    st.builds(Condition, owned_by=st.sampled_from([("own_team",), ("self",)])),
)
_VALUES = st.sampled_from(
    [
        "staging",
        "production",
        "ѕtaging",
        3,
        9,
        None,
        float("nan"),
        "component:default/ranker",
        ["staging", "x"],
    ]
)


_PEOPLE = st.lists(_WHO, min_size=1, max_size=2).map(tuple)
_SOME_ACTIONS = st.lists(_ACTIONS, max_size=2).map(tuple)
_SOME_EFFECTS = st.lists(_EFFECTS, min_size=1, max_size=3).map(tuple)
_ARGUMENTS = st.dictionaries(st.just("it"), _CONDITIONS, max_size=1)
_PLANS = st.dictionaries(
    st.just("estimate.cpu_hours"), st.builds(Condition, at_most=st.integers(0, 4)), max_size=1
)
_VERDICTS = st.sampled_from(Verdict)
_APPROVALS = st.none() | st.builds(
    Approvals, approvers=st.tuples(_WHO), count=st.integers(1, 3), four_eyes=st.booleans()
)
_REQUESTERS = st.sampled_from([ADA, CI, "user:default/bob", "user:default/аda"])
_COUNTS, _HOURS = st.integers(1, 4), st.integers(0, 8)


# Strategies that depend on nothing drawn stand above: made within, hypothesis checks them anew for each example.
@st.composite
def rules(draw: st.DrawFn, number: int = 0) -> Rule:
    verdict = draw(_VERDICTS)
    return Rule(
        name=f"rule {number}",
        who=draw(_PEOPLE),
        actions=draw(_SOME_ACTIONS),
        effects=draw(_SOME_EFFECTS),
        arguments=draw(_ARGUMENTS),
        plan=draw(_PLANS),
        verdict=verdict,
        approval=draw(_APPROVALS) if verdict is Verdict.ASK else None,
    )


_NUMBERED = tuple(rules(number) for number in range(4))


@st.composite
def books(draw: st.DrawFn) -> Rulebook:
    made = tuple(draw(each) for each in _NUMBERED[: draw(_COUNTS)])
    return Rulebook(Source("policy.yaml", PolicyFile(version=1, rules=made)), ORGANISATION)


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    return asked(
        draw(_ACTIONS),
        {"it": draw(_VALUES)},
        who=draw(_REQUESTERS),
        effect=draw(_EFFECTS),
        cpu_hours=float(draw(_HOURS)),
    )


@given(books(), books(), requests())
def test_a_layer_more_never_makes_a_decision_weaker(
    operator: Rulebook, client: Rulebook, request: Asked
) -> None:
    together = Layered((operator, client)).decide(request)
    assert at_least(together, operator.decide(request))
    assert at_least(together, client.decide(request))


@given(books(), books(), requests())
def test_who_may_not_approve_by_one_layer_may_not_by_both(
    operator: Rulebook, client: Rulebook, request: Asked
) -> None:
    both = Layered((operator, client))
    decision, alone = both.decide(request), operator.decide(request)
    if decision.verdict is not Verdict.ASK or alone.verdict is not Verdict.ASK:
        return
    for ref in (ADA, CI, "user:default/bob"):
        approver = request.principal.model_copy(update={"ref": ref})
        if operator.may_approve(approver, request, alone):
            assert both.may_approve(approver, request, decision)


@given(books(), requests())
def test_an_effect_is_allowed_only_by_a_rule_that_names_its_verdict(book: Rulebook, request: Asked) -> None:
    decision = book.decide(request)
    verdicts = {rule.name: rule.verdict for rule in book.source.file.rules}
    assert verdicts.get(decision.rule, Verdict.DENY) is decision.verdict


@given(books(), requests(), rules(99))
def test_a_rule_below_the_one_that_decides_changes_nothing(
    book: Rulebook, request: Asked, more: Rule
) -> None:
    before = book.decide(request)
    file = book.source.file.model_copy(update={"rules": (*book.source.file.rules, more)})
    after = Rulebook(Source("policy.yaml", file), ORGANISATION).decide(request)
    assert after == before or before.rule == "no rule"


@given(books(), requests())
def test_a_directory_that_breaks_never_lets_more_through(book: Rulebook, request: Asked) -> None:
    broken = Rulebook(book.source, object())  # type: ignore[arg-type]  # every question to it raises
    decision = broken.decide(request)
    assert decision == book.decide(request) or decision.verdict is Verdict.DENY
