"""One line that shows how far long work has come; silent where nobody looks."""

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar


class Progress:
    """A progress callback `(stage, done, total)` that draws a bar on a terminal's standard error.

    Where standard error is no terminal, each stage is one plain line, so that logs stay readable.
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar = Bar(
            TextColumn("  {task.description:<28}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, visible=False)
        self._stage = ""

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._console.is_terminal:
            restarted = stage != self._stage
            self._bar.update(self._task, description=stage, completed=done, total=total or None, visible=True)
            if restarted:
                self._bar.reset(self._task, description=stage, completed=done, total=total or None)
        elif stage != self._stage:
            print(f"  {stage} ({total})" if total else f"  {stage}", file=sys.stderr, flush=True)
        self._stage = stage
