"""`cuebook serve`: the web page, REST and MCP over HTTP, over what is indexed already."""

import asyncio
import errno
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli.first_approver import provide_for_first_approver
from server.cli.session import Home, settings_of
from server.settings import Settings

if TYPE_CHECKING:
    import uvicorn

Host = Annotated[str | None, typer.Option(help="Address to listen on; beyond loopback needs tokens.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]
_GRACE_SECONDS = 3


class PortInUse(OSError):
    """The address cannot be listened on; mostly because another program does."""


def serve(host: Host = None, port: Port = None, home: Home = None) -> None:
    """Serve on an address until interrupted; logs go to standard error."""
    from server.logs import configure_logging

    settings = settings_of(home, host=host, port=port)
    configure_logging(settings)
    listen(settings.host, settings.port).close()  # a port in use is told before anybody is asked
    provide_for_first_approver(settings)
    print(who_calls(settings), file=sys.stderr)
    run_server(settings, on_ready=lambda address: print(f"Cuebook serves on {address}", file=sys.stderr))


def who_calls(settings: Settings) -> str:
    """Whom the server takes a caller for, in words."""
    if settings.asks_who:
        return "Every call needs a token."
    return "No token is wanted: every program on this machine is user:default/local."


def run_server(settings: Settings, *, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `on_ready` gets the address once requests are answered.

    Raises `PortInUse` before anything else is started.
    """
    listener = listen(settings.host, settings.port)
    port = listener.getsockname()[1]
    try:
        import uvicorn

        from server.app import make_app
        from server.prompt_headers import PromptHeaders

        app = make_app(settings.model_copy(update={"port": port}))
        config = uvicorn.Config(
            app,
            http=PromptHeaders,
            log_config=None,
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        name = f"[{settings.host}]" if ":" in settings.host else settings.host
        asyncio.run(_serve(uvicorn.Server(config), listener, lambda: on_ready(f"http://{name}:{port}")))
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()


async def _serve(server: "uvicorn.Server", listener: socket.socket, started: Callable[[], None]) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn offers a flag, no event
        await asyncio.sleep(0.02)
    if server.started:
        started()
    await serving


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `PortInUse` naming the address and the way out.

    It says that it is TCP, because only then does asyncio send each part of an answer at once. Else the body waits for the
    client to acknowledge the headers, which it puts off for 40 ms.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        first = "stop the program that does, or " if error.errno == errno.EADDRINUSE else ""
        raise PortInUse(
            f"cannot listen on {host}:{port} ({error.strerror or error}); {first}choose another address or port "
            f"with --host, --port, CUEBOOK_HOST or CUEBOOK_PORT"
        ) from error
    return listener
