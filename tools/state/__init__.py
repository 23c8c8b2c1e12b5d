"""What the assistant remembers between calls: plans, their outcomes, conversations."""

from tools.state.plans import PlanRow, Plans
from tools.state.state import State

__all__ = ["PlanRow", "Plans", "State"]
