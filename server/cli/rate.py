"""`cuebook rate`: whether an answer helped."""

from typing import Annotated, Any

import typer

from server.cli.plan import print_plan
from server.cli.session import Home, call_within, open_session


def rate(
    answer: Annotated[str, typer.Argument(help="The id that `cuebook ask` printed.")],
    up: Annotated[bool, typer.Option("--up/--down", help="Whether it answered the question.")] = True,
    comment: Annotated[str, typer.Option(help="What was wrong or missing, for the page's owner.")] = "",
    home: Home = None,
) -> None:
    """Rate an answer of yours; a later rating takes the place of the last one."""
    cuebook, principal = open_session(home)

    async def rated() -> dict[str, Any]:
        given = {"answer": answer, "helpful": up, "comment": comment}
        planned = await cuebook.caller.call("rate_answer", given, principal)
        if planned["status"] == "waiting":
            return planned
        return await cuebook.caller.apply(planned["digest"], principal)

    try:
        result = call_within(rated())
    finally:
        cuebook.close()
    if result["status"] == "waiting":
        print_plan(result)
    print(f"{answer} is rated as {'helpful' if up else 'not helpful'}")
