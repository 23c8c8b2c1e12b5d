"""`cuebook models`: registered models, one in full, two compared, what one would recommend and why, and moving aliases."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from server.cli import promoting, recommending, semantic_ids
from server.cli.exits import Exit
from server.cli.figures import figure, print_figures
from server.cli.session import AsJson, Home, call, open_session, print_json, print_table

app = typer.Typer(
    no_args_is_help=True,
    help="List, show, compare, preview, explain, promote and roll back registered models.",
)

Ref = Annotated[str, typer.Argument(metavar="MODEL", help="name:version, name@alias, or a name: its newest.")]
_HASH = 12  # digits shown of a hash
_FIGURES = 4  # metrics shown of a run


@app.command("list")
def list_models(
    text: Annotated[
        str | None, typer.Argument(help="Words that name, kind, owner or data must contain.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Kind of model, such as als; or embedding.")] = None,
    owner: Annotated[str | None, typer.Option(help="Exact owner, such as group:default/ranking.")] = None,
    alias: Annotated[str | None, typer.Option(help="What this alias points to, such as production.")] = None,
    data: Annotated[str | None, typer.Option(help="Data set it was trained on: name or hash.")] = None,
    protocol: Annotated[str | None, typer.Option(help="What this protocol judged: name or hash.")] = None,
    sort: Annotated[str, typer.Option(help="created_at, name, or a metric such as ndcg@10.")] = "created_at",
    unjudged: Annotated[
        bool,
        typer.Option("--unjudged", help="What others registered in the same MLflow, with their own figures."),
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most versions to list.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="Where to go on.")] = 0,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """List registered versions, newest first, or best first by a metric under one protocol."""
    given = {"text": text, "kind": kind, "owner": owner, "alias": alias, "data": data, "protocol": protocol}
    asked = {name: value for name, value in given.items() if value}
    paged = {"judged": not unjudged, "sort_by": sort, "limit": limit, "offset": offset}
    found = call(home, "query_model_catalog", {**asked, **paged})
    if as_json:
        print_json(found)
        return
    _tell_of_others(found["unjudged"], listed=unjudged)
    if unjudged:
        _print_unjudged(found)
    elif found["items"]:
        _print_list(found, metric=found["ranked_by"]["metric"] if found["ranked_by"] else "ndcg@10")
    else:
        print(
            "No models fit."
            if asked
            else "No models yet. Train one with `cuebook actions call launch_training`."
        )


def _tell_of_others(others: Mapping[str, Any], *, listed: bool) -> None:
    """On standard error, where it does not get between the lines of the list."""
    if others["problem"]:
        print(f"note: {others['problem']}", file=sys.stderr)
    if others["total"] and not listed:
        print(f"note: others registered {others['total']} more; see them with --unjudged", file=sys.stderr)


def _print_unjudged(found: Mapping[str, Any]) -> None:
    others = found["unjudged"]
    table = _table("model", "MLflow run", "its own metrics, judged by no protocol", "by", "created at")
    for row in others["items"]:
        ref = " ".join((row["ref"], *(f"@{alias}" for alias in row["aliases"])))
        figures = [f"{name} {value:g}" for name, value in row["unjudged_metrics"].items()][:_FIGURES]
        left = len(row["unjudged_metrics"]) - len(figures) + row["more_metrics"]
        figures += [f"and {left} more"] if left else []
        run = f"{row['run_id'][:_HASH]} {row['run_status'].lower()}".strip()
        table.add_row(ref, run, "\n".join(figures) or "–", row["by"], row["created_at"][:19])
    print_table(table)
    more = f"; the rest with --offset {found['next_offset']}" if found["next_offset"] is not None else ""
    read = others["synced_at"][:19] if others["synced_at"] else "never; read it with `cuebook models sync`"
    print(f"{len(others['items'])} of {others['total']}{more}; MLflow was read {read}")


@app.command("sync")
def sync_models(as_json: AsJson = False, home: Home = None) -> None:
    """Read what others registered in MLflow again, and where they moved aliases."""
    cuebook, principal = open_session(home)
    try:
        caller = cuebook.caller.opened()
        state = cuebook.parts.models.sync()
        outcome = {"outcome": "failed", "reason": state.problem} if state.problem else {"outcome": "ok"}
        caller.record("sync", principal, effect="writes", targets=["model registry"], **outcome)
        total = cuebook.parts.models.registry.others.query(limit=1)[0]
    finally:
        cuebook.close()
    if as_json:
        print_json({**state.model_dump(exclude={"tried"}), "versions": total})
    elif not state.problem:
        unread = f"; the runs of {state.unread} are read next time" if state.unread else ""
        print(f"{total} versions that others registered{unread}")
    if state.problem:
        print(f"error: {state.problem}", file=sys.stderr)
        raise typer.Exit(Exit.UNAVAILABLE)


@app.command("rebuild")
def rebuild_models(as_json: AsJson = False, home: Home = None) -> None:
    """Make the catalogue of models anew out of MLflow and the kept artifacts, when registry.sqlite was lost or damaged."""
    cuebook, _ = open_session(home)
    try:
        made = cuebook.parts.models.rebuild()
    finally:
        cuebook.close()
    if as_json:
        print_json(asdict(made))
        return
    print(f"{made.versions} versions, {made.evaluations} evaluations, {made.aliases} aliases")
    for why in made.skipped:
        print(f"  left out: {why}")


def _print_list(found: Mapping[str, Any], *, metric: str) -> None:
    table = _table("model", "kind", "owner", "data", f"{metric} (interval)", "protocol")
    for row in found["items"]:
        ref = " ".join((row["ref"], *(f"@{alias}" for alias in row["aliases"])))
        judged = [each for each in row["measured"] if metric in each["metrics"]]
        figures = "\n".join(figure(each["metrics"][metric]) for each in judged)
        protocols = "\n".join(f"{each['protocol']} {each['protocol_hash'][:_HASH]}" for each in judged)
        table.add_row(ref, row["kind"], row["owner"], row["data"]["name"], figures or "–", protocols)
    print_table(table)
    more = f"; the rest with --offset {found['next_offset']}" if found["next_offset"] is not None else ""
    print(f"{len(found['items'])} of {found['total']}{more}")
    if found["unmeasured"]:
        print(f"left out, because {metric} was not measured so: {found['unmeasured']}")
    if found["ranked_by"] and len(found["data"]) > 1:
        names = ", ".join(f"{data['name']} {data['hash'][:_HASH]}" for data in found["data"])
        print(f"figures are comparable within one data set only, and these are of {names}")


@app.command("show")
def show_model(model: Ref, as_json: AsJson = False, home: Home = None) -> None:
    """Show one version: owner, data, code, figures, lineage, alias history."""
    found = call(home, "describe_model", {"model": model})
    if as_json:
        print_json(found)
        return
    line = found["model"]
    _fields(
        ("model", " ".join((line["ref"], *(f"@{alias}" for alias in line["aliases"])))),
        ("kind", f"{line['kind']} ({line['artifact']})"),
        ("owner", line["owner"]),
        ("data", f"{line['data']['name']} {line['data']['hash'][:_HASH]}"),
        ("code", found["code"]["revision"] or found["code"]["version"]),
        ("MLflow run", line["run_id"]),
        ("created at", line["created_at"][:19]),
        ("digest", line["digest"]),
        ("folder", found["folder"]),
        ("requires", ", ".join(found["requires"])),
        ("versions", found["versions"]),
    )
    for judged in found["evaluations"]:
        for each in judged["protocols"]:
            print(f"\njudged {judged['created_at'][:19]}, MLflow run {judged['run_id']}")
            print_figures({**each, "view": each["headline"], "metrics": each["views"][each["headline"]]})
    _told("evaluations", len(found["evaluations"]), found["evaluations_total"])
    if found["lineage"]:
        print("\nlineage")
    for node in found["lineage"]:
        named = node["ref"] or f"{node['kind'] or 'not registered'} {node['digest'][:_HASH]}"
        print(f"  {node['relation']:<7} {node['depth']} {named}")
    _told("relatives", len(found["lineage"]), found["lineage_total"])
    if found["alias_history"]:
        print("\naliases, newest move first")
    for move in found["alias_history"]:
        print(
            f"  {move['at'][:19]} @{move['alias']}: {_version(move['old'])} -> {_version(move['new'])} "
            f"by {move['by']}"
        )
    _told("moves", len(found["alias_history"]), found["alias_history_total"])
    print("\nconfiguration: cuebook models show --json")


@app.command("compare")
def compare_models(
    a: Ref,
    b: Annotated[str, typer.Argument(metavar="MODEL", help="The other.")],
    protocol: Annotated[
        str | None, typer.Option(help="Protocol by name or hash; by default the newest of both.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Compare two versions: paired differences with intervals, and what differs in how they were made."""
    found = call(home, "compare_models", {"a": a, "b": b, **({"protocol": protocol} if protocol else {})})
    if as_json:
        print_json(found)
        return
    one, other = found["a"]["ref"], found["b"]["ref"]
    print(f"{one} - {other} under {found['protocol']} {found['protocol_hash'][:_HASH]}")
    table = _table("view", "metric", one, other, "difference (interval)", "better")
    names = {"a": one, "b": other, "undecided": "undecided"}
    quoted = [each for each in found["metrics"] if each["view"] == found["metrics"][0]["view"]]
    for each in quoted:
        difference = figure(each["difference"], sign="+")
        row = (figure(each["a"]), figure(each["b"]), difference, names[each["better"]])
        table.add_row(each["view"], each["metric"], *row)
    print_table(table)
    _told("figures", len(quoted), len(found["metrics"]), more="the other view with --json")
    if not found["paired"]:
        print("users could not be paired, so there are no intervals of the difference")
    _print_slices(found, names)
    if found["differs"]:
        print("\nmade differently")
    for each in found["differs"]:
        print(f"  {each['key']}: {_plain(each['a'])} | {_plain(each['b'])}")
    _told("differences", len(found["differs"]), found["differs_total"])


def _print_slices(found: Mapping[str, Any], names: Mapping[str, str]) -> None:
    if not found["slices"]:
        return
    table = _table("slice", "users", "metric", names["a"], names["b"], "difference (interval)", "better")
    for each in found["slices"]:
        figures = (f"{each['a']:.4f}", f"{each['b']:.4f}", figure(each["difference"], sign="+"))
        table.add_row(each["slice"], str(each["users"]), each["metric"], *figures, names[each["better"]])
    print()
    print_table(table)


app.command("preview")(recommending.preview)
app.command("explain")(recommending.explain)
app.command("ids")(semantic_ids.ids)
app.command("similar")(semantic_ids.similar)
app.command("promote")(promoting.promote)
app.command("rollback")(promoting.rollback)
app.command("check")(promoting.check)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _fields(*pairs: tuple[str, Any]) -> None:
    for name, value in pairs:
        if value not in (None, ""):
            print(f"{name:<12} {value}")


def _told(what: str, shown: int, total: int, *, more: str = "") -> None:
    if shown < total:
        print(f"{shown} of {total} {what} are shown{f'; {more}' if more else ''}")


def _version(number: int | None) -> str:
    return "nothing" if number is None else f"version {number}"


def _plain(value: object) -> str:
    return "–" if value is None else str(value)
