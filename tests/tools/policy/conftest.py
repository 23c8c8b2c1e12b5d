"""What the tests of policies share: short files, a small organisation, and somebody who asks."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tools.effect import Effect
from tools.plan import Estimate, Plan
from tools.policy import Asked, Decision
from tools.policy.directory import FakeDirectory
from tools.policy.reading import parsed
from tools.policy.rulebook import Rulebook
from tools.principal import Principal

ADA, CI = "user:default/ada", "service:default/ci"
RANKING, ORG = "group:default/ranking", "group:default/org"
ORGANISATION = FakeDirectory(
    members={ADA: frozenset({RANKING})},
    parents={RANKING: ORG},
    owners={"component:default/ranker": RANKING, "component:default/search": "group:default/search"},
)


def rulebook(text: str, directory: Any = ORGANISATION, *, layer: str = "") -> Rulebook:
    return Rulebook(parsed(text, name="policy.yaml"), directory, layer=layer)


def asked(
    action: str = "promote_model",
    arguments: Mapping[str, Any] | None = None,
    *,
    who: str = ADA,
    effect: Effect = Effect.WRITES,
    scopes: frozenset[str] = frozenset(),
    **plan: Any,
) -> Asked:
    """`plan` are the plan's fields; `cpu_hours` is short for its estimate."""
    cpu_hours = plan.pop("cpu_hours", 0.0)
    resolved = Plan(estimate=Estimate(cpu_hours=cpu_hours), **plan)
    return Asked(Principal(ref=who, scopes=scopes), action, effect, arguments or {}, resolved)


Decide = Callable[..., Decision]


@pytest.fixture
def decide() -> Decide:
    """`decide(text, action, arguments, **more)` by one policy file."""

    def decided(text: str, *arguments: Any, **more: Any) -> Decision:
        return rulebook(text).decide(asked(*arguments, **more))

    return decided
