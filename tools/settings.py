"""How a deployment extends and limits its actions. `server/settings.py` builds this."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic_settings import NoDecode

from tools.jobs.spec import Limits, Name
from tools.repositories import Repository

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[1-9][0-9]{0,4})?")
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]


def _fits_a_variable(secret: SecretStr) -> SecretStr:
    if "\0" in secret.get_secret_value():
        raise ValueError("holds a NUL character, which no variable and no header can; take it out")
    return secret


def _is_host(text: str) -> str:
    """As it is compared: what is spelt otherwise would never fit, and nobody would be told."""
    if not _HOST.fullmatch(text):
        raise ValueError(
            "is no host as it is compared; write it in lower case without scheme, path or a dot at its end, such as "
            "ops.example.com, ops.example.com:8443 or [::1]:9000"
        )
    return text


Secret = Annotated[SecretStr, Field(min_length=8), AfterValidator(_fits_a_variable)]
"""Short ones would be hidden in unrelated output, and are none."""
HostPort = Annotated[str, AfterValidator(_is_host)]


class ActionsSettings(BaseModel):
    """Where actions come from besides the ones that ship with this package."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: Path | None = Field(
        None, description="A folder of further actions, one Python file each. Its code runs in this process."
    )
    declared: Path | None = Field(
        None, description="A folder of actions as YAML files; by default `actions.d` under the home."
    )
    playbooks: Path | None = Field(
        None, description="A folder of playbooks; by default `playbooks` under the home."
    )
    repositories: dict[Name, Repository] = Field(
        default_factory=dict,
        description="Local checkouts that patches may be proposed for, as JSON by name: "
        '{"ranker": {"path": "/src/ranker", "entity": "component:default/ranker"}}.',
    )
    executables: dict[Name, Path] = Field(
        default_factory=dict,
        description='Programs that those may name, as JSON: {"nightctl": "/opt/bin/nightctl"}.',
    )
    environment: Annotated[frozenset[Variable], NoDecode] = Field(
        frozenset(), description="Environment variables that those may set for a command, by commas."
    )
    allowed_hosts: Annotated[frozenset[HostPort], NoDecode] = Field(
        frozenset(),
        description="Hosts that those may call, by commas; `host:port` where it is not the usual one.",
    )
    private_hosts: Annotated[frozenset[HostPort], NoDecode] = Field(
        frozenset(), description="Those of the allowed hosts whose addresses may be private ones."
    )
    secrets: dict[Name, Secret] = Field(
        default_factory=dict, description="Secrets that those may name, as JSON by name; never shown."
    )

    @field_validator("environment", "allowed_hosts", "private_hosts", mode="before")
    @classmethod
    def _splits(cls, value: object) -> object:
        return (
            frozenset(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )


class DataSet(BaseModel):
    """Where a data set lies. Callers name it; they never say where it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = Field(description="A file or folder, as the format has it.")
    format: str = Field(pattern=r"^[a-z0-9-]{1,40}$", description="s3rec, ml-100k, hetrec or world.")


class RaySettings(BaseModel):
    """The Ray cluster that jobs run on, where `jobs.backend` is `ray`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: str | None = Field(
        None,
        pattern=r"^https?://[a-z0-9.:\[\]-]+$",
        description="Its dashboard, such as http://127.0.0.1:8265; beyond loopback the host has to be in "
        "`actions.allowed_hosts`.",
    )
    token: SecretStr | None = Field(None, description="Its token, where it asks for one.")
    python: str = Field(
        "python", min_length=1, description="What starts Python there, with what the core needs."
    )
    runtime_env: dict[str, Any] = Field(
        default_factory=dict,
        description='Added to the runtime environment of each job, as JSON: {"pip": ["numpy"]}.',
    )


class JobsSettings(BaseModel):
    """What jobs may read and use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: dict[Name, DataSet] = Field(
        default_factory=dict,
        description='Data sets by name, as JSON: {"ml-100k": {"path": "/data/ml-100k", "format": "ml-100k"}}. '
        "`world`, a small generated one, is always there.",
    )
    backend: Literal["local", "ray"] = Field(
        "local", description="Where jobs run: this machine, or a Ray cluster."
    )
    ray: RaySettings = RaySettings()
    slots: int = Field(1, ge=1, le=64, description="How many jobs run at once; others wait.")
    limits: Limits = Field(Limits(), description="What any one job may use before it is stopped.")
    scaffold: Path | None = Field(
        None, description="Where scaffolded training jobs are put; by default `scaffold` under the home."
    )

    @model_validator(mode="after")
    def _has_address(self) -> "JobsSettings":
        if self.backend == "ray" and self.ray.address is None:
            raise ValueError("backend is ray, so ray.address is needed, such as http://127.0.0.1:8265")
        return self


class ModelsSettings(BaseModel):
    """Where the runs and versions of models are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tracking_uri: SecretStr | None = Field(
        None,
        description="An MLflow tracking server or database, such as `https://mlflow.example.com`; without one runs and "
        "versions are kept under the home, in SQLite.",
    )

    stale_seconds: float = Field(
        60.0,
        ge=0,
        le=86_400,
        description="How old what others registered there may be before it is read again.",
    )

    surfaces: Path | None = Field(
        None,
        description="A folder with one `NAME.json` a surface, in place of `home`, `search`, `playlist-continuation` and "
        "`podcasts`.",
    )

    @field_validator("tracking_uri")
    @classmethod
    def _is_uri(cls, uri: SecretStr | None) -> SecretStr | None:
        if uri is None or not uri.get_secret_value():
            return None
        if "://" not in uri.get_secret_value():
            raise ValueError("is no URI; write it like https://mlflow.example.com or postgresql://…")
        return uri


class QuestionsSettings(BaseModel):
    """What is kept of the questions that are asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: float = Field(
        180, ge=0, le=3_650, description="How long a question is kept with what came of it; 0 records none."
    )
    most: int = Field(50_000, ge=1, le=1_000_000, description="How many are kept, the newest.")


class ApprovalsSettings(BaseModel):
    """How long plans and approvals live, and who is told that one waits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan_minutes: int = Field(
        15, ge=1, le=1_440, description="How long a plan lives that may be applied at once."
    )
    waiting_hours: int = Field(24, ge=1, le=720, description="How long a plan lives that waits for approval.")
    approval_minutes: int = Field(60, ge=1, le=1_440, description="How long an approval counts, at most.")
    webhook: SecretStr | None = Field(
        None, description="Told by POST that a plan waits: an https address, or one on this machine."
    )
    webhook_secret: SecretStr | None = Field(
        None, min_length=16, description="Signs what the webhook is told, at least 16 characters."
    )
    page: str | None = Field(
        None,
        pattern=r"^https?://[A-Za-z0-9.:\[\]/_-]+$",
        description="Where approvers open the page, for the link in that message.",
    )

    @field_validator("webhook")
    @classmethod
    def _is_safe(cls, webhook: SecretStr | None) -> SecretStr | None:
        if webhook is None or not webhook.get_secret_value():
            return None
        try:
            parts = urlsplit(webhook.get_secret_value())
            host, _ = parts.hostname or "", parts.port
        except ValueError as error:
            raise ValueError("is no address") from error
        near = host in {"localhost", "127.0.0.1", "::1"}
        if not host or parts.username or parts.scheme not in ({"http", "https"} if near else {"https"}):
            raise ValueError("is no https address; write it like https://chat.example.com/hooks/…")
        return webhook

    @field_validator("page")
    @classmethod
    def _has_no_slash_at_its_end(cls, page: str | None) -> str | None:
        return page.rstrip("/") if page else None
