"""What the assistant remembers between calls: plans, their outcomes, jobs, conversations."""

from tools.state.jobs import JobRow, JobRows
from tools.state.plans import PlanRow, Plans
from tools.state.state import State

__all__ = ["JobRow", "JobRows", "PlanRow", "Plans", "State"]
