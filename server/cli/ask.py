"""`cuebook ask`: a question, answered with citations."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli.batch import batch_pair, run_batch
from server.cli.exits import Exit
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
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Open each citation again from its source; fail if one does not hold."),
    ] = False,
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
        _ask_batch(pair, filters=filters, verify=verify, home=home)
        return
    if not question:
        raise typer.BadParameter("give a question, or --batch IN.jsonl --out OUT.jsonl")
    asked = {"question": question, "verify": verify, **filters_of(context=context), **filters}
    answer = call(home, "ask", asked)
    if as_json:
        print_json(answer)
    else:
        print_answer(answer)
    _fail_unless_it_holds(answer["checks"])


def print_answer(answer: Mapping[str, Any]) -> None:
    print(answer["answer"])
    if answer["citations"]:
        print()
    for citation in answer["citations"]:
        print(f"[{citation['number']}] {where(citation)}{_age(citation)}")
    for check in answer["checks"]:
        held = check["problem"] or f"opens ({check['by']}) and has its quote"
        print(f"verified [{check['number']}]: {held}")
    if answer["note"]:
        print(f"note: {answer['note']}", file=sys.stderr)
    if answer["context"]:  # none where it could not be stored
        print(f'\nFollow up: cuebook ask --context {answer["context"]} "…"')
    if answer["answer_id"]:
        print(f'Did it help? cuebook rate {answer["answer_id"]} --up, or --down --comment "…"')


def _age(citation: dict[str, Any]) -> str:
    """When the page changed last, and who vouches for it."""
    changed = f", changed {citation['modified'][:10]}" if citation["modified"] else ""
    return f"{changed}, {citation['owner'] or 'no owner'}"


def _fail_unless_it_holds(checks: Sequence[dict[str, Any]]) -> None:
    lost = [check for check in checks if not (check["opens"] and check["found"])]
    if lost:
        print(f"{len(lost)} of {len(checks)} citations do not hold", file=sys.stderr)
        raise typer.Exit(Exit.FAILED)


def _ask_batch(pair: tuple[Path, Path], *, filters: dict[str, Any], verify: bool, home: Path | None) -> None:
    checks: list[dict[str, Any]] = []
    cuebook, principal = open_session(home, questions={"days": 0})  # measurements are no gaps of the docs

    async def answer(question: str) -> dict[str, Any]:
        given = await cuebook.caller.call(
            "ask", {"question": question, "verify": verify, **filters}, principal
        )
        checks.extend(given["checks"])
        citations = [{key: citation[key] for key in _CITED} for citation in given["citations"]]
        kept = {key: given[key] for key in ("answer", "abstained", "confidence")}
        checked = {"checks": given["checks"]} if verify else {}
        return {**kept, "citations": citations, "facts": given["facts"], **checked}

    try:
        cuebook.warm()
        with asyncio.Runner() as runner:
            count = run_batch(*pair, lambda question: runner.run(answer(question)))
    finally:
        cuebook.close()
    print(f"{count} questions -> {pair[1]}")
    if verify:
        held = sum(check["opens"] and check["found"] for check in checks)
        share = f": {held / len(checks):.1%}" if checks else ""
        print(f"{held} of {len(checks)} citations open again and hold their quote{share}")
    _fail_unless_it_holds(checks)
