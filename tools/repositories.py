"""Local checkouts that the operator configured by name: read, never written."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Repository(BaseModel):
    """Callers name it; they never say where it is. Who owns it is who owns the entity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="The checkout.")
    entity: str = Field(
        pattern=r"^[a-z][a-z0-9-]*:[a-z0-9-]+/[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=200,
        description="The entity that it holds, as kind:namespace/name.",
    )
