"""How a deployment extends and limits its actions. `server/settings.py` builds this."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from tools.jobs.spec import Limits, Name


class ActionsSettings(BaseModel):
    """Where actions come from besides the ones that ship with this package."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path | None = Field(
        None, description="A folder of further actions, one Python file each. Its code runs in this process."
    )


class DataSet(BaseModel):
    """Where a data set lies. Callers name it; they never say where it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="A file or folder, as the format has it.")
    format: str = Field(pattern=r"^[a-z0-9-]{1,40}$", description="s3rec, ml-100k, hetrec or world.")


class JobsSettings(BaseModel):
    """What jobs may read and use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: dict[Name, DataSet] = Field(
        default_factory=dict,
        description='Data sets by name, as JSON: {"ml-100k": {"path": "/data/ml-100k", "format": "ml-100k"}}. '
        "`world`, a small generated one, is always there.",
    )
    slots: int = Field(1, ge=1, le=64, description="How many jobs run at once; others wait.")
    at_once_cpu_hours: float = Field(
        0.1, ge=0, le=1_000, description="Jobs estimated below this may start without approval."
    )
    limits: Limits = Field(Limits(), description="What any one job may use before it is stopped.")
    scaffold: Path | None = Field(
        None, description="Where scaffolded training jobs are put; by default `scaffold` under the home."
    )
