"""`cuebook docs`: what the docs owe to those who asked."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table

from server.cli import docs_test
from server.cli.search import filters_of
from server.cli.session import AsJson, Home, call, print_json, print_table

app = typer.Typer(
    no_args_is_help=True, help="See what the docs did not answer, and hold them to what they must."
)

Team = Annotated[str | None, typer.Option("--team", "--owner", help="Only what this group is to mend.")]


@app.command("gaps")
def list_gaps(
    team: Team = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="What had failed and is answered by now.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most gaps to show.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="Where to go on.")] = 0,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """List what was asked and not answered, or badly: how often, nearest pages, and the owner to ask."""
    asked = {"standing": "mended" if changed else "open", "limit": limit, "offset": offset}
    found = call(home, "list_gaps", {**filters_of(owner=team), **asked})
    if as_json:
        print_json(found)
        return
    for gap in found["items"]:
        _print_gap(gap)
    if not found["items"]:
        print(
            "Nothing that had failed is answered by now."
            if changed
            else "No gaps: nothing failed that is kept."
        )
    elif found["next_offset"] is not None:
        print(f"{len(found['items'])} of {found['total']}; the rest with --offset {found['next_offset']}")


@app.command("health")
def docs_health(
    team: Team = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="How far back questions are counted.")] = 30,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most debts to show.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="Where to go on.")] = 0,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Say what the docs owe, the most harmful first: asks x failures x weeks x teams."""
    asked = {"days": days, "limit": limit, "offset": offset}
    found = call(home, "docs_health", {**filters_of(team=team), **asked})
    if as_json:
        print_json(found)
        return
    print(
        f"{_counted(found['asked'], 'question')} in {days} days, {found['answered']} answered, "
        f"{found['helpful']} rated as helpful, {found['unhelpful']} as not"
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("harm", "asks", "failed", "weeks", "teams", "what", "owner"):
        table.add_column(column, overflow="fold")
    for debt in found["items"]:
        figures = (
            f"{debt['harm']:g}",
            *(f"{debt[name]:g}" for name in ("asks", "failures", "weeks", "teams")),
        )
        table.add_row(*figures, f"{debt['kind']}: {debt['title']}", debt["owner"] or "nobody")
    if found["items"]:
        print_table(table)
    if found["next_offset"] is not None:
        print(f"{len(found['items'])} of {found['total']}; the rest with --offset {found['next_offset']}")
    for each in found["suspicious"]:
        place = f"{each['place']['entity']} {each['place']['path']}".rstrip()
        print(
            f"suspicious: {place} {each['reason']}, met {_counted(each['met'], 'time')}; owner: {each['owner'] or 'nobody'}"
        )


app.command("test")(docs_test.test_docs)


def _print_gap(gap: Mapping[str, Any]) -> None:
    print(f"{gap['id']}  {gap['question']}")
    teams = f", {_counted(len(gap['teams']), 'team')}" if gap["teams"] else ""
    rated = f", {gap['badly_rated']} rated as not helpful" if gap["badly_rated"] else ""
    print(
        f"            failed {gap['failures']} of {_counted(gap['asks'], 'time')}{rated}, "
        f"{_counted(gap['askers'], 'asker')}{teams}, last {gap['last'][:10]}"
    )
    for place in gap["nearest"][:3]:
        print(f"            near: {place['entity']} {place['path']}".rstrip())
    for comment in gap["comments"]:
        print(f"            said: {comment}")
    print(f"            ask: {gap['owner'] or 'nobody owns what is near'}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
