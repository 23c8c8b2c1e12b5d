"""AsyncAPI 2 and 3 documents as sections: an overview, then one a channel.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ingest.documents import Block, Section
from ingest.sources.composed import Composer, bullets, counted, one_line, paragraph
from ingest.sources.schema_fields import Schemas

MAX_CHANNELS = 500


def asyncapi_sections(document: Mapping[str, Any], composer: Composer) -> tuple[list[Section], int]:
    """The sections, and how many channels were left out because there are more than 500."""
    schemas = Schemas(document)
    channels = list(_mapping(document.get("channels")).items())
    sections = [composer.section("API overview", _overview(document, channels, composer))]
    for name, written in channels[:MAX_CHANNELS]:
        channel = schemas.resolved(written)
        address = one_line(channel.get("address") or name)
        blocks = list(_channel(str(name), address, channel, schemas, composer))
        sections.append(composer.section(f"Channel {address}", blocks, anchor=f"channel-{name}"))
    return sections, max(len(channels) - MAX_CHANNELS, 0)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _overview(
    document: Mapping[str, Any], channels: list[tuple[str, Any]], composer: Composer
) -> list[Block]:
    info = _mapping(document.get("info"))
    version = f", version {one_line(info['version'], limit=40)}" if info.get("version") else ""
    title = one_line(info.get("title") or composer.entity.title)
    blocks = [paragraph(f"{title}{version}, is an event API of {counted(len(channels), 'channel')}.")]
    if info.get("description"):
        blocks.append(paragraph(str(info["description"])[:3_000]))
    servers = [
        f"Server `{name}`: `{one_line(server.get('url') or server.get('host') or '')}` "
        f"({one_line(server.get('protocol') or 'unknown protocol')})"
        for name, server in _mapping(document.get("servers")).items()
        if isinstance(server, dict)
    ]
    facts = [*servers, *(f"Channel `{name}`" for name, _channel in channels[:200])]
    return [*blocks, bullets(facts)] if facts else blocks


def _channel(
    name: str, address: str, channel: Mapping[str, Any], schemas: Schemas, composer: Composer
) -> Iterator[Block]:
    yield paragraph(f"`{address}` is a channel of {composer.entity.title}.")
    if channel.get("description"):
        yield paragraph(str(channel["description"])[:3_000])
    for verb in ("publish", "subscribe"):
        operation = _mapping(channel.get(verb))
        if operation:
            words = one_line(operation.get("summary") or operation.get("description") or "")
            yield paragraph(f"Operation {verb}{f': {words}' if words else ''}")
            yield from _messages(operation.get("message"), schemas)
    for operation_name, operation in _mapping(schemas.document.get("operations")).items():
        target = _mapping(_mapping(operation).get("channel")).get("$ref")
        if target == f"#/channels/{name.replace('~', '~0').replace('/', '~1')}":
            action = one_line(operation.get("action") or "uses", limit=40)
            words = one_line(operation.get("summary") or "")
            yield paragraph(f"Operation `{operation_name}` ({action}){f': {words}' if words else ''}")
    for message in _mapping(channel.get("messages")).values():
        yield from _messages(message, schemas)


def _messages(written: Any, schemas: Schemas, *, nested: bool = False) -> Iterator[Block]:
    message = schemas.resolved(written)
    choices = message.get("oneOf")
    if isinstance(choices, list) and not nested:
        for choice in choices[:20]:
            yield from _messages(choice, schemas, nested=True)
        return
    if not message:
        return
    name = one_line(message.get("name") or message.get("title") or schemas.type_of(written), limit=120)
    words = one_line(message.get("summary") or message.get("description") or "")
    lines = schemas.fields(message.get("payload"))
    yield paragraph(f"Message {name}{f': {words}' if words else ''}")
    if lines:
        yield bullets(lines)
