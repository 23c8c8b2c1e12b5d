"""`cuebook up`: index what changed, serve, and say what to do next. `make run` ends here."""

import json
import sys
import time
from pathlib import Path

from rich.console import Console

from ingest.entities import EntityRef
from server.approving.approvers import Approvers
from server.cli.demo import DemoModels, demo_models
from server.cli.first_approver import provide_for_first_approver
from server.cli.ingest_command import summary
from server.cli.progress import Progress
from server.cli.serve import Host, Port, listen, run_server, who_calls
from server.cli.session import Home, settings_of
from server.composition import compose
from server.settings import Settings

_DEMO = EntityRef("component", "default", "home-ranker")


def up(host: Host = None, port: Port = None, home: Home = None) -> None:
    """Index the configured sources if they changed, train the demo's models once, serve until interrupted."""
    settings = settings_of(home, host=host, port=port)
    listen(settings.host, settings.port).close()  # a port in use is told before minutes of work, and so is
    cuebook = compose(settings)
    try:
        _ = cuebook.policies  # a policy that cannot be used
    finally:
        cuebook.close()
    provide_for_first_approver(settings)
    with demo_models(settings) as models:
        _index(settings)
        _wait_for(models)
    started = time.perf_counter()
    run_server(settings, on_ready=lambda address: _welcome(address, settings, time.perf_counter() - started))
    print("Stopped.", file=sys.stderr)


def _index(settings: Settings) -> None:
    from server.indexing import index_sources

    print("Indexing the catalog and docs" if settings.sources else "Looking for an index", file=sys.stderr)
    with Progress() as progress:
        report = index_sources(None, settings=settings, progress=progress)
    print(f"  {summary(report)}", file=sys.stderr)
    if report["skipped"]:
        print(f"  {len(report['skipped'])} skipped; `cuebook ingest` names them", file=sys.stderr)


def _wait_for(models: DemoModels) -> None:
    with Progress() as progress:
        fault = models.wait(progress)
    if fault:
        print(f"  The demo has no models: {fault}", file=sys.stderr)


def _welcome(address: str, settings: Settings, seconds: float) -> None:
    out = Console(stderr=True, highlight=False, soft_wrap=True)
    out.print(f"\n[bold]Cuebook is at {address}[/bold]  (ready in {seconds:.1f} s; Ctrl-C stops)\n")
    out.print(who_calls(settings))
    out.print("MCP clients: paste one of these into the client's configuration")
    out.print(f"  over HTTP   {json.dumps(client_configuration(url=f'{address}/mcp'))}")
    out.print(f"  over stdio  {json.dumps(client_configuration(home=settings.home))}\n")
    if Approvers(settings.home).is_waiting:
        out.print("Nobody can approve yet: `cuebook approvers add NAME`, with the code of the first start\n")
    name, question = _something_to_ask(settings)
    out.print("Try")
    out.print(f"  open {address} and ask: Who owns {name}?")
    out.print(f'  {_command()} ask "{question}"')
    out.print(f"  {_command()} entities --kind component --lifecycle production")


def _something_to_ask(settings: Settings) -> tuple[str, str]:
    """A component's name, and a question that fits what is indexed here."""
    cuebook = compose(settings)
    try:
        catalog = cuebook.library.catalog(cuebook.local_principal(door="cli"))
    finally:
        cuebook.close()
    if catalog.get(_DEMO) is not None:
        return _DEMO.name, "An ANN swap is stuck, what do I do?"
    component = next((entity for entity in catalog.query(kind="component") if entity.owner), None)
    name = component.ref.name if component else "my service"
    return name, f"What depends on {name}?"


def client_configuration(*, url: str | None = None, home: Path | None = None) -> dict[str, object]:
    """The `mcpServers` entry that most MCP clients read: over HTTP at `url`, else over stdio on `home`."""
    if url is not None:
        return {"mcpServers": {"cuebook": {"type": "http", "url": url}}}
    arguments = ["mcp", "--home", str((home or Path(".cuebook")).resolve())]
    return {"mcpServers": {"cuebook": {"command": _command(), "args": arguments}}}


def _command() -> str:
    """The command as this user can type it: the one that runs now."""
    beside = Path(sys.executable).with_name("cuebook")
    return str(beside) if beside.exists() else "cuebook"
