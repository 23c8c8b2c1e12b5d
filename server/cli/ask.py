"""`cuebook ask`: a question, answered with citations."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli.batch import batch_pair, run_batch
from server.cli.search import Component, Kind, Owner, System, filters_of, where
from server.cli.session import AsJson, Home, call, open_session, print_json

_CITED = ("entity", "path", "anchor", "quote", "revision")


def ask(
    question: Annotated[str | None, typer.Argument(help="The question, in your own words.")] = None,
    context: Annotated[
        str | None, typer.Option(help="The handle that an earlier answer gave, for a follow-up question.")
    ] = None,
    kind: Kind = None,
    owner: Owner = None,
    system: System = None,
    component: Component = None,
    batch: Annotated[Path | None, typer.Option(help='Questions, a line each: {"id","question"}.')] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the batch's answers go, a JSON object a line.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Answer a question from the docs and the catalog, with a citation for every sentence."""
    filters = filters_of(kind=kind, owner=owner, system=system, component=component)
    pair = batch_pair(batch, out)
    if pair is not None:
        _ask_batch(pair, filters=filters, home=home)
        return
    if not question:
        raise typer.BadParameter("give a question, or --batch IN.jsonl --out OUT.jsonl")
    answer = call(home, "ask", {"question": question, **filters_of(context=context), **filters})
    if as_json:
        print_json(answer)
        return
    print(answer["answer"])
    if answer["citations"]:
        print()
    for citation in answer["citations"]:
        print(f"[{citation['number']}] {where(citation)}")
    print(f'\nFollow up: cuebook ask --context {answer["context"]} "…"')


def _ask_batch(pair: tuple[Path, Path], *, filters: dict[str, Any], home: Path | None) -> None:
    cuebook, principal = open_session(home)

    async def answer(question: str) -> dict[str, Any]:
        given = await cuebook.caller.call("ask", {"question": question, **filters}, principal)
        citations = [{key: citation[key] for key in _CITED} for citation in given["citations"]]
        kept = {key: given[key] for key in ("answer", "abstained", "confidence")}
        return {**kept, "citations": citations, "facts": given["facts"]}

    try:
        cuebook.warm()
        with asyncio.Runner() as runner:
            count = run_batch(*pair, lambda question: runner.run(answer(question)))
    finally:
        cuebook.close()
    print(f"{count} questions -> {pair[1]}")
