"""`cuebook audit`: what was done, by whom; whether the record is whole; and the anchor that proves it later."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from server.cli.exits import Exit
from server.cli.search import filters_of
from server.cli.session import AsJson, Home, call, print_json, print_table, settings_of

if TYPE_CHECKING:
    from tools.audit import Verdict

app = typer.Typer(no_args_is_help=True, help="Ask what was done and by whom, and check the record.")


@app.command("query")
def query_audit(
    thing: Annotated[str | None, typer.Argument(metavar="[THING]", help="The same as --target.")] = None,
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            "--entity",
            help="What was touched: an entity, a file, a model, a job, a plan's digest.",
        ),
    ] = None,
    principal: Annotated[str | None, typer.Option(help="Who: user:default/ada, or ada.")] = None,
    on_behalf_of: Annotated[
        str | None, typer.Option("--for", help="For whom: themselves, or a program that acts for them.")
    ] = None,
    action: Annotated[str | None, typer.Option(help="Only this action.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="call, intent, apply, approve, reject, login, sync, lost; or denied.")
    ] = None,
    outcome: Annotated[str | None, typer.Option(help="Such as ok, planned, done, not_allowed.")] = None,
    since: Annotated[str | None, typer.Option(help="From this month, day or time on: 2026-07.")] = None,
    until: Annotated[str | None, typer.Option(help="To the end of this month, day or time.")] = None,
    text: Annotated[str | None, typer.Option(help="Only rows with this text anywhere.")] = None,
    effects: Annotated[bool, typer.Option("--effects", help="Leave reads out.")] = False,
    row: Annotated[int | None, typer.Option(min=1, help="Only this row, whole.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most rows to show.")] = 25,
    before: Annotated[int | None, typer.Option(min=1, help="Only rows before this number.")] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make the index anew from the rows first.")
    ] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Answer what was done to a thing, by whom, for whom and when; newest first."""
    if thing and target:
        raise typer.BadParameter(f"{thing!r} and --target {target!r} name two things; give one of them")
    if rebuild:
        _rebuild(_file(None, home))
    names = filters_of(target=thing or target, principal=principal, on_behalf_of=on_behalf_of, action=action)
    names |= filters_of(kind=kind, outcome=outcome)
    times = filters_of(since=since, until=until, text=text, effects_only=effects, row=row, before=before)
    found = call(home, "query_audit", {**names, **times, "limit": limit})
    if as_json:
        print_json(found)
    elif row is not None:
        _show(found["items"][0])
    else:
        _list(found)


@app.command("verify")
def verify_audit(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A copy of an audit; by default the home's own.")
    ] = None,
    anchor: Annotated[
        str | None, typer.Option(metavar="N:HASH", help="A head that was noted elsewhere before.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Check every row's hash; names the first bad row and ends with exit code 1."""
    path = _file(file, home)
    verdict = _verified(path, anchor)
    broken = verdict.broken
    if as_json:
        bad = None if broken is None else {"row": broken.number, "reason": broken.reason}
        print_json({"file": str(path), "intact": verdict.intact, "anchor": verdict.anchor, "broken": bad})
    elif broken is None:
        seen = " and the anchor holds" if anchor else ""
        print(f"{verdict.number} rows, unbroken{seen}\nanchor {verdict.anchor}")
    else:
        print(f"row {broken.number}: {broken.reason}\nunbroken up to {verdict.anchor}", file=sys.stderr)
        print("keep the file as it is, and compare it with a backup or an earlier anchor", file=sys.stderr)
    if broken is not None:
        raise typer.Exit(Exit.FAILED)


@app.command("anchor")
def print_anchor(home: Home = None) -> None:
    """Print the head, to be noted where whoever owns the file cannot change it."""
    verdict = _verified(_file(None, home), None)
    if verdict.broken is not None:
        print(f"row {verdict.broken.number}: {verdict.broken.reason}; no anchor is given", file=sys.stderr)
        raise typer.Exit(Exit.FAILED)
    print(verdict.anchor)


def _file(file: Path | None, home: Path | None) -> Path:
    path = file or settings_of(home).home / "audit.db"
    if not path.is_file():
        raise typer.BadParameter(
            f"{path} is no file; name an audit, or the home that holds audit.db with --home"
        )
    return path


def _verified(path: Path, anchor: str | None) -> "Verdict":
    from tools.audit import verify
    from tools.errors import StateDamaged

    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)) as reader:
            return verify(reader, anchor=anchor)
    except sqlite3.DatabaseError as error:
        raise StateDamaged(
            f"{path} cannot be read as an audit ({error}); keep it, and compare it with a backup"
        ) from error


def _rebuild(path: Path) -> None:
    from tools.audit import Audit

    audit = Audit.open(path)
    try:
        audit.reindex()
    finally:
        audit.close()


def _list(found: dict[str, Any]) -> None:
    if not found["items"]:
        print("No such rows." + (" Only your own were looked at." if found["only_own"] else ""))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("row", "when (UTC)", "who", "for whom", "kind", "action", "outcome", "touched"):
        table.add_column(column, overflow="fold")
    for item in found["items"]:
        when = item["at"][:19].replace("T", " ")
        touched = ", ".join(item["targets"]) or item["arguments"]
        outcome = item["outcome"] or item["decision"]
        who = (item["principal"], item["on_behalf_of"])
        table.add_row(str(item["number"]), when, *who, item["kind"], item["action"], outcome, touched)
    print_table(table)
    if found["next_before"]:
        print(f"older ones: --before {found['next_before']}")


def _show(item: dict[str, Any]) -> None:
    for name, value in item.items():
        if value not in ("", None, [], ()):
            shown = "\n              ".join(value) if isinstance(value, list | tuple) else value
            print(f"{name:<13} {shown}")
