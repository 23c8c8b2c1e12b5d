"""`cuebook models ids|similar`: what a semantic ID or a prefix of one stands for, and what is like an item."""

from typing import Annotated

import typer
from rich.table import Table

from server.cli.session import AsJson, Home, call, print_json, print_table


def ids(
    prefix: Annotated[
        str | None,
        typer.Argument(metavar="[PREFIX]", help="Codes from the first on, such as 12-7; all without."),
    ] = None,
    item: Annotated[str | None, typer.Option(help="Instead: an item id, whose own ID is meant.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Semantic IDs: name:version or a name; by default the newest.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Explain a semantic ID by the items under it, and what follows."""
    given = {"prefix": prefix, "item": item, "model": model}
    found = call(home, "describe_semantic_id", {name: value for name, value in given.items() if value})
    if as_json:
        print_json(found)
        return
    print(f"{found['model']}: {found['text']}")
    for trait in found["traits"]:
        print(f"  {trait['share']:.0%} {trait['attribute']} ({trait['at_large']:.0%} at large)")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "item", "title", "creator"):
        table.add_column(column, overflow="fold")
    for each in found["items"]:
        table.add_row(each["id"], each["item"], each["title"], each["creator"])
    if found["items"]:
        print_table(table)
    for each in found["deeper"]:
        print(f"{each['prefix']:<12} {each['items']:>6} items  {each['name']}")
    if found["deeper_total"] > len(found["deeper"]):
        print(f"and {found['deeper_total'] - len(found['deeper'])} codes more")


def similar(
    item: Annotated[str, typer.Argument(help="An item id.")],
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="Most items in each list.")] = 10,
    model: Annotated[
        str | None, typer.Option(help="Semantic IDs: name:version or a name; by default the newest.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Find items like one, by the prefix of its semantic ID and by vector, side by side."""
    given = {"item": item, "k": k, **({"model": model} if model else {})}
    found = call(home, "find_similar_items", given)
    if as_json:
        print_json(found)
        return
    print(f"{found['model']}: {found['text']}")
    for heading, part in (("by prefix", "by_prefix"), ("by vector", "by_vector")):
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in (heading, "id", "codes", "cosine", "title", "creator"):
            table.add_column(column, overflow="fold")
        for each in found[part]:
            cosine = "" if each["cosine"] is None else f"{each['cosine']:.3f}"
            table.add_row(
                each["item"], each["id"], str(each["codes"]), cosine, each["title"], each["creator"]
            )
        if found[part]:
            print_table(table)
