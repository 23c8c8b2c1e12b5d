"""What goes into an action and what comes out of it."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Input(BaseModel):
    """An action's arguments. Unknown fields are refused, spaces around texts are dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Output(BaseModel):
    """An action's result, or a part of it."""

    # Every field is always answered, so a schema need not repeat the defaults.
    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class Sparse(Output):
    """A result, or a part of one, that language models read: over MCP its fields are left out where they have their
    default. Everywhere else each is answered."""

    @classmethod
    def told(cls, dumped: dict[str, Any]) -> dict[str, Any]:
        """A dump of it without what it says twice: such fields have their default or a shorter text instead."""
        return dumped


class Started(Output):
    """What an action answers that starts a job."""

    job: str = Field(description="Handle of the job; its progress is asked for by this.")


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
"""A list of texts; a single text is taken as a list of one, as models and command lines often send it."""
