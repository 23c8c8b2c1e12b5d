"""How a deployment extends and limits its actions. `server/settings.py` builds this."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class ActionsSettings(BaseModel):
    """Where actions come from besides the ones that ship with this package."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path | None = Field(
        None, description="A folder of further actions, one Python file each. Its code runs in this process."
    )
