"""Predefined actions with one call path, and what they remember.

A table of contents: the names a team needs for an action of its own. Doors use `tools.call.Caller`, which
loads the databases.
"""

from tools.action import Action, ActionInfo, action
from tools.catalogue import Actions, SkippedAction
from tools.effect import Annotations, Effect
from tools.errors import ActionError
from tools.plan import Estimate, Plan, Target
from tools.principal import Principal
from tools.run import Run
from tools.shapes import Input, Output, Started, Texts

__all__ = [
    "Action",
    "ActionError",
    "ActionInfo",
    "Actions",
    "Annotations",
    "Effect",
    "Estimate",
    "Input",
    "Output",
    "Plan",
    "Principal",
    "Run",
    "SkippedAction",
    "Started",
    "Target",
    "Texts",
    "action",
]
