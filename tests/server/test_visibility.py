"""What a principal may not see is behind no door: the demo organisation with one component for one team alone."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from mcp import Client

from ingest.entities import Entity, EntityRef
from ingest.index.build import build_index
from ingest.index.hashing import HashingEmbedder
from ingest.library import Library
from ingest.sources import read_folders
from ingest.visible_to import ANNOTATION
from server.composition import Cuebook, compose
from server.mcp import build_mcp
from server.once import Once
from server.parts import Parts
from server.settings import Settings
from tools.principal import Principal

ORG = Path(__file__).parents[2] / "examples" / "org"
HIDDEN = EntityRef.parse("component:default/feature-gateway")
NOWHERE = "component:default/feature-gatepost"


def reserved(entity: Entity) -> Entity:
    """The gateway with the annotation that reserves it for its owners; all others as they are."""
    if entity.ref != HIDDEN:
        return entity
    annotations = {**entity.annotations, ANNOTATION: "group:default/ml-platform, user:default/outsider"}
    return replace(entity, metadata={**entity.metadata, "annotations": annotations})


class HashingParts(Parts):
    """The real parts over an index that needs no model."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.opened_library = Once(lambda: Library.open(settings.home, embedder=HashingEmbedder()))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("restricted")
    corpus = read_folders((ORG,))
    corpus = replace(corpus, entities=tuple(map(reserved, corpus.entities)))
    build_index(corpus, home=home, embedder=HashingEmbedder())
    return home


@pytest.fixture
def cuebook(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cuebook]:
    monkeypatch.setattr(Cuebook, "warm_in_background", lambda _self: None)
    settings = Settings(home=home, sources=())
    composed = compose(settings, parts=HashingParts(settings))
    yield composed
    composed.close()


def mentions_it(text: str) -> bool:
    """Its reference or its title; pages of others may call it by its name, as their author wrote them."""
    return str(HIDDEN) in text or "Feature gateway" in text


async def test_no_entity_tells_of_a_hidden_one(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/api/v1/entities", params={"limit": 500})).json()
    told = [json.dumps(listed)]
    for item in listed["items"]:
        address = item["ref"].replace(":", "/", 1)
        told.append((await client.get(f"/api/v1/entities/{address}")).text)
        for name, arguments in (
            ("describe_entity", {"entity": item["ref"]}),
            ("entity_relations", {"entity": item["ref"], "depth": 10, "limit": 500}),
            ("read_doc_section", {"entity": item["ref"]}),
        ):
            told.append((await client.post(f"/api/v1/actions/{name}", json=arguments)).text)

    assert listed["total"] == len(listed["items"]) > 40
    assert not any(mentions_it(text) for text in told)


@pytest.mark.parametrize(
    ("question", "facts"),
    [
        (
            "What does home-ranker depend on?",
            {
                "component:default/experiment-assign",
                "component:default/home-candidates",
                "component:default/home-rules",
                "resource:default/feed-impressions-topic",
            },
        ),
        ("How many components belong to the system feature-platform?", {2}),
        (
            "Which components does data-foundations own?",
            {"component:default/event-ingest", "component:default/sessionizer"},
        ),
        ("Who owns feature-gateway?", set()),
    ],
)
async def test_answers_and_their_facts_leave_it_out(
    question: str, facts: set[str | int], client: httpx.AsyncClient
) -> None:
    answer = (await client.post("/api/v1/actions/ask", json={"question": question})).json()
    streamed = await client.post("/api/v1/ask/stream", json={"question": question})

    assert set(answer["facts"]) == facts
    assert not mentions_it(json.dumps(answer))
    assert not mentions_it(streamed.text)


async def test_search_finds_nothing_of_it(client: httpx.AsyncClient) -> None:
    for question in ("feature gateway", "gRPC features API provider", "stale features runbook", str(HIDDEN)):
        found = (
            await client.post("/api/v1/actions/search_docs", json={"question": question, "k": 50})
        ).json()

        assert found["hits"]
        assert not mentions_it(json.dumps(found["hits"]))


@pytest.mark.parametrize(
    ("method", "address", "arguments"),
    [
        ("GET", "/api/v1/entities/{path}", None),
        ("GET", "/api/v1/docs/{path}", None),
        ("GET", "/docs/{path}", None),
        ("GET", "/docs/{path}/staleness-runbook.md", None),
        ("POST", "/api/v1/actions/describe_entity", {"entity": "{ref}"}),
        ("POST", "/api/v1/actions/entity_relations", {"entity": "{ref}"}),
        ("POST", "/api/v1/actions/read_doc_section", {"entity": "{ref}", "path": "index.md"}),
    ],
)
async def test_asking_for_it_by_name_answers_as_for_what_does_not_exist(
    method: str, address: str, arguments: dict[str, str] | None, client: httpx.AsyncClient
) -> None:
    answers = []
    for ref in (str(HIDDEN), NOWHERE):
        body = arguments and {key: value.replace("{ref}", ref) for key, value in arguments.items()}
        path = address.replace("{path}", ref.replace(":", "/", 1))
        answer = await client.request(method, path, json=body)
        text = answer.text.replace(ref.rpartition("/")[2], "X")
        # What is suggested instead depends on the spelling, and must not hold it.
        answers.append((answer.status_code, text.partition("; did you mean")[0], mentions_it(text)))

    assert answers[0] == answers[1]
    assert answers[0][::2] == (404, False)


async def test_it_is_no_resource_and_no_completion(cuebook: Cuebook) -> None:
    async with Client(build_mcp(cuebook)) as client:
        cursor, told = None, []
        while True:
            listed = await client.list_resources(cursor=cursor)
            told += [resource.model_dump_json() for resource in listed.resources]
            cursor = listed.next_cursor
            if cursor is None:
                break
        with pytest.raises(Exception, match="there is no entity"):
            await client.read_resource("cuebook://entity/component/default/feature-gateway")

    assert len(told) > 40
    assert not any(mentions_it(text) or "feature-gateway" in text for text in told)


async def test_a_member_of_the_team_it_is_reserved_for_finds_it(cuebook: Cuebook) -> None:
    member = Principal(ref="user:default/new.hire", groups=frozenset({"group:default/ml-platform"}))
    hits = cuebook.parts.library.search("feature gateway", principal=member)
    assert any(hit.section.entity == HIDDEN for hit in hits)
