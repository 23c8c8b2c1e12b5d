"""How this deployment runs: one frozen object, read once out of the environment and `$CUEBOOK_HOME/settings.toml`.

What was given on a command line wins over the environment, that over the file, that over the defaults. This
is the only module that reads the environment.
"""

import difflib
import ipaddress
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from ingest.settings import AnswersSettings, BackstageSettings, EmbedderSettings, Endpoint, ModelSettings
from server.identity.settings import AuthSettings, Issuer
from tools.settings import (
    ActionsSettings,
    ApprovalsSettings,
    JobsSettings,
    ModelsSettings,
    QuestionsSettings,
)
from tools.toolset import Toolset

PREFIX = "CUEBOOK_"
_FOR_TESTS = f"{PREFIX}TEST_"
_PORT = re.compile(r"\d{1,5}(?:/.*)?")
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class SettingsInvalid(ValueError):
    """A setting is unknown or has an unusable value; the message names the variable and where it was set."""


class LogSettings(BaseModel):
    """What goes to standard error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    json_lines: bool = Field(
        False, alias="json", description="One JSON object a line instead of text for people."
    )


class TelemetrySettings(BaseModel):
    """What is measured, and who is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metrics: bool = Field(True, description="Serve Prometheus metrics at /metrics.")
    otlp_endpoint: Endpoint | None = Field(
        None, description="Send OpenTelemetry traces to this OTLP/HTTP address; nothing is sent without it."
    )


class ApiToken(BaseModel):
    """One client that may call over HTTP, by bearer token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", description="Becomes `service:default/<name>`.")
    token: SecretStr = Field(description="At least 16 characters; make one with `openssl rand -hex 32`.")
    scopes: frozenset[str] = Field(frozenset({"docs:read", "catalog:read"}))
    on_behalf_of: str = Field(
        "",
        pattern=r"^((user|group):[a-z0-9._-]{1,63}/[a-z0-9._-]{1,63})?$",
        description="The person or team that it works for; for the audit only.",
    )

    @field_validator("token")
    @classmethod
    def _is_long(cls, token: SecretStr) -> SecretStr:
        if len(token.get_secret_value()) < 16:
            raise ValueError("is shorter than 16 characters; make one with `openssl rand -hex 32`")
        return token


class McpSettings(BaseModel):
    """What MCP clients are shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    toolsets: Annotated[tuple[Toolset, ...], NoDecode] = Field(
        (),
        description="Toolsets whose actions are listed as tools: `ask`, `operate`, `recsys`, `admin`, or `all`; by "
        "default a short list of `ask`.",
    )

    @field_validator("toolsets", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        return Toolset.named(value) if isinstance(value, str) else value


def default_sources(folder: Path = Path()) -> tuple[Path, ...]:
    """What a fresh checkout indexes: the demo organisation, and the project's own catalog file with its docs."""
    found = (folder / "examples" / "org", folder / "catalog-info.yaml")
    return tuple(path for path in found if path.exists())


class Settings(BaseSettings):
    """All settings. Raises pydantic's `ValidationError`; `load` turns that into a readable `SettingsInvalid`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid", populate_by_name=True
    )

    home: Path = Field(Path(".cuebook"), description="Where the index and all state live.")
    host: str = Field(
        "127.0.0.1",
        min_length=1,
        description="Address to listen on; beyond loopback needs tokens or an issuer.",
    )
    port: int = Field(8000, ge=0, le=65535)
    sources: Annotated[tuple[Path, ...], NoDecode] = Field(
        default_factory=default_sources,
        description="Folders, catalog files, Git repositories or Backstage instances to index, separated like PATH; by default the demo organisation and "
        "this project's own docs, where they are found in the working folder.",
    )
    source_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Hosts that Git repositories may be fetched from, and Backstage be asked, as sources; by commas.",
    )
    refresh_seconds: float = Field(
        0.0, ge=0, description="How often a server reads its sources again; 0: only when it is asked to."
    )
    untrusted: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description="Sources, or folders of them, whose text nobody vouches for, separated like PATH: a plan that is made "
        "after reading it asks for one approval more.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Further values of the Host header to answer to, such as `cuebook.example.com`."
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Further pages whose scripts may call, such as `https://portal.example.com`."
    )
    api_tokens: tuple[ApiToken, ...] = Field((), description="Clients that may call over HTTP; a JSON list.")
    auth: AuthSettings = AuthSettings()
    backstage: BackstageSettings = BackstageSettings()
    embedder: EmbedderSettings = EmbedderSettings()
    model: ModelSettings = ModelSettings()
    answers: AnswersSettings = AnswersSettings()
    actions: ActionsSettings = ActionsSettings()
    approvals: ApprovalsSettings = ApprovalsSettings()
    jobs: JobsSettings = JobsSettings()
    models: ModelsSettings = ModelsSettings()
    questions: QuestionsSettings = QuestionsSettings()
    mcp: McpSettings = McpSettings()
    log: LogSettings = LogSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

    _given: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic passes it by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        home = init_settings().get("home") or env_settings().get("home") or ".cuebook"
        return (
            init_settings,
            env_settings,
            InitSettingsSource(settings_cls, _file(Path(str(home)).expanduser())),
        )

    @field_validator("home")
    @classmethod
    def _expands(cls, home: Path) -> Path:
        return home.expanduser()

    @field_validator("sources", "untrusted", mode="before")
    @classmethod
    def _splits_paths(cls, value: object) -> object:
        return _with_addresses(_split(value, os.pathsep))

    @field_validator("allowed_hosts", "allowed_origins", "source_hosts", mode="before")
    @classmethod
    def _splits_names(cls, value: object) -> object:
        return _split(value, ",")

    def source_of(self, name: str) -> str:
        """Where the value of the setting `name` came from: `default`, `settings.toml`, `environment`, …"""
        return _source(self._given, name)

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    @property
    def asks_who(self) -> bool:
        """Whether the HTTP doors want a token; without, whoever connects is the local user."""
        return bool(self.api_tokens or self.auth.issuers)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every configured secret, for logs to leave out."""
        given = (self.embedder.api_key, self.model.api_key, self.models.tracking_uri, self.jobs.ray.token)
        portal = (self.backstage.token,)
        hook = (self.approvals.webhook, self.approvals.webhook_secret)
        tokens = (token.token for token in self.api_tokens)
        keys = (*given, *portal, *hook, *tokens, *self.actions.secrets.values())
        return tuple(key.get_secret_value() for key in keys if key is not None and key.get_secret_value())


def load(overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings of this process; `overrides` is what the command line named.

    Raises `SettingsInvalid` for an unknown name, an unusable value, or a settings file that is not TOML.
    """
    given = {name: value for name, value in (overrides or {}).items() if value is not None}
    _refuse_unknown_variables(os.environ)
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise SettingsInvalid("; ".join(_explain(problem) for problem in error.errors())) from error
    except SettingsError as error:
        raise SettingsInvalid(f"a {PREFIX}* variable is no valid JSON: {error}") from error
    in_file = dict.fromkeys(_flat(_file(settings.home)), "settings.toml")
    in_environment = {
        name: "environment" for name, _ in _fields(Settings) if _variable(name) in _upper_names(os.environ)
    }
    settings._given = in_file | in_environment | dict.fromkeys(_flat(given), "command line")
    return settings


@dataclass(frozen=True, slots=True)
class SettingLine:
    """One setting as `cuebook settings` shows it; `value` never holds a secret."""

    name: str
    variable: str
    value: str
    source: str
    description: str


def describe(settings: Settings) -> tuple[SettingLine, ...]:
    """Every setting with its value, the variable that changes it, and where the value came from."""
    lines = []
    for name, info in _fields(Settings):
        value: Any = settings
        for part in name.split("."):
            value = getattr(value, "json_lines" if part == "json" else part)
        source = settings.source_of(name)
        lines.append(SettingLine(name, _variable(name), _shown(value), source, info.description or ""))
    return tuple(lines)


def _source(given: Mapping[str, str], name: str) -> str:
    """A setting counts as given when it, a part of it, or the section around it was."""
    for other, source in given.items():
        if other == name or other.startswith(f"{name}.") or name.startswith(f"{other}."):
            return source
    return "default"


def _shown(value: Any) -> str:
    if value is None or value in ((), frozenset()):
        return ""
    if isinstance(value, SecretStr):
        return "(set, not shown)"
    if isinstance(value, tuple) and isinstance(value[0], ApiToken):
        return ", ".join(f"{token.name} ({' '.join(sorted(token.scopes))})" for token in value)
    if isinstance(value, tuple | frozenset):
        many = sorted(value) if isinstance(value, frozenset) else value
        return ", ".join(each.issuer if isinstance(each, Issuer) else str(each) for each in many)
    if isinstance(value, Mapping) and any(isinstance(each, SecretStr) for each in value.values()):
        return f"{', '.join(sorted(value))} (set, not shown)"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for field, info in model.model_fields.items():
        name = f"{prefix}{info.alias or field}"
        annotation = info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _fields(annotation, f"{name}.")
        else:
            yield name, info


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, BaseModel):
            yield from _flat(value.model_dump(exclude_unset=True, by_alias=True), f"{prefix}{key}.")
        elif isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _variable(name: str) -> str:
    return f"{PREFIX}{name.replace('.', '__').upper()}"


def _upper_names(environ: Mapping[str, str]) -> set[str]:
    return {name.upper() for name in environ}


def _refuse_unknown_variables(environ: Mapping[str, str]) -> None:
    known = {_variable(name) for name, _ in _fields(Settings)}
    sections = {variable.split("__")[0] for variable in known}
    for name in sorted(_upper_names(environ)):
        if not name.startswith(PREFIX) or name.startswith(_FOR_TESTS) or name in known | sections:
            continue
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "`cuebook settings` lists the names there are"
        raise SettingsInvalid(f"{name} is no setting; {hint}")


def _explain(problem: Any) -> str:
    name = ".".join(str(part) for part in problem["loc"])
    value = problem.get("input")
    secret = any(word in name for word in ("key", "token", "secret")) or "@" in str(value)
    hidden = secret or isinstance(value, dict | list | SecretStr) or problem["type"] == "missing"
    shown = "" if hidden else f" {value!r}"
    text = problem["msg"].removeprefix("Value error, ")
    return f"{_variable(name)} (`{name}` in settings.toml){shown}: {text}"


def _split(value: object, separator: str) -> object:
    """A list may be written as JSON or with a separator, as it is natural in a shell."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError(f"starts like a JSON list but is none ({error})") from error
    return tuple(part.strip() for part in value.split(separator) if part.strip())


def _with_addresses(value: object) -> object:
    """`git+https` and `//host/path` are parts only because addresses have the separator of PATH in them; so may a port."""
    if not isinstance(value, tuple):
        return value
    whole: list[str] = []
    for part in value:
        last = str(whole[-1]) if whole else ""
        scheme = last.startswith(("git+", "backstage+")) and ":" not in last and str(part).startswith("/")
        port = last.startswith("backstage+") and last.count(":") == 1 and _PORT.fullmatch(str(part))
        if scheme or port:
            whole[-1] += f":{part}"
        else:
            whole.append(part)
    return tuple(whole)


def _file(home: Path) -> dict[str, Any]:
    path = home / "settings.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsInvalid(f"{path} cannot be read: {error}; correct or remove it") from error
