"""On whose behalf an action runs."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

LOCAL = "user:default/local"
"""Whoever sits at this machine, through every door that asks nobody who they are."""


class Principal(BaseModel):
    """Whoever calls: `ref` is an entity reference, `scopes` what the call may reach.

    Made by a door (CLI, REST, MCP) from what it verified itself, never from an argument of the call.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ref: str = Field(examples=["user:default/ada", "service:default/ci"])
    scopes: frozenset[str] = frozenset()
    groups: frozenset[str] = Field(
        default=frozenset(), description="Groups that a person's token names; the catalog may know more."
    )
    on_behalf_of: str = Field(
        default="",
        description="For whom it acts, where that is somebody else; for the audit only, it gives no right.",
    )
    door: str = Field(
        default="", description="Which door the call came through: cli, rest, mcp-http, mcp-stdio."
    )
    client: str = Field(
        default="", description="The program that called, as it names itself; for the audit only."
    )

    @property
    def kind(self) -> Literal["user", "service"]:
        """A program that calls by a token of its own is a service, and may not approve; else a user."""
        return "service" if self.ref.startswith("service:") else "user"
