"""What a digest stands for: planned through the one call path, whatever the arguments are."""

import asyncio
import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydantic import Field

from tests.tools.conftest import Clock
from tools import Actions, Effect, Input, Output, Plan, Principal, Run, Target, action
from tools.arguments import validated
from tools.audit import Audit
from tools.call import Caller
from tools.errors import InvalidArguments, PlanMissing
from tools.fakes import example_ports
from tools.state import State

START = Clock().now
ADA = "user:default/ada"


class Deployed(Input):
    to: str = ""
    share: float = 0.0
    labels: dict[str, Any] = Field(default_factory=dict)


class Nothing(Output):
    pass


@dataclass
class Found:
    """What the plan step finds: the targets with their revisions."""

    revisions: Mapping[str, str] = field(default_factory=dict)


FOUND = Found()


@action(effect=Effect.WRITES, scope="index:write")
async def deploy(input: Deployed, run: Run) -> Nothing:
    """Deploy something."""
    return Nothing()


@deploy.planned_by
async def plan(input: Deployed, run: Run) -> Plan:
    targets = tuple(Target(ref=ref, revision=revision) for ref, revision in FOUND.revisions.items())
    return Plan(summary="Deploy it.", targets=targets)


@dataclass(frozen=True)
class Wish:
    """One planning call; what it plans to is the digest's business."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    revisions: Mapping[str, str] = field(default_factory=lambda: {"docs": "git:aaa"})
    principal: str = ADA
    version: str = "1"
    at: float = START


class Home:
    """A home of its own, so that nothing is remembered of another's wishes."""

    def __init__(self, folder: Path, migrated: Path, stack: ExitStack) -> None:
        folder.mkdir()
        shutil.copy(migrated, folder / "state.db")
        state = State.open(folder / "state.db")
        audit = Audit.open(folder / "audit.db")
        stack.callback(state.close)
        stack.callback(audit.close)
        self._clock = Clock()
        self._action = Actions([deploy]).get("deploy")
        self._caller = Caller(Actions([deploy]), example_ports(), state, audit, clock=self._clock)
        self._runner = stack.enter_context(asyncio.Runner())

    def plan(self, wish: Wish) -> dict[str, Any]:
        self._clock.now, FOUND.revisions = wish.at, wish.revisions
        vars(self._action)["version"] = wish.version
        return self._runner.run(self._caller.call("deploy", wish.arguments, self._principal(wish.principal)))

    def digest(self, wish: Wish) -> str:
        return str(self.plan(wish)["digest"])

    def apply(self, digest: str, principal: str) -> dict[str, Any]:
        return self._runner.run(self._caller.apply(digest, self._principal(principal)))

    def _principal(self, ref: str) -> Principal:
        return Principal(ref=ref, scopes=frozenset({"index:write"}))


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[tuple[Home, Home]]:
    base = tmp_path_factory.mktemp("digests")
    with ExitStack() as stack:
        yield Home(base / "one", migrated, stack), Home(base / "other", migrated, stack)


def spelled(value: Any) -> str:
    """The canonical spelling, written down once more: 1, 1.0 and true are three values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


QUIET = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
NAMES = TEXT.map(str.strip)  # names that differ only in spaces around them are refused
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
WISHES = st.builds(
    Wish,
    arguments=st.builds(
        lambda to, share, labels: {"to": to, "share": share, "labels": labels},
        TEXT.map(str.strip),  # spaces around a text are no part of it
        st.floats(allow_nan=False, allow_infinity=False),
        st.dictionaries(NAMES, JSON, max_size=3),
    ),
    revisions=st.dictionaries(TEXT, TEXT, max_size=3),
    principal=st.sampled_from([ADA, "user:default/bob", "service:default/ci"]),
    version=st.sampled_from(["1", "2"]),
    at=st.integers(int(START), int(START) + 10**6).map(float),
)


@given(WISHES)
@QUIET
def test_the_same_wish_has_the_same_digest_in_whatever_order_it_is_sent(
    homes: tuple[Home, Home], wish: Wish
) -> None:
    turned = Wish(reversed_within(wish.arguments), wish.revisions, wish.principal, wish.version, wish.at)
    assert homes[0].digest(wish) == homes[1].digest(turned)


def reversed_within(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: reversed_within(item) for name, item in reversed(tuple(value.items()))}
    return [reversed_within(item) for item in value] if isinstance(value, list) else value


@given(WISHES, WISHES, st.sampled_from(["arguments", "revisions", "principal", "version", "at"]))
@QUIET
def test_a_change_of_any_part_changes_the_digest(
    homes: tuple[Home, Home], wish: Wish, other: Wish, part: str
) -> None:
    changed = Wish(**{**vars(wish), part: getattr(other, part)})
    assume(spelled(getattr(changed, part)) != spelled(getattr(wish, part)))
    if part == "revisions":  # the order in which targets are listed is a part of the plan
        assume(dict(wish.revisions) != dict(changed.revisions))
    assert homes[0].digest(wish) != homes[1].digest(changed)


@given(TEXT, TEXT, TEXT)
@settings(QUIET, max_examples=8)
def test_nothing_that_moves_from_one_field_to_the_next_keeps_the_digest(
    homes: tuple[Home, Home], one: str, two: str, three: str
) -> None:
    assume(two.strip())
    pairs = [
        (Wish({"to": one + two, "labels": {"x": three}}), Wish({"to": one, "labels": {"x": two + three}})),
        (Wish({"labels": {one + two: three}}), Wish({"labels": {one: two + three}})),
        (Wish({"labels": {"x": [one, two]}}), Wish({"labels": {"x": [one + two]}})),
        (Wish({"labels": {"x": {"y": one}}}), Wish({"labels": {"x.y": one}})),
        (Wish(revisions={one + two: three}), Wish(revisions={one: two + three})),
        (Wish({"to": one}, revisions={two: three}), Wish({"to": one + two}, revisions={"": three})),
    ]
    for left, right in pairs:
        assert homes[0].digest(left) != homes[1].digest(right)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u00e9", "e\u0301"),  # composed and decomposed
        ("a", "\u0430"),  # Latin and Cyrillic
        ("staging", "staging\u200b"),  # with a space of no width
        ("\\u0061", "a"),
        ("1", 1),
        (1, True),
        (1, 1.0),
        (0.0, -0.0),
        (0.1 + 0.2, 0.3),
        (None, "null"),
        ([], {}),
    ],
)
def test_what_only_looks_alike_has_digests_of_its_own(one: Any, other: Any, homes: tuple[Home, Home]) -> None:
    digests = {home.digest(Wish({"labels": {"x": value}})) for home in homes for value in (one, other)}
    assert len(digests) == 2


@given(WISHES)
@QUIET
def test_whoever_reads_a_plan_can_work_out_its_digest(homes: tuple[Home, Home], wish: Wish) -> None:
    answer = homes[0].plan(wish)
    stands_for = {name: answer[name] for name in ("action", "principal", "arguments", "plan")}
    expiry = int(datetime.fromisoformat(answer["expires_at"]).timestamp())
    text = spelled({**stands_for, "version": wish.version, "expires_at": expiry})
    assert hashlib.sha256(text.encode()).hexdigest() == answer["digest"]


@given(WISHES, st.text("0123456789abcdef", min_size=1, max_size=64))
@QUIET
def test_only_the_whole_digest_applies_a_plan_and_only_for_who_made_it(
    homes: tuple[Home, Home], wish: Wish, guess: str
) -> None:
    digest = homes[0].digest(wish)
    stranger = "user:default/mallory"
    for wrong, who in ((guess, wish.principal), (digest[:-1], wish.principal), (digest, stranger)):
        with pytest.raises(PlanMissing):
            homes[0].apply(wrong, who)
    with pytest.raises(PlanMissing):
        homes[0].apply(digest.upper() if digest.upper() != digest else f"{digest} ", wish.principal)
    assert homes[0].apply(digest, wish.principal)["status"] == "done"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {"\udfff": 1}, {"a": 1, " a": 2}])
def test_what_has_no_canonical_spelling_is_refused_before_it_is_planned(
    value: Any, homes: tuple[Home, Home]
) -> None:
    with pytest.raises(InvalidArguments):
        homes[0].plan(Wish({"labels": {"x": [value]}}))


class Spread(Input):
    shares: tuple[float, ...] = ()
    at: dict[str, int] = Field(default_factory=dict)
    whole: bool = False


@action(effect=Effect.READS, scope="index:read")
async def spread(input: Spread, run: Run) -> Nothing:
    """Look at how something is spread."""
    return Nothing()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"shares": [0.5, "0.5"]}, '- shares.1 = "0.5": input should be a number without quotes'),
        ({"shares": [True]}, "- shares.0 = true: input should be a number without quotes"),
        ({"at": {"home": 5.0}}, "- at.home = 5.0: input should be a whole number"),
        ({"whole": 1}, "- whole = 1: input should be true or false"),
        ({"whole": "yes"}, '- whole = "yes": input should be true or false'),
    ],
)
def test_a_value_within_another_is_taken_as_it_was_sent_or_not_at_all(
    arguments: Mapping[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidArguments, match=re.escape(problem)):
        validated(spread, arguments)


def test_a_whole_number_stands_for_itself_where_any_number_is_wanted() -> None:
    assert validated(spread, {"shares": [1]}) == validated(spread, {"shares": [1.0]})
