"""`POST /api/v1/events/entities`: a portal or a CI job says that entities changed, and they are read again at once.

An event is believed in one thing, which entities to ask the configured portal for. Nothing else of it is used.
"""

from functools import partial
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from ingest.entities import EntityRef
from server.calls import Calls
from server.guard import principal_of
from server.refreshing import Refresher
from server.rest.problems import failures
from tools.errors import NotAllowed

SCOPE = "index:refresh"
Ref = Annotated[str, Field(min_length=1, max_length=200)]


class EntitiesChanged(BaseModel):
    """Entities that changed, came or went."""

    model_config = ConfigDict(extra="forbid")

    entityRefs: list[Ref] = Field(  # noqa: N815 - as Backstage spells it
        min_length=1, max_length=100, description="Whole references, such as `component:default/ranker`."
    )


class Accepted(BaseModel):
    """They are read again within seconds; `/api/v1/status` tells when that failed."""

    accepted: int = Field(description="How many entities will be read again.")


def event_routes(refresher: Refresher, calls: Calls) -> APIRouter:
    """The one route. Each event is recorded, refused ones too."""
    router = APIRouter(prefix="/api/v1/events", tags=["state"])

    @router.post(
        "/entities",
        summary="Entities of a source changed",
        operation_id="entities_changed",
        status_code=202,
        responses=failures(403, 422),
    )
    async def entities_changed(request: Request, event: EntitiesChanged) -> Accepted:
        principal, caller = principal_of(request), await anyio.to_thread.run_sync(calls.opened)
        if SCOPE not in principal.scopes:
            reason = f"this token lacks the scope {SCOPE!r}, which events need; give it that"
            caller.refused("event", principal, action="entities_changed", reason=reason)
            raise NotAllowed(reason, scope=SCOPE)
        refs = {EntityRef.parse(ref) for ref in event.entityRefs}
        targets = sorted(map(str, refs))
        await anyio.to_thread.run_sync(
            partial(
                caller.record, "event", principal, action="entities_changed", targets=targets, outcome="ok"
            )
        )
        refresher.tell(refs)
        return Accepted(accepted=len(refs))

    return router
