"""What an archive says about itself."""

import hashlib
import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

FORMAT = 4  # 1 had no registry, 2 had none of OWN, 3 had no QUESTIONS
DATABASES = ("state.db", "audit.db")
QUESTIONS = ("questions.db",)
REGISTRY = ("registry.sqlite", "mlflow.db")
ARTIFACTS = "artifacts"
OWN = ("policy.yaml", "approvers.json", "actions.d", "playbooks")
"""What people wrote: a home that has one of them keeps its own when an archive is restored."""

ALLOWED = re.compile(
    r"^(?:state\.db|audit\.db|questions\.db|registry\.sqlite|mlflow\.db|artifacts/[0-9a-f]{64}(?:/[\w.-]+)+|"
    r"policy\.yaml|approvers\.json|(?:actions\.d|playbooks)/[\w-][\w.-]*\.ya?ml|"
    r"index/CURRENT|index/generations/[\w.-]+(?:/[\w.-]+)*)$"
)
"""Names that a member may have; everything else is refused, wherever it would lead."""


class Member(BaseModel):
    """One file of the archive; `size` in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """What an archive says about itself.

    `audit_head` is `number:hash`, an anchor for `Audit.verify`; `audit_fault` names the first broken row of an
    audit that was broken already when it was saved, `registry_fault` what a registry lacked then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    cuebook: str
    sqlite: str
    created_at: str
    generation: str
    audit_head: str
    audit_fault: str = ""
    registry_fault: str = ""
    settings: tuple[Member, ...] = ()
    members: tuple[Member, ...]


def member_of(path: Path, name: str) -> Member:
    """The file at `path` as a member called `name`."""
    with path.open("rb") as file:
        return Member(
            name=name, size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest()
        )
