"""Structured logs on standard error, without secrets: text for people, or one JSON object a line.

Standard output stays free: over stdio it is the MCP protocol, in the CLI it is the answer.
"""

import logging
import re
import sys
from collections.abc import Sequence
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from server.settings import Settings

_SECRET_KEYS = re.compile(r"(?i)(api[_-]?key|token|secret|password|authorization|cookie)$")
_BEARER = re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}")
HIDDEN = "***"
# Their own request lines repeat ours, or print addresses with their query strings.
_QUIET = ("httpx", "httpx2", "httpcore", "mcp", "chromadb", "alembic", "urllib3", "asyncio", "openai")


class Redaction:
    """Hides configured secrets, bearer tokens and values under telling keys, however deep they sit.

    It does not recognise secrets that nobody configured and that stand in free text.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(sorted(secrets, key=len, reverse=True))

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {key: self.clean(value, key=key) for key, value in event.items()}

    def clean(self, value: Any, *, key: str = "") -> Any:
        """`value` with every secret in it replaced; other types than text and containers pass as they are."""
        if _SECRET_KEYS.search(key) and value:
            return HIDDEN
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {name: self.clean(item, key=str(name)) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean(item) for item in value]
        return value

    def text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return _BEARER.sub(rf"\1{HIDDEN}", text)


class _Rendered(logging.Formatter):
    """Cleans the finished line once more: tracebacks and other people's messages are text by then."""

    def __init__(self, formatter: logging.Formatter, redaction: Redaction) -> None:
        super().__init__()
        self._formatter, self._redaction = formatter, redaction

    def format(self, record: logging.LogRecord) -> str:
        return self._redaction.text(self._formatter.format(record))


def configure_logging(settings: Settings, *, quiet: bool = False) -> None:
    """Send everything, ours and the libraries', through one handler on standard error. Safe to call again.

    `quiet` leaves out what is not at least a warning, for commands whose output is the answer.
    """
    redaction = Redaction(settings.secrets)
    level = "WARNING" if quiet and settings.log.level == "INFO" else settings.log.level
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redaction,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Rendered(_formatter(shared, as_json=settings.log.json_lines), redaction))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers[:], logger.propagate = [], name != "uvicorn.access"
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _formatter(shared: list[Processor], *, as_json: bool) -> logging.Formatter:
    if as_json:
        render: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        colours = sys.stderr.isatty()
        plain = structlog.dev.plain_traceback
        render = [structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
    )
