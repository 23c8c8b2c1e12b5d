"""`cuebook grants`: approvals given in advance, for work that nobody sits beside."""

import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from server.cli.approver import ask_approver
from server.cli.policy import terms_of
from server.cli.session import AsJson, Home, open_session, print_json
from server.effect import plain

if TYPE_CHECKING:
    from server.composition import Cuebook
    from tools.granting import Granting
    from tools.policy.grants import Grant, GrantTerms

app = typer.Typer(no_args_is_help=True, help="Add, list and revoke standing grants.")

_UNITS = {"m": 60, "h": 3_600, "d": 86_400}
_LONGEST = 366  # days
Conditions = Annotated[
    str, typer.Option(help='Conditions as in a rule, JSON: {"name": {"pattern": "nightly-.*"}}.')
]


@app.command("add")
def add_grant(
    *,
    who: Annotated[str, typer.Option(help="For whom: service:NAME, user:NAME, group:NAME.")],
    action: Annotated[str, typer.Option(help="The action's name.")],
    expires: Annotated[str, typer.Option(help="When it ends: 12h, 30d, or 2027-01-31.")],
    count: Annotated[int, typer.Option(help="How many times it may be used.")],
    arguments: Conditions = "{}",
    plan: Annotated[
        str, typer.Option(help='The same for the plan: {"estimate.cpu_hours": {"at_most": 1}}.')
    ] = "{}",
    cpu_hours: Annotated[float | None, typer.Option(help="CPU-hours of all uses together.")] = None,
    gpu_hours: Annotated[float | None, typer.Option(help="GPU-hours of all uses together.")] = None,
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    approvers: Annotated[
        list[str] | None, typer.Option("--as", help="Who approves; several times for several people.")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Approve in advance what somebody may do without a person beside it; asks approvers for their passphrase.

    It counts only for plans that these approvers may approve by the policy.
    """
    from server.approving import terminal

    given = {
        "who": who,
        "action": action,
        "arguments": terms_of(arguments, "--arguments"),
        "plan": terms_of(plan, "--plan"),
        "count": count,
        "cpu_hours": cpu_hours,
        "gpu_hours": gpu_hours,
        "expires_at": _end(expires, now=time.time()),
        "note": note,
    }
    cuebook, _ = open_session(home)
    try:
        terms, granting = _checked(given), _granting(cuebook)
        granting.refuse_what_fits_nothing(terms)
        with terminal.open_terminal() as tty:
            tty.say("\n".join(map(plain, _lines(terms))))
            names: list[str | None] = list(approvers) if approvers else [None]
            people = tuple(ask_approver(tty, cuebook, name=name, doing="Grant it as") for name in names)
        grant = granting.add(terms, people)
    finally:
        cuebook.close()
    if as_json:
        print_json(_shown(grant))
    else:
        print(
            f"grant {grant.id} counts until {_moment(terms.expires_at)}; `cuebook grants revoke {grant.id}` ends it"
        )


@app.command("list")
def list_grants(as_json: AsJson = False, home: Home = None) -> None:
    """List the grants with what is left of them, newest first."""
    cuebook, _ = open_session(home)
    try:
        found = _granting(cuebook).list()
    finally:
        cuebook.close()
    if as_json:
        print_json([_shown(grant) for grant in found])
        return
    if not found:
        print("No grants. `cuebook grants add --help` says how to make one.")
    for grant in found:
        state, terms = grant.state(time.time()), grant.terms
        print(f"{grant.id}  {state:<8}  {grant.used} of {terms.count} used, by {', '.join(grant.approvers)}")
        print("\n".join(f"          {plain(line)}" for line in _lines(terms)))


@app.command("revoke")
def revoke_grant(id: Annotated[str, typer.Argument(help="The grant's id.")], home: Home = None) -> None:
    """End a grant at once, also for what was planned with it and not applied. It takes no passphrase."""
    cuebook, principal = open_session(home)
    try:
        grant = _granting(cuebook).revoke(id, principal)
    finally:
        cuebook.close()
    print(f"grant {grant.id} is revoked; it was used {grant.used} times")


def _granting(cuebook: "Cuebook") -> "Granting":
    granting = cuebook.caller.opened().granting
    assert granting is not None  # noqa: S101 - a composed caller has grants
    return granting


def _checked(given: dict[str, Any]) -> "GrantTerms":
    from tools.policy.grants import GrantTerms

    try:
        return GrantTerms.model_validate(given)
    except ValidationError as error:
        problems = [
            f"--{_option(problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors()
        ]
        raise typer.BadParameter("; ".join(problems)) from error


def _option(loc: Sequence[int | str]) -> str:
    return ".".join(str(part).replace("_", "-") for part in loc if part != "[key]")


def _end(text: str, *, now: float) -> float:
    """Seconds since the epoch of a duration from now or of a day's end, in UTC."""
    if match := re.fullmatch(r"(\d{1,6})([mhd])", text):
        end = now + int(match[1]) * _UNITS[match[2]]
    else:
        try:
            day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            raise typer.BadParameter(
                f"--expires {text[:40]!r} is no time; write 12h, 30d or 2027-01-31"
            ) from None
        end = day.timestamp() + 86_400
    if not now < end <= now + _LONGEST * 86_400:
        raise typer.BadParameter(f"--expires {text[:40]!r} is not within the next {_LONGEST} days")
    return end


def _lines(terms: "GrantTerms") -> list[str]:
    conditions = [
        f"{path} {condition}" for path, condition in (*terms.arguments.items(), *terms.plan.items())
    ]
    bounds = [
        f"{value:g} {unit} in all"
        for value, unit in ((terms.cpu_hours, "CPU-hours"), (terms.gpu_hours, "GPU-hours"))
        if value is not None
    ]
    return [
        f"{terms.action} by {terms.who}, {terms.count} times until {_moment(terms.expires_at)}",
        f"where {', '.join(conditions)}" if conditions else "with any arguments, at any cost",
        *bounds,
        *([terms.note] if terms.note else []),
    ]


def _shown(grant: "Grant") -> dict[str, Any]:
    return {
        "id": grant.id,
        "state": grant.state(time.time()),
        **grant.terms.model_dump(mode="json", exclude_none=True),
        "expires_at": _moment(grant.terms.expires_at),
        "approvers": list(grant.approvers),
        "created_at": _moment(grant.created_at),
        "used": grant.used,
        "used_cpu_hours": round(grant.used_cpu_hours, 6),
        "used_gpu_hours": round(grant.used_gpu_hours, 6),
        "revoked_at": None if grant.revoked_at is None else _moment(grant.revoked_at),
        "revoked_by": grant.revoked_by,
    }


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
