"""`cuebook policy`: what the policy says, without calling anything."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.actions import object_of
from server.cli.session import AsJson, Home, call_within, open_session, print_json
from server.effect import plain
from tools import strict_json
from tools.principal import LOCAL, Principal

if TYPE_CHECKING:
    from server.composition import Cuebook
    from tools.policy.decision import Asked, Decision

app = typer.Typer(no_args_is_help=True, help="Check, explain and print the policy.")

_MOST = 10  # names shown to people; --json has all
Hours = Annotated[float | None, typer.Option(min=0, help="Take this for the estimate instead of planning.")]


@app.command("check")
def check_file(
    file: Annotated[Path | None, typer.Argument(help="A policy file; by default that of the home.")] = None,
    home: Home = None,
) -> None:
    """Say whether a policy can be used, for the actions there are; exit code 2 and every problem if not."""
    from server.policies import client_source

    cuebook, _ = open_session(home)
    source = cuebook.policies[0] if file is None else client_source(file, cuebook.actions)
    rules, limits = len(source.file.rules), len(source.file.limits)
    print(f"{source.name} can be used: {rules} rules, {limits} limits")


@app.command("matrix")
def print_matrix(
    file: Annotated[Path | None, typer.Argument(help="A policy file; by default that of the home.")] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Print who may do what with which arguments: every kind of principal, every action with an effect."""
    from server.policies import client_source
    from tools.policy.matrix import as_text, matrix

    cuebook, _ = open_session(home)
    source = cuebook.policies[0] if file is None else client_source(file, cuebook.actions)
    cells = matrix(source, cuebook.actions, local_scopes=cuebook.local_scopes())
    if as_json:
        print_json([asdict(cell) for cell in cells])
    else:
        print(as_text(cells), end="")


@app.command("explain")
def explain(
    *,
    who: Annotated[str, typer.Argument(help="Who would call: local, user:NAME or service:NAME.")],
    action: Annotated[str, typer.Argument(help="The action's name.")],
    arguments: Annotated[str, typer.Argument(help="Its arguments, a JSON object.")] = "{}",
    cpu_hours: Hours = None,
    gpu_hours: Hours = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Name the rule that decides about a call, and who could approve it. Nothing is done or stored.

    An effect is planned for it, as that principal, holding the action's scope or those of its token.
    """
    from tools.plan import Estimate, Plan

    given = object_of(arguments)
    cuebook, local = open_session(home)
    try:
        plan = None
        if cpu_hours is not None or gpu_hours is not None:
            plan = Plan(estimate=Estimate(cpu_hours=cpu_hours or 0.0, gpu_hours=gpu_hours or 0.0))
        principal = _principal(who, action, cuebook, local)
        asked, decision = call_within(cuebook.caller.opened().weigh(action, given, principal, plan=plan))
        told = _told(asked, decision, _who_could(cuebook, asked, decision))
    finally:
        cuebook.close()
    if as_json:
        print_json(told)
        return
    print(plain(f"{told['verdict']}: {action} by {told['who']}"))
    for field in ("rule", "because", "takes", "could_approve"):
        if value := told[field]:
            print(plain(f"  {field.replace('_', ' '):<14} {_short(value)}"))


def _principal(who: str, action: str, cuebook: "Cuebook", local: Principal) -> Principal:
    from tools.policy.names import who as named

    if who in ("local", LOCAL):
        return local
    try:
        ref = named(who)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if not ref.startswith(("user:", "service:")):
        raise typer.BadParameter(f"{who!r} calls nothing; name one user:NAME or service:NAME, or local")
    tokens = {f"service:default/{token.name}": token.scopes for token in cuebook.settings.api_tokens}
    scopes = tokens.get(ref, frozenset({cuebook.actions.get(action).scope}))
    return Principal(ref=ref, scopes=scopes)


def _who_could(cuebook: "Cuebook", asked: "Asked", decision: "Decision") -> list[str]:
    """Those who have a secret to approve with and whom the policy would let."""
    if decision.approval is None:
        return []
    known = [f"user:default/{name}" for name in cuebook.proofs.approvers.all()]
    caller = cuebook.caller.opened()
    could = [ref for ref in known if not caller.may_approve(Principal(ref=ref), asked, decision)]
    return could or ["none of the approvers there are" if known else "nobody: there are no approvers yet"]


def _told(asked: "Asked", decision: "Decision", could: list[str]) -> dict[str, Any]:
    from tools.state.plan_row import described

    takes = "" if decision.approval is None else described(decision.approval, asked.principal.ref)
    return {
        "verdict": decision.verdict.value,
        "who": asked.principal.ref,
        "action": asked.action,
        "arguments": dict(asked.arguments),
        "estimate": None if asked.plan is None else asked.plan.estimate.model_dump(),
        "rule": decision.rule,
        "because": decision.reason,
        "takes": takes,
        "could_approve": could,
    }


def _short(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    more = f" and {len(value) - _MOST} more" if len(value) > _MOST else ""
    return ", ".join(value[:_MOST]) + more


def terms_of(text: str, option: str) -> dict[str, Any]:
    """The JSON object that an option was given."""
    try:
        value = strict_json.read(text)
    except strict_json.NamedTwice as error:
        raise typer.BadParameter(f"{option} {error}") from error
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"{option} is not JSON: {error}; given {text[:80]!r}") from error
    if not isinstance(value, dict):
        raise typer.BadParameter(f"{option} must be an object; given {text[:80]!r}")
    return value
