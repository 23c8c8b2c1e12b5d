"""`cuebook entities`: the catalog, filtered."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from server.cli.search import filters_of
from server.cli.session import AsJson, Home, call, print_json


def entities(
    kind: Annotated[
        str | None, typer.Option(help="component, api, resource, system, domain, group, user, …")
    ] = None,
    type_: Annotated[str | None, typer.Option("--type", help="spec.type, such as service or model.")] = None,
    owner: Annotated[str | None, typer.Option(help="A group or user.")] = None,
    system: Annotated[str | None, typer.Option(help="The system it is part of.")] = None,
    lifecycle: Annotated[str | None, typer.Option(help="production, experimental, deprecated, …")] = None,
    tag: Annotated[str | None, typer.Option(help="One of its tags.")] = None,
    text: Annotated[str | None, typer.Option(help="A word in its name, title, description or tags.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many at the most.")] = 100,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """List the entities of the catalog that fit all the filters."""
    filters = filters_of(
        kind=kind, type=type_, owner=owner, system=system, lifecycle=lifecycle, tag=tag, text=text
    )
    found = call(home, "query_catalog", {**filters, "limit": limit})
    if as_json:
        print_json(found)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("entity", "type", "lifecycle", "owner"):
        table.add_column(column, overflow="fold")
    for item in found["items"]:
        table.add_row(item["entity"], item["type"] or "", item["lifecycle"] or "", item["owner"] or "")
    Console().print(table)
    print(f"{len(found['items'])} of {found['total']}")
