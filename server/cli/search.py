"""`cuebook search`: sections and entities that match a question."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli.batch import batch_pair, run_batch
from server.cli.session import AsJson, Home, call, open_session, print_json

Kind = Annotated[
    list[str] | None, typer.Option("--kind", help="Only entities of this kind; may be repeated.")
]
Owner = Annotated[str | None, typer.Option("--owner", help="Only what this group or user owns.")]
System = Annotated[str | None, typer.Option("--system", help="Only parts of this system.")]
Component = Annotated[str | None, typer.Option("--component", help="Only this entity and its docs.")]


def search(
    question: Annotated[str | None, typer.Argument(help="What to look for, in your own words.")] = None,
    k: Annotated[int, typer.Option("--k", min=1, max=50, help="How many hits at the most.")] = 10,
    kind: Kind = None,
    owner: Owner = None,
    system: System = None,
    component: Component = None,
    batch: Annotated[Path | None, typer.Option(help='Questions, a line each: {"id","question"}.')] = None,
    out: Annotated[Path | None, typer.Option(help="Where the batch's hits go, a JSON object a line.")] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Find the sections and entities that match a question, best first."""
    filters = filters_of(kind=kind, owner=owner, system=system, component=component)
    pair = batch_pair(batch, out)
    if pair is not None:
        _search_batch(pair, k=k, filters=filters, home=home)
        return
    if not question:
        raise typer.BadParameter("give a question, or --batch IN.jsonl --out OUT.jsonl")
    found = call(home, "search_docs", {"question": question, "k": k, **filters})
    if as_json:
        print_json(found)
        return
    if not found["hits"]:
        print("Nothing matches. Try other words, or `cuebook entities --text WORD`.")
    for number, hit in enumerate(found["hits"], 1):
        print(f"{number:>2}. {where(hit)}")
        print(f"    {first_line(hit['text'])}")


def _search_batch(pair: tuple[Path, Path], *, k: int, filters: dict[str, Any], home: Path | None) -> None:
    cuebook, principal = open_session(home)

    async def answer(question: str) -> dict[str, Any]:
        found = await cuebook.caller.call("search_docs", {"question": question, "k": k, **filters}, principal)
        keys = ("entity", "path", "anchor", "score", "text", "revision")
        return {"hits": [{key: hit[key] for key in keys} for hit in found["hits"]]}

    try:
        cuebook.warm()
        with asyncio.Runner() as runner:
            count = run_batch(*pair, lambda question: runner.run(answer(question)))
    finally:
        cuebook.close()
    print(f"{count} questions -> {pair[1]}")


def filters_of(**given: Any) -> dict[str, Any]:
    """The filters that were given, as arguments of an action."""
    return {name: value for name, value in given.items() if value}


def where(place: dict[str, Any]) -> str:
    """`entity > page > heading @ revision`, with seven characters of the revision, as the page shows it."""
    trail = [place["entity"], place.get("path"), place.get("heading")]
    kind, _, value = place["revision"].partition(":")
    return f"{' > '.join(part for part in trail if part)} @ {kind}:{value[:7]}"


def first_line(text: str, *, width: int = 110) -> str:
    """The beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
