"""What the assistant remembers between calls: plans, approvals, outcomes, jobs, conversations."""

from tools.state.approvals import ApprovalRow, Approvals
from tools.state.jobs import JobRow, JobRows
from tools.state.plan_row import PlanRow
from tools.state.plans import Plans
from tools.state.state import State

__all__ = ["ApprovalRow", "Approvals", "JobRow", "JobRows", "PlanRow", "Plans", "State"]
