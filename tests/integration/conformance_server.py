"""Our own application with the tools, resources and prompts that the conformance suite calls by name.

Built by the factories that serve everybody, so what the suite sees of the protocol is ours; only these fixtures are
not. Run it as a module: it serves on a free port of loopback until it is interrupted, and prints its address.
"""

import base64
import socket
import sys
from typing import Annotated, Any

import anyio
import uvicorn
from mcp.server import MCPServer
from mcp.server.elicitation import ElicitationResult
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp.server.mcpserver.resolve import Elicit, Resolve, Sample
from mcp.server.mcpserver.tools import Tool
from mcp.types import (
    AudioContent,
    CreateMessageResult,
    EmbeddedResource,
    ImageContent,
    SamplingMessage,
    TextContent,
    TextResourceContents,
)
from pydantic import BaseModel, Field

from server.app import make_app
from server.composition import compose
from server.logs import configure_logging
from server.mcp import build_mcp
from server.settings import load

_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
_SILENCE = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
_IMAGE = ImageContent(type="image", data=_PIXEL, mime_type="image/png")


class Reply(BaseModel):
    response: str = Field(description="What the user says.")


async def _question() -> Elicit[Reply]:
    return Elicit("What do you say?", Reply)


async def _prompt() -> Sample:
    return Sample(
        [SamplingMessage(role="user", content=TextContent(type="text", text="Hello"))], max_tokens=1
    )


Sampled = Annotated[CreateMessageResult, Resolve(_prompt)]
Replied = Annotated[ElicitationResult[Reply], Resolve(_question)]


def _embedded(uri: str, text: str, *, mime_type: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(
        type="resource", resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text)
    )


def test_simple_text() -> str:
    """Text."""
    return "This is a simple text response for testing."


def test_image_content() -> list[ImageContent]:
    """An image."""
    return [_IMAGE]


def test_audio_content() -> list[AudioContent]:
    """A sound."""
    return [AudioContent(type="audio", data=_SILENCE, mime_type="audio/wav")]


def test_embedded_resource() -> list[EmbeddedResource]:
    """A resource."""
    return [_embedded("test://embedded-resource", "This is an embedded resource content.")]


def test_multiple_content_types() -> list[TextContent | ImageContent | EmbeddedResource]:
    """Text, an image and a resource."""
    mixed = _embedded("test://mixed-content-resource", '{"test": "data"}', mime_type="application/json")
    return [TextContent(type="text", text="Multiple content types test:"), _IMAGE, mixed]


def test_error_handling() -> str:
    """Fails."""
    raise ToolError("This tool intentionally returns an error for testing")


async def test_tool_with_progress(ctx: Context[Any]) -> str:
    """Tells its progress."""
    for done in (0, 50, 100):
        await ctx.report_progress(done, 100)
        await anyio.sleep(0.05)
    return "done"


async def test_logging_tool(ctx: Context[Any]) -> str:
    """Logs to whoever asked for it."""
    await ctx.report_progress(1, 1)
    return "done"


async def test_elicitation(message: str, answer: Replied) -> str:
    """Asks the user."""
    return f"User response: {message} {answer}"


async def test_missing_capability(answer: Sampled) -> str:
    """Needs a client that lends its model."""
    return f"{answer}"


async def test_streaming_elicitation(answer: Replied) -> str:
    """Asks the user, in a stream."""
    return f"{answer}"


_TOOLS = (
    *(test_simple_text, test_image_content, test_audio_content, test_embedded_resource),
    *(test_multiple_content_types, test_error_handling, test_tool_with_progress, test_logging_tool),
    *(test_elicitation, test_missing_capability, test_streaming_elicitation),
)


def add_fixtures(server: MCPServer[Any]) -> None:
    """The resources and prompts."""

    @server.resource("test://static-text", mime_type="text/plain")
    def static_text() -> str:
        """Text."""
        return "This is the content of the static text resource."

    @server.resource("test://static-binary", mime_type="image/png")
    def static_binary() -> bytes:
        """An image."""
        return base64.b64decode(_PIXEL)

    @server.resource("test://template/{id}/data", mime_type="application/json")
    def template(id: str) -> str:
        """What its address says."""
        return f'{{"id": "{id}", "templateTest": true, "data": "Data for ID: {id}"}}'

    @server.prompt()
    def test_simple_prompt() -> list[UserMessage]:
        """A prompt without arguments."""
        return [UserMessage("This is a simple prompt for testing.")]

    @server.prompt()
    def test_prompt_with_arguments(arg1: str, arg2: str) -> list[UserMessage]:
        """A prompt with two."""
        return [UserMessage(f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'")]

    @server.prompt()
    def test_prompt_with_embedded_resource(resourceUri: str) -> list[UserMessage]:  # noqa: N803 - the suite's name
        """A prompt with a resource."""
        return [
            UserMessage(_embedded(resourceUri, "Embedded resource content for testing.")),
            UserMessage("Please process the embedded resource above."),
        ]

    @server.prompt()
    def test_prompt_with_image() -> list[UserMessage]:
        """A prompt with an image."""
        return [UserMessage(_IMAGE), UserMessage("Please analyze the image above.")]


def main() -> None:
    settings = load()
    configure_logging(settings)
    cuebook = compose(settings)
    server = build_mcp(cuebook, further=[Tool.from_function(each) for each in _TOOLS])
    add_fixtures(server)
    app = make_app(settings, cuebook=cuebook, mcp=server)
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"Cuebook serves on http://127.0.0.1:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
