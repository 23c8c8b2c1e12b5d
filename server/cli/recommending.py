"""`cuebook models preview|explain`: what a pipeline would recommend, and why an item is among it or not."""

from typing import Annotated

import typer
from rich.table import Table

from server.cli.session import AsJson, Home, call, print_json, print_table

User = Annotated[str | None, typer.Option(help="User id; its history is looked up.")]
History = Annotated[
    list[str] | None, typer.Option(help="Instead of a user: an item id; repeat it, oldest first.")
]
Market = Annotated[str | None, typer.Option(help="ISO 3166 country code.")]
Explicit = Annotated[bool, typer.Option(help="Whether explicit items may be shown.")]
At = Annotated[str | None, typer.Option(help="Now, ISO 8601, for rules of freshness.")]
Query = Annotated[str | None, typer.Option(help="What is searched for, on a search surface.")]


def preview(
    model: Annotated[
        str | None,
        typer.Argument(metavar="[MODEL]", help="A pipeline; by default what serves the surface."),
    ] = None,
    user: User = None,
    history: History = None,
    surface: Annotated[
        str | None, typer.Option(help="A surface, such as home: its sources and rules.")
    ] = None,
    query: Query = None,
    k: Annotated[int | None, typer.Option("-k", min=1, max=50, help="Places shown.")] = None,
    market: Market = None,
    explicit: Explicit = True,
    at: At = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Show what a pipeline would recommend, which source proposed it, and what the rules changed."""
    given = {
        "model": model, "user": user, "history": history, "surface": surface, "query": query, "k": k,
        "market": market, "at": at,
    }  # fmt: skip
    asked = {name: value for name, value in given.items() if value}
    found = call(home, "preview_recommendations", {**asked, "explicit_allowed": explicit})
    if as_json:
        print_json(found)
        return
    where = f" on {found['surface']} of {found['owner']}" if found["surface"] else ""
    print(f"{found['model']}{where}: {found['history']} items of history, {found['candidates']} candidates")
    if found["cold"]:
        print(f"no history, so the order of {found['cold']} stands")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "item", "title", "vertical", "score", "proposed by"):
        table.add_column(column, overflow="fold")
    for item in found["items"]:
        sources = ", ".join(f"{each['source']} #{each['rank']}" for each in item["proposed_by"])
        row = (item["item"], item["title"], item["vertical"], f"{item['score']:.3f}", sources)
        table.add_row(str(item["rank"]), *row)
    print_table(table)
    for rule in found["rules"]:
        print(f"rule {rule['rule']}: removed {rule['removed']}, brought forward {rule['moved']}")


def explain(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="Item id, or its title.")],
    user: User = None,
    history: History = None,
    surface: Annotated[str, typer.Option(help="Where, such as home, search or podcasts.")] = "home",
    model: Annotated[str | None, typer.Option(help="A pipeline; by default what serves the surface.")] = None,
    against: Annotated[
        str | None, typer.Option(help="Version to compare with; by default the one served before.")
    ] = None,
    query: Query = None,
    market: Market = None,
    explicit: Explicit = True,
    at: At = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Explain why an item is shown or not, layer by layer, and what changed since the last good version."""
    given = {
        "user": user, "history": history, "model": model, "against": against, "query": query, "market": market,
        "at": at,
    }  # fmt: skip
    asked = {name: value for name, value in given.items() if value}
    found = call(
        home,
        "explain_recommendation",
        {"item": item, "surface": surface, **asked, "explicit_allowed": explicit},
    )
    if as_json:
        print_json(found)
        return
    print(f"{found['model']} on {found['surface']} of {found['owner']}")
    print(found["text"])
