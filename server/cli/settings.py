"""`cuebook settings`: what is set, where it came from, and what would change it."""

from dataclasses import asdict

from rich.table import Table

from server.cli.session import AsJson, Home, print_json, print_table, settings_of


def settings(as_json: AsJson = False, home: Home = None) -> None:
    """Show every setting, its value and where the value came from; secrets are never shown."""
    from server.settings import describe

    lines = describe(settings_of(home))
    if as_json:
        print_json([asdict(line) for line in lines])
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("setting", "value", "from", "variable"):
        table.add_column(column, overflow="fold")
    for line in lines:
        table.add_row(line.name, line.value, line.source, line.variable)
    print_table(table)
