"""The command line's frame: options every command shares, and one place where errors become text and codes."""

import sys
from collections.abc import Callable
from functools import cache
from typing import Annotated, NoReturn

import typer

import ingest.errors
import tools.errors
from server import __version__
from server.cli import (
    actions,
    apply,
    approve,
    approvers,
    ask,
    audit,
    backup,
    do,
    docs,
    doctor,
    entities,
    exam,
    grants,
    ingest_command,
    jobs,
    mcp_command,
    models,
    plan,
    plans,
    playbooks,
    policy,
    rate,
    recsys,
    restore,
    search,
    serve,
    settings,
    up,
)
from server.cli.exits import Exit, exit_code
from server.settings import SettingsInvalid

app = typer.Typer(
    name="cuebook",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Ask about a recommender stack and operate it. Start with `cuebook up`.",
    epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 planned or needs approval, 4 denied, 5 target moved, 6 plan expired, "
    "7 not found, 8 unavailable, 130 interrupted.",
)


def _version(asked: bool) -> None:
    if asked:
        print(f"cuebook {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version_asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Options that stand before a command."""


app.command("up")(up.up)
app.command("ingest")(ingest_command.ingest)
app.command("search")(search.search)
app.command("ask")(ask.ask)
app.command("do")(do.do)
app.command("rate")(rate.rate)
app.add_typer(docs.app, name="docs")
app.command("entities")(entities.entities)
app.add_typer(actions.app, name="actions")
app.command("plan")(plan.plan)
app.command("approve")(approve.approve)
app.command("apply")(apply.apply)
app.add_typer(plans.app, name="plans")
app.add_typer(playbooks.app, name="playbooks")
app.add_typer(approvers.app, name="approvers")
app.add_typer(policy.app, name="policy")
app.add_typer(grants.app, name="grants")
app.add_typer(recsys.app, name="recsys")
app.add_typer(jobs.app, name="jobs")
app.add_typer(models.app, name="models")
app.add_typer(audit.app, name="audit")
app.add_typer(exam.app, name="exam")
app.command("serve")(serve.serve)
app.command("mcp")(mcp_command.mcp)
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)
app.command("doctor")(doctor.doctor)
app.command("settings")(settings.settings)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave the process with its exit code."""
    try:
        _command()(arguments, prog_name="cuebook")  # in usage lines too, whatever file started it
    except SystemExit as left:  # typer turns an interrupt into this code, and says nothing
        if left.code != Exit.INTERRUPTED:
            raise
        _leave("interrupted; what was finished is kept", Exit.INTERRUPTED)
    except SettingsInvalid as error:
        _leave(f"error: {error}", Exit.USAGE)
    except (tools.errors.ActionError, ingest.errors.IngestError, OSError) as error:
        _leave(f"error: {error}", exit_code(error))


@cache
def _command() -> Callable[..., object]:
    """Made once a process: reading the signatures of all commands takes longer than many a command."""
    return typer.main.get_command(app)


def _leave(message: str, code: Exit) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(code)
