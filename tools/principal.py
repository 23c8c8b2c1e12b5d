"""On whose behalf an action runs."""

from pydantic import BaseModel, ConfigDict, Field


class Principal(BaseModel):
    """Whoever calls: `ref` is an entity reference, `scopes` what the call may reach.

    Made by a door (CLI, REST, MCP) from what it verified itself, never from an argument of the call.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ref: str = Field(examples=["user:default/ada"])
    scopes: frozenset[str] = frozenset()
    door: str = Field(
        default="", description="Which door the call came through: cli, rest, mcp-http, mcp-stdio."
    )
    client: str = Field(
        default="", description="The program that called, as it names itself; for the audit only."
    )
