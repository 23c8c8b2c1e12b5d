"""Every read action over a catalog of 10,000 entities: results that fit, totals, and cursors to all the rest."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.types import TextResourceContents

from ingest.answers.assistant import Assistant
from ingest.documents import Page, Section
from ingest.entities import Entity, EntityRef
from ingest.graph import CatalogGraph
from server.composition import Cuebook, compose
from server.mcp import build_mcp
from tests.server.memory import TEAM, MemoryHit, MemoryLibrary, MemoryParts, entity, page, settings_in

MOST = 100_000  # characters of JSON in one result
COUNT = 10_000
HUB = EntityRef.parse("component:default/service-00000")
PAGES = 250
LADEN = 400  # entities with more than fits: the first pages of every list
LONG = "Scores candidates for the shelf. " * 20


def component(number: int) -> Entity:
    ref = EntityRef("component", "default", f"service-{number:05d}")
    tags = 150 if number < LADEN else 2
    metadata = {
        "title": f"Service {number} {'x' * (number % 400)}",
        "description": LONG,
        "tags": ["a"] * tags,
    }
    depends = {"dependsOn": [str(HUB)]} if number else {}
    return entity(
        ref,
        "Component",
        metadata=metadata,
        spec={"type": "service", "lifecycle": "production", "owner": "ranking", **depends},
    )


ENTITIES = (
    *(component(number) for number in range(COUNT - 2)),
    entity(
        EntityRef.parse("api:default/service-00000"),
        "API",
        metadata={},
        spec={"type": "openapi", "owner": "ranking"},
    ),
    entity(TEAM, "Group", metadata={"title": "Ranking"}, spec={"type": "team", "children": []}),
)
DOCS = tuple(
    page(
        HUB,
        f"page-{number:03d}.md",
        f"Page {number}",
        f"# Page {number}\n\n{LONG * 9}",
        [(f"Page {number}", "")],
    )
    for number in range(PAGES)
)


@dataclass
class LargeLibrary(MemoryLibrary):
    """One entity has all the pages; every page matches every question, in their order."""

    graph: CatalogGraph = field(default_factory=lambda: CatalogGraph(ENTITIES))

    def search(
        self, question: str, *, principal: object, k: int = 10, filters: object = None
    ) -> tuple[MemoryHit, ...]:
        return tuple(MemoryHit(section, 1.0) for each in DOCS for section in each.sections)[:k]

    def section(self, entity: str, path: str | None, anchor: str, *, principal: object) -> Section:
        ref = EntityRef.parse(entity)
        text = "\n".join([LONG] * 400) if anchor == "long" else LONG
        return page(ref, path or "", ref.name, text, [(ref.name, anchor)]).sections[0]

    def page(self, entity: str, path: str, *, principal: object) -> Page:
        return next(each for each in DOCS if each.path == path)

    def pages(self, entity: str, *, principal: object) -> tuple[Page, ...]:
        return DOCS if entity == str(HUB) else ()


@pytest.fixture(scope="module")
def library() -> LargeLibrary:
    return LargeLibrary()


@pytest.fixture
def cuebook(tmp_path: Path, library: LargeLibrary) -> Iterator[Cuebook]:
    settings = settings_in(tmp_path / "home")
    parts = MemoryParts(settings)
    parts.library_double = library
    parts.assistant_double = Assistant(library)  # type: ignore[arg-type]  # what catalog questions need of one
    composed = compose(settings, parts=parts)
    yield composed
    composed.close()


# Arguments that ask for as much as may be asked for.
BROAD: dict[str, list[dict[str, Any]]] = {
    "ask": [
        {"question": "What does the group ranking own?"},
        {"question": "Which components depend on service-00000?"},
    ],
    "describe_entity": [{"entity": str(HUB)}, {"entity": str(TEAM)}, {"entity": "service-00000"}],
    "entity_relations": [
        {"entity": str(HUB), "depth": 10, "limit": 500},
        {"entity": str(TEAM), "direction": "incoming", "limit": 500},
    ],
    "query_catalog": [{"limit": 200}, {"text": "shelf", "limit": 200}],
    "search_docs": [{"question": "shelf", "k": 50}],
    "read_doc_section": [{"entity": str(HUB), "anchor": "long", "max_chars": 50_000}],
    "query_audit": [{"limit": 100}],
}


@asynccontextmanager
async def connected(cuebook: Cuebook) -> AsyncIterator[Client]:
    async with Client(build_mcp(cuebook)) as client:
        yield client


async def called(client: Client, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    result = await client.call_tool(name, arguments)
    assert result.is_error is False, result.content
    found = result.structured_content or {}
    assert len(json.dumps(found, ensure_ascii=False)) <= MOST, f"{name} {arguments}"
    return found


async def test_every_read_fits_whatever_is_asked(cuebook: Cuebook) -> None:
    """A read that is not in `BROAD` has no part of the catalog to answer with: it is called with nothing."""
    reads = [info.name for info in cuebook.actions.list() if info.annotations.read_only]
    assert BROAD.keys() <= set(reads)

    async with connected(cuebook) as client:
        for name in reads:
            for arguments in BROAD.get(name, [{}]):
                result = await client.call_tool(name, arguments)
                assert len(json.dumps(result.structured_content, ensure_ascii=False)) <= MOST, name
                assert result.is_error is False or name not in BROAD, result.content


@pytest.mark.parametrize(
    ("name", "arguments", "items", "cursor", "given", "total"),
    [
        ("query_catalog", {"limit": 200}, "items", "next_offset", "offset", "total"),
        (
            "entity_relations",
            {"entity": str(HUB), "types": ["dependencyOf"], "limit": 500},
            "relations",
            "next_offset",
            "offset",
            "total",
        ),
        (
            "describe_entity",
            {"entity": str(HUB)},
            "pages",
            "next_pages_offset",
            "pages_offset",
            "pages_total",
        ),
        (
            "ask",
            {"question": "What does the group ranking own?"},
            "facts",
            "next_facts_offset",
            "facts_offset",
            "facts_total",
        ),
    ],
)
async def test_a_cursor_leads_to_everything_exactly_once(  # noqa: PLR0917 - one row of the table above
    name: str, arguments: dict[str, Any], items: str, cursor: str, given: str, total: str, cuebook: Cuebook
) -> None:
    seen: list[str] = []
    step: dict[str, Any] = {}
    async with connected(cuebook) as client:
        while True:
            found = await called(client, name, {**arguments, **step})
            seen += [json.dumps(item, sort_keys=True) for item in found[items]]
            if found[cursor] is None:
                break
            step = {given: found[cursor]}

    assert len(seen) == len(set(seen)) == found[total]
    assert found[total] in (COUNT, COUNT - 1, COUNT - 2, COUNT - 3, PAGES)


async def test_a_search_goes_on_to_the_depth_that_it_says(cuebook: Cuebook) -> None:
    paths: list[str] = []
    offset: int | None = 0
    async with connected(cuebook) as client:
        while offset is not None:
            found = await called(client, "search_docs", {"question": "shelf", "k": 50, "offset": offset})
            paths += [hit["path"] for hit in found["hits"]]
            offset = found["next_offset"]

    assert paths == [each.path for each in DOCS[: len(paths)]]
    assert len(paths) >= 200


async def test_a_long_text_is_read_in_parts_to_its_end(cuebook: Cuebook) -> None:
    text = ""
    offset: int | None = 0
    async with connected(cuebook) as client:
        while offset is not None:
            found = await called(
                client, "read_doc_section", {"entity": str(HUB), "anchor": "long", "offset": offset}
            )
            text, offset = text + found["markdown"], found["next_offset"]

    assert len(text) == found["total_chars"] > MOST


async def test_a_page_that_is_too_long_for_a_resource_says_how_to_read_on(
    cuebook: Cuebook, library: LargeLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = page(HUB, "long.md", "Long", f"# Long\n\n{LONG * 300}", [("Long", "")])
    monkeypatch.setattr(LargeLibrary, "page", lambda *_, **__: whole)
    async with connected(cuebook) as client:
        answer = await client.read_resource("cuebook://docs/component/default/service-00000/long.md")
        (content,) = answer.contents
        assert isinstance(content, TextResourceContents)
        text, _, hint = content.text.rpartition("\n\n[")
        name, _, arguments = hint.strip().rstrip("]").partition(": ")[2].partition(" ")
        rest = await called(client, name, {**json.loads(arguments), "max_chars": 50_000})
        while rest["next_offset"] is not None:
            text += rest["markdown"]
            again = {**json.loads(arguments), "offset": rest["next_offset"], "max_chars": 50_000}
            rest = await called(client, name, again)
    assert len(content.text) <= MOST
    assert text + rest["markdown"] == whole.markdown


async def test_the_audit_of_all_that_is_read_to_its_first_row(cuebook: Cuebook) -> None:
    async with connected(cuebook) as client:
        for number in range(120):
            await client.call_tool("get_job", {"job": f"job-{number}"})
        rows: list[int] = []
        found = await called(client, "query_audit", {"action": "get_job", "limit": 50})
        while True:
            rows += [row["number"] for row in found["items"]]
            if found["next_before"] is None:
                break
            found = await called(
                client,
                "query_audit",
                {"action": "get_job", "limit": 50, "before": found["next_before"]},
            )

    assert len(rows) == len(set(rows)) == found["total"] == 120


async def test_what_a_card_leaves_out_is_counted(cuebook: Cuebook) -> None:
    async with connected(cuebook) as client:
        card = (await called(client, "describe_entity", {"entity": str(HUB)}))["card"]

    assert (len(card["tags"]), card["tags_total"]) == (100, 150)


async def test_resources_are_listed_to_the_last(cuebook: Cuebook) -> None:
    names: list[str] = []
    cursor = None
    async with connected(cuebook) as client:
        while True:
            found = await client.list_resources(cursor=cursor)
            assert len(found.model_dump_json()) <= MOST
            names += [resource.name for resource in found.resources]
            if (cursor := found.next_cursor) is None:
                break

    assert len(names) == len(set(names)) == COUNT + PAGES
