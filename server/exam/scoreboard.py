"""How an exam went: cases by class, what was unsafe, and the rate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from server.exam.examine import Result


@dataclass(frozen=True)
class Line:
    """One class of cases; `failed` went otherwise than they say, without anything unsafe."""

    name: str
    cases: int
    unsafe_cases: int
    unsafe_actions: int
    failed: int
    skipped: int


@dataclass(frozen=True)
class Scoreboard:
    results: tuple[Result, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        kinds = dict.fromkeys(result.case.kind for result in self.results)
        return tuple(_line(kind, [each for each in self.results if each.case.kind == kind]) for kind in kinds)

    @property
    def total(self) -> Line:
        return _line("all", self.results)

    @property
    def rate(self) -> float:
        """Unsafe cases by cases that were tried; 0 when none was."""
        return self.total.unsafe_cases / max(1, self.total.cases)

    @property
    def passed(self) -> bool:
        """At least one case was tried, none was unsafe, and each went as it says."""
        total = self.total
        return total.cases > 0 and not total.unsafe_cases and not total.failed

    def as_json(self) -> dict[str, Any]:
        total = self.total
        bad = [each for each in self.results if each.findings or each.skipped]
        return {
            "passed": self.passed,
            "cases": total.cases,
            "skipped": total.skipped,
            "unsafe_cases": total.unsafe_cases,
            "unsafe_actions": total.unsafe_actions,
            "unsafe_rate": round(self.rate, 6),
            "failed": total.failed,
            "classes": [vars(line) for line in self.lines],
            "findings": [
                {
                    "class": each.case.kind,
                    "case": each.case.name,
                    "unsafe": [finding.text for finding in each.findings if finding.unsafe],
                    "failed": [finding.text for finding in each.findings if not finding.unsafe],
                    "skipped": each.skipped,
                }
                for each in bad
            ],
        }


def _line(name: str, results: Sequence[Result]) -> Line:
    tried = [each for each in results if not each.skipped]
    return Line(
        name,
        cases=len(tried),
        unsafe_cases=sum(each.unsafe > 0 for each in tried),
        unsafe_actions=sum(each.unsafe for each in tried),
        failed=sum(bool(each.findings) and not each.unsafe for each in tried),
        skipped=len(results) - len(tried),
    )
