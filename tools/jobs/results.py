"""What becomes of a job's result once the job has succeeded: the desk asks, the registry of models answers."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tools.state.jobs import JobRow


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a result is kept. ref: `name:version` of the model that was made or judged; run_id: the MLflow run.

    why: why it is not kept, when ref is empty. later: whether asking again may help.
    """

    ref: str = ""
    run_id: str = ""
    why: str = ""
    later: bool = True


class Results(Protocol):
    """Keeps what jobs made, each result once however often it is asked to. Raises nothing."""

    def keeps(self, recipe: str) -> bool:
        """Whether results of this recipe are kept at all."""

    def keep(self, row: "JobRow", folder: Path) -> Kept:
        """Keep the result in `folder`, unless that was done before."""

    def kept(self, id: str) -> Kept | None:
        """Where the result of a job is kept, if it was kept."""
