"""Two models by name against each other on a generated world: trained, tried by a simulated A/B test, told as text or JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from recsys_core.evaluation import configured, train
from recsys_core.judge import Interval, load_protocol, split
from recsys_core.world.experiment import ExperimentConfig, Goal, experiment
from recsys_core.world.generate import World

FEW = 0.01  # share of a log's events below which its weighted ones say little


@dataclass(frozen=True, slots=True)
class Trial:
    """control, treatment: names of the models. users: tested. goals: by goal."""

    control: str
    treatment: str
    world: str
    users: int
    config: ExperimentConfig
    goals: Mapping[str, Goal]

    def to_json(self) -> str:
        """Everything, for scripts."""
        found = {name: asdict(goal) for name, goal in self.goals.items()}
        return json.dumps(
            {
                "control": self.control,
                "treatment": self.treatment,
                "world": self.world,
                "users": self.users,
                "config": self.config.model_dump(),
                "goals": found,
            },
            allow_nan=False,
            indent=2,
        )

    def to_text(self) -> str:
        """One block a goal."""
        events = self.users * self.config.impressions
        lines = [
            f"{self.world}: {self.treatment} (treatment) against {self.control} (control), {self.users:,} users, "
            f"{events:,} events a log, exploration {self.config.exploration:g}, seed {self.config.seed}"
        ]
        for name, goal in self.goals.items():
            lift = goal.treatment - goal.control
            lines += [
                f"{name}",
                f"  truth       control {goal.control:.4f}  treatment {goal.treatment:.4f}  difference {lift:+.4f}",
                f"  A/B test    difference {_span(goal.tested, sign='+')}",
            ]
            for estimator in ("ips", "snips"):
                span = _span(getattr(goal.logged, estimator))
                lines.append(
                    f"  {estimator:11s} treatment {span} from the control's log; bias {goal.bias[estimator]:+.1%}"
                )
        effective = next(iter(self.goals.values())).logged.effective
        lines.append(
            f"the control's log is worth {effective:,.0f} of its {events:,} events for the treatment"
        )
        if effective < FEW * events:
            lines.append("that is little: the policies rarely show the same; log with more exploration")
        return "\n".join(lines)


def trial(world: World, control: str, treatment: str, config: ExperimentConfig | None = None) -> Trial:
    """Train both on what `loo-refit` trains on and try them on its histories. Raises UnknownStage, InvalidScores."""
    config = config or ExperimentConfig()
    parts = split(world.data, load_protocol("loo-refit"))
    old, new = (train(configured(name, {}), parts.train, seed=config.seed) for name in (control, treatment))
    found = experiment(world, parts.histories, old, new, config)
    return Trial(control, treatment, world.data.name, len(parts.histories), config, found)


def _span(span: Interval, sign: str = "") -> str:
    return f"{span.mean:{sign}.4f} [{span.low:{sign}.4f}, {span.high:{sign}.4f}]"
