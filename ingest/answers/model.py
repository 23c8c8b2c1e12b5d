"""A chat model behind one seam: any OpenAI-shaped endpoint through LangChain, or a script.

The only file that knows LangChain, which is imported when the first question needs it.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

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


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that a model may call meanwhile; `arguments` are texts, each with its description."""

    name: str
    description: str
    arguments: Mapping[str, str]
    run: Callable[[Mapping[str, str]], str]

    @property
    def schema(self) -> dict[str, object]:
        """The arguments as JSON schema."""
        fields = {name: {"type": "string", "description": text} for name, text in self.arguments.items()}
        return {
            "type": "object",
            "properties": fields,
            "required": list(fields),
            "additionalProperties": False,
        }


class ChatModel(Protocol):
    """Something that goes on a conversation, with tools if it likes."""

    @property
    def name(self) -> str: ...

    def stream(self, messages: Sequence[Message], *, tools: Sequence[Tool] = ()) -> Iterator[str]:
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
        steps: int = 6,
        http_client: "httpx.Client | None" = None,
    ) -> None:
        """`url` is the base, usually ending in `/v1`; local servers take any key or none."""
        self._url = url
        self._name = name
        self._api_key = api_key or SecretStr("none")
        self._temperature = temperature
        self._timeout = timeout_seconds
        self._max_tokens = max_tokens
        self._steps = steps
        self._takes_tools = True
        self._http_client = http_client
        self._chat: ChatOpenAI | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    def stream(self, messages: Sequence[Message], *, tools: Sequence[Tool] = ()) -> Iterator[str]:
        """See `ChatModel.stream`; the error names the endpoint and never the key.

        `timeout_seconds` holds for the first piece and, looked at with each piece, for the reply as a whole. With
        `tools` an agent calls the model up to `steps` times; an endpoint that refuses tools is asked without.
        """
        chat = self.connected()
        deadline = time.monotonic() + self._timeout
        told = False
        try:
            if tools and self._takes_tools:
                try:
                    for piece in self._worked(messages, tools, deadline):
                        told = True
                        yield piece
                    return
                except Exception as error:
                    if told or not _refuses_tools(error):
                        raise
                    self._takes_tools = False
            for chunk in chat.stream([(message.role, message.content) for message in messages]):
                _check(deadline)
                if text := str(chunk.text):
                    yield text
        except Exception as error:
            # The client library has no root of its own errors; an answer must survive whatever it raises.
            raise self._silent(error) from None

    def chosen(self, messages: Sequence[Message], tools: Sequence[Mapping[str, object]]) -> "ToolCall | None":
        """The first tool that the model would call now, which is not called; None when it replies instead.

        tools: `name`, `description` and `parameters` (JSON schema) each. Raises `ModelUnavailable`.
        """
        asked = self.connected().bind_tools([{"type": "function", "function": dict(tool)} for tool in tools])
        try:
            reply = asked.invoke([(message.role, message.content) for message in messages])
        except Exception as error:  # as in `stream`
            raise self._silent(error) from None
        calls = getattr(reply, "tool_calls", ())
        return ToolCall(calls[0]["name"], calls[0]["args"]) if calls else None

    def _silent(self, error: Exception) -> ModelUnavailable:
        """Without the endpoint's own text: some echo the key."""
        return ModelUnavailable(
            f"the model {self._name!r} at {self._url} did not answer ({type(error).__name__}); "
            f"check the address, the key and that the endpoint is up"
        )

    def _worked(self, messages: Sequence[Message], tools: Sequence[Tool], deadline: float) -> Iterator[str]:
        """The texts of an agent as it goes; what tools gave is not among them."""
        from langchain.agents import create_agent
        from langchain.agents.middleware import ModelCallLimitMiddleware
        from langchain_core.messages import AIMessageChunk
        from langchain_core.tools import StructuredTool

        def called(tool: Tool) -> StructuredTool:
            def run(**given: str) -> str:
                _check(deadline)
                return tool.run({name: str(value) for name, value in given.items()})

            return StructuredTool.from_function(
                run, name=tool.name, description=tool.description, args_schema=tool.schema, infer_schema=False
            )

        agent = create_agent(
            self.connected(),
            [called(tool) for tool in tools],
            middleware=[ModelCallLimitMiddleware(run_limit=self._steps, exit_behavior="end")],
        )
        talk = {"messages": [(message.role, message.content) for message in messages]}
        config = {"recursion_limit": 4 * self._steps + 4}
        for piece, _ in agent.stream(talk, config, stream_mode="messages"):  # type: ignore[call-overload]  # its types know no plain dicts
            _check(deadline)
            if isinstance(piece, AIMessageChunk) and (text := str(piece.text)):
                yield text

    def connected(self) -> "ChatOpenAI":
        """The client; importing LangChain for the first takes seconds, and sends nothing yet."""
        with self._lock:
            if self._chat is None:
                import langchain.agents.middleware  # noqa: F401 - here, so that its seconds are none of an answer's time
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


def _refuses_tools(error: Exception) -> bool:
    """Whether an endpoint answered that it cannot be asked like that; the next try is without tools."""
    return getattr(error, "status_code", None) in (400, 404, 422, 501)


def _check(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A turn of a model that calls a tool instead of replying."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(slots=True)
class ScriptedModel:
    """A model that says what it was told to: each call streams the next reply word by word.

    A reply that is an exception is raised instead; before a reply, `ToolCall`s are carried out, and `given` keeps what
    they gave. `seen` keeps the conversations, for looking at prompts.
    """

    replies: Sequence[str | Exception | ToolCall]
    name: str = "scripted"
    seen: list[tuple[Message, ...]] = field(default_factory=list)
    given: list[str] = field(default_factory=list)

    def stream(self, messages: Sequence[Message], *, tools: Sequence[Tool] = ()) -> Iterator[str]:
        """The next reply; the last one is repeated."""
        self.seen.append(tuple(messages))
        reply = self._next()
        while isinstance(reply, ToolCall):
            call = reply
            self.given.append(next(tool for tool in tools if tool.name == call.name).run(call.arguments))
            reply = self._next()
        if isinstance(reply, Exception):
            raise reply
        for number, word in enumerate(reply.split(" ")):
            yield word if number == 0 else f" {word}"

    def chosen(self, messages: Sequence[Message], tools: Sequence[Mapping[str, object]]) -> ToolCall | None:
        """The next reply where it is a `ToolCall` of one of the tools; else none."""
        self.seen.append(tuple(messages))
        reply = self._next()
        if isinstance(reply, Exception):
            raise reply
        listed = {tool["name"] for tool in tools}
        return reply if isinstance(reply, ToolCall) and reply.name in listed else None

    def _next(self) -> str | Exception | ToolCall:
        said = len(self.seen) - 1 + len(self.given)
        return self.replies[min(said, len(self.replies) - 1)]
