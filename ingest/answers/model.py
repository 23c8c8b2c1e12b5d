"""A chat model behind one seam: any OpenAI-shaped endpoint through LangChain, or a script.

The only file that knows LangChain, which is imported when the first question needs it.
"""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import SecretStr

from ingest.errors import ModelUnavailable

if TYPE_CHECKING:
    import httpx
    from langchain_openai import ChatOpenAI

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the conversation that a model is shown."""

    role: Role
    content: str


class ChatModel(Protocol):
    """Something that goes on a conversation."""

    @property
    def name(self) -> str: ...

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """The reply in pieces. Raises `ModelUnavailable` when there is none, also in the middle of it."""
        ...


class OpenAIChatModel:
    """vLLM, Ollama, or a hosted model: whatever answers `POST {url}/chat/completions`."""

    def __init__(
        self,
        *,
        url: str,
        name: str,
        api_key: SecretStr | None = None,
        temperature: float = 0.0,
        timeout_seconds: float = 30.0,
        max_tokens: int = 600,
        http_client: "httpx.Client | None" = None,
    ) -> None:
        """`url` is the base, usually ending in `/v1`; local servers take any key or none."""
        self._url = url
        self._name = name
        self._api_key = api_key or SecretStr("none")
        self._temperature = temperature
        self._timeout = timeout_seconds
        self._max_tokens = max_tokens
        self._http_client = http_client
        self._chat: ChatOpenAI | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """See `ChatModel.stream`; the error names the endpoint and never the key.

        `timeout_seconds` holds for the first piece and, looked at with each piece, for the reply as a whole.
        """
        chat = self.connected()
        deadline = time.monotonic() + self._timeout
        try:
            for chunk in chat.stream([(message.role, message.content) for message in messages]):
                _check(deadline)
                if text := str(chunk.text):
                    yield text
        except Exception as error:
            # The client library has no root of its own errors; an answer must survive whatever it raises.
            # The endpoint's own text stays out: some echo the key.
            raise ModelUnavailable(
                f"the model {self._name!r} at {self._url} did not answer ({type(error).__name__}); "
                f"check the address, the key and that the endpoint is up"
            ) from None

    def connected(self) -> "ChatOpenAI":
        """The client; importing LangChain for the first takes seconds, and sends nothing yet."""
        with self._lock:
            if self._chat is None:
                from langchain_openai import ChatOpenAI

                self._chat = ChatOpenAI(
                    base_url=self._url,
                    model=self._name,
                    api_key=self._api_key,
                    temperature=self._temperature,
                    timeout=self._timeout,
                    max_completion_tokens=self._max_tokens,
                    max_retries=0,  # the passages answer meanwhile; a retry would double the wait
                    streaming=True,
                    http_client=self._http_client,
                )
            return self._chat


def _check(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError


@dataclass(slots=True)
class ScriptedModel:
    """A model that says what it was told to: each call streams the next reply word by word.

    A reply that is an exception is raised instead. `seen` keeps the conversations, for looking at prompts.
    """

    replies: Sequence[str | Exception]
    name: str = "scripted"
    seen: list[tuple[Message, ...]] = field(default_factory=list)

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """The next reply; the last one is repeated."""
        reply = self.replies[min(len(self.seen), len(self.replies) - 1)]
        self.seen.append(tuple(messages))
        if isinstance(reply, Exception):
            raise reply
        for number, word in enumerate(reply.split(" ")):
            yield word if number == 0 else f" {word}"
