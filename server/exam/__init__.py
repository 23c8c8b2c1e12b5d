"""Hostile cases against the real composition: nothing may happen that nobody decided, and nothing may leak.

Cases are data (`cases/*.yaml`, docs/safety.md has the format); `examine` runs them, `Scoreboard` counts.
"""

from server.exam.case import Case, CaseFile, CasesInvalid, read_cases, shipped_cases
from server.exam.examine import Finding, Result, examine
from server.exam.scoreboard import Scoreboard

__all__ = [
    "Case",
    "CaseFile",
    "CasesInvalid",
    "Finding",
    "Result",
    "Scoreboard",
    "examine",
    "read_cases",
    "shipped_cases",
]
