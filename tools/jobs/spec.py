"""What a job is to do: plain data, and the same data gives the same hash."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tools.canonical import canonical, fingerprint

_NAME = "[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"
Name = Annotated[str, StringConstraints(pattern=rf"^{_NAME}$")]
"""Letters, digits and dashes: never a path, an option or a command."""

NAME_OR_NONE = rf"^(?:{_NAME})?$"
"""The pattern of a name that may be left out, as \"\"."""

COMMAND, ENTRYPOINT = "command", "entrypoint"
"""The recipes of teams' own jobs: an argument vector on this machine, and one on a cluster."""


class Limits(BaseModel):
    """What a job may use before it is stopped; the log keeps its beginning and its end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wall_seconds: int = Field(default=3_600, ge=1, le=30 * 86_400, description="Seconds from its start.")
    cpu_seconds: int = Field(default=7_200, ge=1, le=30 * 86_400, description="CPU seconds of all it runs.")
    memory_bytes: int = Field(default=4_000_000_000, ge=1_000_000, description="Resident memory, in bytes.")
    log_bytes: int = Field(default=5_000_000, ge=1_000, le=1_000_000_000, description="Bytes of log kept.")
    niceness: int = Field(default=10, ge=0, le=19, description="How far it stands back behind other work.")


class JobSpec(BaseModel):
    """A recipe by name, its whole configuration, where its result goes, for whom, and within which limits.

    `out` is a folder inside the job's working folder. `model_owner` answers for the model that is made; without one
    `owner` does, who launched the job.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: Name
    config: dict[str, Any]
    owner: str = Field(min_length=1, max_length=256)
    model_owner: str = Field(default="", max_length=200)
    out: Name = "out"
    limits: Limits = Limits()

    @property
    def text(self) -> str:
        """Canonical JSON."""
        return canonical(self.model_dump(mode="json"))

    @property
    def hash(self) -> str:
        """SHA-256 of `text`, in hex."""
        return fingerprint(self.model_dump(mode="json"))


def job_id(digest: str) -> str:
    """The id of the job that a plan starts: the plan's digest is its idempotency key."""
    return f"job-{digest[:24]}"
