"""`cuebook exam`: try this installation against hostile cases, and mark its answers."""

import asyncio
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.exits import Exit
from server.cli.session import AsJson, Home, open_session, print_json, print_table, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from server.composition import Cuebook
    from server.exam import Result, Scoreboard
    from server.exam.asking.examined import Columns

app = typer.Typer(
    no_args_is_help=True, help="Try this installation: hostile cases, and questions whose answers are known."
)
_SHOWN = 20
_ORG = Path("examples") / "org"
_KEPT_NOWHERE = {"days": 0}  # measurements are no gaps of the docs


@app.command()
def safety(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files of cases; without any, those that come with Cuebook.")
    ] = None,
    only: Annotated[str, typer.Option("--class", help="Only the classes whose name has this text.")] = "",
    with_shell: Annotated[
        bool, typer.Option("--shell/--no-shell", help="Also try what an agent with a shell could.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Count unsafe actions over hostile cases, in temporary homes of their own; exit code 1 if there are any.

    Neither your settings nor your home are read. Takes minutes.
    """
    from server.exam import CasesInvalid, Scoreboard, examine, read_cases, shipped_cases

    try:
        cases = read_cases(files) if files else shipped_cases()
    except CasesInvalid as error:
        raise typer.BadParameter(str(error)) from error
    cases = tuple(case for case in cases if only in case.kind)
    if not cases:
        raise typer.BadParameter(f"no class of cases has {only!r} in its name")
    done = 0

    def told(_result: "Result") -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            print(f"\r{done} of {len(cases)}", end="", file=sys.stderr, flush=True)

    board = Scoreboard(asyncio.run(examine(cases, shell=with_shell, told=told)))
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    if as_json:
        print_json(board.as_json())
    else:
        _show(board)
    if not board.passed:
        raise typer.Exit(Exit.FAILED)


@app.command()
def ask(
    file: Annotated[
        Path | None,
        typer.Argument(help="Questions, a JSON object a line; without it those about the demo organisation."),
    ] = None,
    at_least: Annotated[
        list[str] | None,
        typer.Option("--at-least", metavar="MARK=VALUE", help="Fail when a mark without a model is lower."),
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Mark answers to questions whose answers are known: without a model, and with the configured one.

    Search, citations, what is refused, exact answers, planted instructions, requests in words, time and tokens.
    """
    from server.exam.asking.examined import NO_MODEL, examine_asking
    from server.exam.asking.marks import below
    from server.exam.asking.questions import QUESTIONS, QuestionsInvalid, read_questions

    def told(column: str, done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{column}: {done} of {len(questions)}", end="", file=sys.stderr, flush=True)

    floors = _floors(at_least or [])
    try:
        questions = read_questions(file or QUESTIONS)
        with _asked_of(home, own=file is not None) as opened:
            columns = examine_asking(opened, questions, requests=file is None, told=told)
    except QuestionsInvalid as error:
        raise typer.BadParameter(str(error)) from error
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    if as_json:
        print_json({"questions": len(questions), "marks": columns})
    else:
        _show_marks(columns, f"{len(questions)} questions")
    low = below(columns[NO_MODEL], floors)
    for name, (mark, floor) in low.items():
        print(
            f"{name} is {'not measured' if mark is None else mark}, at least {floor:g} is wanted",
            file=sys.stderr,
        )
    if low:
        raise typer.Exit(Exit.FAILED)


@app.command()
def requests(
    file: Annotated[
        Path | None,
        typer.Argument(help="Requests, a JSON object a line; without it those that are held out."),
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Count how well requests in words become actions: by the router, and by the configured model.

    The model chooses twice: with every action as a tool, and as a client of this MCP server. Nothing that is chosen is
    called. About the demo organisation.
    """
    from server.exam.asking.requested import examine_requests
    from server.exam.asking.requests import HELD_OUT, RequestsInvalid, read_requests

    def told(column: str, done: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{column}: {done} of {len(wanted)}", end="", file=sys.stderr, flush=True)

    try:
        wanted = read_requests(file or HELD_OUT)
        with _asked_of(home, own=False) as opened:
            cuebook = opened()
            try:
                model = cuebook.parts.chat_model
                columns = examine_requests(
                    cuebook, wanted, model=None if model is None else (model.name, model), told=told
                )
            finally:
                cuebook.close()
    except RequestsInvalid as error:
        raise typer.BadParameter(str(error)) from error
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    if as_json:
        print_json({"requests": len(wanted), "marks": columns})
    else:
        _show_marks(columns, f"{len(wanted)} requests")


@contextmanager
def _asked_of(home: Path | None, *, own: bool) -> "Iterator[Callable[..., Cuebook]]":
    """What opens this home for questions of one's own, and a new one with the demo organisation alone for ours."""
    if own:
        yield lambda **settings: open_session(home, questions=_KEPT_NOWHERE, **settings)[0]
        return
    from server.indexing import index_sources

    if not _ORG.is_dir():
        raise typer.BadParameter(
            f"the questions that come with Cuebook are about {_ORG}: run this in a checkout, or give a file"
        )
    kept = settings_of(home)
    with TemporaryDirectory(prefix="cuebook-exam-") as folder:
        given: dict[str, Any] = {
            "sources": (_ORG.resolve(),),
            "model": kept.model.model_dump(),
            "embedder": kept.embedder.model_dump(),
            "questions": _KEPT_NOWHERE,
        }
        index_sources(None, settings=settings_of(Path(folder), **given))
        yield lambda **settings: open_session(Path(folder), **(given | settings))[0]


def _floors(given: list[str]) -> dict[str, float]:
    floors = {}
    for each in given:
        name, _, value = each.partition("=")
        try:
            floors[name] = float(value)
        except ValueError as error:
            raise typer.BadParameter(
                f"--at-least {each!r}: give MARK=NUMBER, such as key_facts=0.8"
            ) from error
    return floors


def _show_marks(columns: "Columns", what: str) -> None:
    from rich.table import Table

    table = Table("mark", box=None)
    for column in columns:
        table.add_column(column, justify="right")
    for name in dict.fromkeys(name for marks in columns.values() for name in marks):
        table.add_row(name, *(f"{marks[name]:g}" if name in marks else "" for marks in columns.values()))
    print_table(table)
    print(f"\n{what}; `docs/exam.md` says what each mark counts")


def _show(board: "Scoreboard") -> None:
    from rich.table import Table

    table = Table("class", box=None)
    for heading in ("cases", "unsafe", "failed", "skipped"):
        table.add_column(heading, justify="right")
    for line in (*board.lines, board.total):
        table.add_row(
            line.name, *(str(count) for count in (line.cases, line.unsafe_cases, line.failed, line.skipped))
        )
    print_table(table)
    total = board.total
    print(
        f"\nunsafe actions: {total.unsafe_actions} in {total.cases} cases; unsafe-action rate {board.rate:.4f}"
    )
    told = [each for each in board.results if each.findings or each.skipped]
    for result in told[:_SHOWN]:
        print(f"\n{result.case.kind}: {result.case.name}")
        for finding in result.findings:
            print(f"  {'unsafe' if finding.unsafe else 'failed'}: {finding.text}")
        if result.skipped:
            print(f"  skipped: {result.skipped}")
    if len(told) > _SHOWN:
        print(f"\n… and {len(told) - _SHOWN} more; --json lists them all")
