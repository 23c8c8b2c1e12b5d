"""Decisions put together: the stricter one holds, and one tier more is never one less."""

from hypothesis import given
from hypothesis import strategies as st

from tools.policy import Approval, Decision, Verdict

_NAMES = st.lists(st.sampled_from(["everyone", "user:default/ada", "group:default/ml"]), min_size=1).map(
    tuple
)
_APPROVALS = st.builds(Approval, approvers=_NAMES, count=st.integers(1, 3), four_eyes=st.booleans())


@st.composite
def decisions(draw: st.DrawFn) -> Decision:
    verdict = draw(st.sampled_from(Verdict))
    approval = draw(_APPROVALS) if verdict is Verdict.ASK else None
    return Decision(verdict, draw(st.sampled_from(["a", "b"])), "because", approval, draw(_APPROVALS))


def at_least(strict: Decision, weak: Decision) -> bool:
    """Whether `strict` asks for everything that `weak` asks for."""
    if strict.verdict is not weak.verdict or strict.approval is None or weak.approval is None:
        return strict.verdict.strictness >= weak.verdict.strictness
    lists = {strict.approval.approvers, *strict.approval.within}
    return (
        strict.approval.count >= weak.approval.count
        and strict.approval.four_eyes >= weak.approval.four_eyes
        and lists >= {weak.approval.approvers, *weak.approval.within}
    )


@given(decisions(), decisions())
def test_the_stricter_of_two_asks_for_all_that_either_asks_for(one: Decision, other: Decision) -> None:
    both = one.stricter(other)
    assert at_least(both, one)
    assert at_least(both, other)


@given(decisions())
def test_one_tier_more_is_stricter_until_it_is_denied(decision: Decision) -> None:
    more = decision.one_tier_more("it rests on text that nobody vouches for")
    assert at_least(more, decision)
    assert (more == decision) is (decision.verdict is Verdict.DENY)


def test_one_tier_more_on_one_approval_asks_two_other_people() -> None:
    asked = Decision(Verdict.ASK, "promote", "promotions wait", Approval(("group:default/ml",)))
    more = asked.one_tier_more("it rests on text that nobody vouches for")
    assert str(more.approval) == "2 approvals of group:default/ml, other than whoever planned it"
    assert more.reason == "promotions wait; it rests on text that nobody vouches for"
