"""A call that needs a scope which the token lacks answers 403 `insufficient_scope`, so that a client can ask for it.

The refusal is found deep inside a call (and is audited there), when an MCP server has mostly begun to answer
200. So the first line of an answer waits here for the first part of its body.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import Problem, problem_response
from server.identity.resource import ProtectedResource
from server.identity.wanted import watch


class SteppingUp:
    """Serves one request of a token that an issuer made."""

    def __init__(self, app: ASGIApp, resource: ProtectedResource, held: frozenset[str]) -> None:
        self._app, self._resource, self._held = app, resource, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = watch(scope)
        if scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        refused = False

        async def answered(message: Message) -> None:
            nonlocal start, refused
            if refused:
                return
            if message["type"] == "http.response.start":
                start = message
                return
            if start is not None:
                if wanted:
                    refused = True
                    await self._refusal(wanted[0])(scope, receive, send)
                    return
                await send(start)
                start = None
            await send(message)

        await self._app(scope, receive, answered)

    def _refusal(self, wanted: str) -> ASGIApp:
        text = f"the token lacks the scope {wanted!r}; get one that has it"
        # Clients ask for what is named here, so what the token had is named too.
        scopes = {*self._held, wanted}
        challenge = self._resource.challenge(error="insufficient_scope", description=text, scopes=scopes)
        problem = Problem(403, "insufficient_scope", text, {"scope": wanted})
        return problem_response(problem, headers={"WWW-Authenticate": challenge})
