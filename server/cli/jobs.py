"""`cuebook jobs`: how the jobs stand, what they print, and ending one."""

import asyncio
import sys
import time
from typing import Annotated, Any

import typer
from rich.table import Table

from server.cli.exits import Exit
from server.cli.figures import print_figures
from server.cli.session import AsJson, Home, call, open_session, print_json, print_table
from server.effect import plain, standing

app = typer.Typer(no_args_is_help=True, help="List, show, follow and cancel training and evaluation jobs.")

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id, as launching it printed.")]
_POLL = 0.5  # seconds


@app.command("list")
def list_jobs(
    state: Annotated[str | None, typer.Option(help="Only jobs in this state, such as running.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="Most jobs to list.")] = 25,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """List the jobs, newest first."""
    found = call(home, "list_jobs", {"state": state, "limit": limit})
    if as_json:
        print_json(found)
        return
    if not found["items"]:
        print("No jobs. Plan one with `cuebook actions call launch_training`.")
    for job in found["items"]:
        print(
            f"{job['id']}  {job['state']:<9} {job['recipe']:<8} {job['model'] or job['subject']:<24} "
            f"{job['created_at'][:19]}"
        )


@app.command("show")
def show_job(job: JobId, as_json: AsJson = False, home: Home = None) -> None:
    """Show how a job stands and what it was told to do."""
    found = call(home, "get_job", {"job": job})
    if as_json:
        print_json(found)
        return
    for name in ("id", "state", "reason", "recipe", "subject", "owner", "created_at", "started_at"):
        _field(name, found[name])
    for name in ("ended_at", "seconds", "cpu_seconds", "peak_memory_bytes", "exit_code", "out"):
        _field(name, found[name])
    if (registered := found["registered"]) is not None:
        _field("model", f"{registered['ref']}, owned by {registered['owner']}")
        _field("MLflow run", registered["run_id"])
        for measured in registered["measured"]:
            print_figures(measured)
    _field("not registered", found["unregistered"])


@app.command("logs")
def read_logs(
    job: JobId,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the job has ended.")] = False,
    home: Home = None,
) -> None:
    """Print what a job printed."""
    cuebook, principal = open_session(home)
    offset = 0
    try:
        with asyncio.Runner() as runner:
            while True:
                asked = {"job": job, "offset": offset}
                part = runner.run(cuebook.caller.call("read_job_log", asked, principal))
                sys.stdout.write(part["text"])
                sys.stdout.flush()
                at_end, offset = part["next_offset"] == offset, part["next_offset"]
                if part["finished"] or (at_end and not follow):
                    return
                if at_end:
                    time.sleep(_POLL)
    finally:
        cuebook.close()


@app.command("cancel")
def cancel_job(job: JobId, as_json: AsJson = False, home: Home = None) -> None:
    """End a job with everything it started."""
    cuebook, principal = open_session(home)

    async def cancelled() -> dict[str, Any]:
        plan = await cuebook.caller.call("cancel_job", {"job": job}, principal)
        return await cuebook.caller.apply(plan["digest"], principal)

    try:
        answer = asyncio.run(cancelled())
    finally:
        cuebook.close()
    if answer["status"] == "waiting":
        print(
            plain(f"{job} was not cancelled: plan {answer['digest']} is {standing(answer)}"), file=sys.stderr
        )
        raise typer.Exit(Exit.PLANNED)
    result = answer["result"]
    if as_json:
        print_json(result)
    else:
        print(f"{result['id']} {result['state']}")
    if result["state"] == "running":
        raise typer.Exit(Exit.FAILED)


@app.command("accuracy")
def job_accuracy(
    recipe: Annotated[str | None, typer.Option(help="Only this recipe: train or evaluate.")] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Compare what finished jobs used with what was estimated."""
    found = call(home, "job_accuracy", {"recipe": recipe})
    if as_json:
        print_json(found)
        return
    if not found["items"]:
        print("No job has succeeded yet.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("recipe", "kind", "jobs", "estimated", "used", "median", "10%", "90%", "worst", "its job"):
        table.add_column(column, overflow="fold")
    for line in found["items"]:
        hours = [f"{line[name]:.4f}" for name in ("estimated_cpu_hours", "used_cpu_hours")]
        ratios = [f"{line[f'{name}_ratio']:.2f}" for name in ("median", "low", "high", "worst")]
        table.add_row(line["recipe"], line["kind"], str(line["jobs"]), *hours, *ratios, line["worst_job"])
    print_table(table)
    print("CPU-hours, and used over estimated: above 1 they took more.")
    if found["left_out"]:
        others = ", ".join(f"{number} {state}" for state, number in sorted(found["left_out"].items()))
        print(f"not counted: {others}")


def _field(name: str, value: Any) -> None:
    if value not in (None, ""):
        print(f"{name.replace('_', ' '):<18} {value}")
