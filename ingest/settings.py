"""How a deployment embeds and, where it has a chat model, writes its answers.

`server/settings.py` reads the environment and builds these; this package only declares them.
"""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no http(s) address; write it like http://127.0.0.1:11434/v1")
    if parts.username or parts.password:
        raise ValueError("carries a user or password; put the key into `api_key` instead")
    return url.rstrip("/")


Endpoint = Annotated[str, AfterValidator(_endpoint)]


class EmbedderSettings(BaseModel):
    """Which model turns text into vectors. Changing it makes the next ingest embed everything again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["minilm", "openai", "hashing"] = Field(
        "minilm",
        description="`minilm` runs in this process without any download, `openai` asks an endpoint of that shape, "
        "`hashing` needs no model and only counts words (for tests).",
    )
    url: Endpoint | None = Field(None, description="Base address of the endpoint, for `openai`.")
    model: str | None = Field(None, min_length=1, description="Name of the endpoint's model, for `openai`.")
    api_key: SecretStr | None = Field(None, description="Key for the endpoint, if it wants one.")

    @model_validator(mode="after")
    def _names_its_endpoint(self) -> "EmbedderSettings":
        if self.kind == "openai" and not (self.url and self.model):
            raise ValueError("kind `openai` needs `url` and `model` as well")
        return self


class BackstageSettings(BaseModel):
    """How running Backstage instances are read as sources."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: SecretStr | None = Field(
        None,
        description="Token for their API (`backend.auth.externalAccess`), sent to the hosts of `source_hosts` alone.",
    )


def _host(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?", text.lower()):
        raise ValueError(f"{text!r} is no host; write it like docs.example.com or docs.example.com:8443")
    return text.lower()


class AnswersSettings(BaseModel):
    """What answers may hold beside what the docs say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    link_hosts: Annotated[frozenset[Annotated[str, AfterValidator(_host)]], NoDecode] = Field(
        frozenset(),
        description="Hosts, by commas, that answers may link to over https where the docs do; other links become text.",
    )

    @field_validator("link_hosts", mode="before")
    @classmethod
    def _splits(cls, value: object) -> object:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )


class ModelSettings(BaseModel):
    """The chat model that words answers. Without a name, answers are sentences of the documents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = Field(
        None, min_length=1, description="Name of the model at the endpoint; none by default."
    )
    url: Endpoint | None = Field(
        None, description="Base address of an OpenAI-shaped endpoint (vLLM, Ollama, a hosted one)."
    )
    api_key: SecretStr | None = Field(None, description="Key for the endpoint, if it wants one.")
    temperature: float = Field(0.0, ge=0, le=2)
    timeout_seconds: float = Field(60.0, gt=0, le=600, description="How long one answer may take.")
    steps: int = Field(
        6, ge=1, le=20, description="How often the model may be called for one answer, tools between."
    )
    tokens: int = Field(
        8_000,
        ge=0,
        le=200_000,
        description="How much more than the first passages it may read for one answer.",
    )

    @model_validator(mode="after")
    def _is_whole(self) -> "ModelSettings":
        if (self.name is None) != (self.url is None):
            raise ValueError("`name` and `url` go together; give both, or neither to answer without a model")
        return self

    @property
    def configured(self) -> bool:
        return self.name is not None
