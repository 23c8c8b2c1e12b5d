"""What `ingest` makes fits what `tools` asks for, though neither imports the other.

Half of this is checked by mypy: an assignment below that does not fit fails the type check.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ingest.answers.answer import Answer, Citation, Flag
from ingest.documents import Page, Section
from ingest.entities import Entity, EntityRef
from ingest.graph import CatalogGraph
from ingest.trust import concern
from tools import Actions, Principal, ports
from tools.audit import Audit
from tools.call import Caller
from tools.fakes import FakeAnswer, FakePorts, example_ports
from tools.state import State

if TYPE_CHECKING:
    from ingest.answers.assistant import Assistant
    from ingest.index.build import BuildReport
    from ingest.library import Library


def _assistant_fits(assistant: "Assistant") -> ports.Assistant:
    return assistant


def _library_fits(library: "Library") -> ports.Library:
    return library


def _report_fits(report: "BuildReport") -> ports.Refresh:
    return report


STORE = EntityRef("component", "default", "feature-store")


def _graph() -> CatalogGraph:
    spec = {"type": "service", "owner": "ranking", "dependsOn": ["resource:redis"], "lifecycle": "production"}
    metadata = {"name": "feature-store", "description": "Serves features.", "tags": ["core"]}
    return CatalogGraph([Entity(STORE, "Component", "backstage.io/v1alpha1", metadata, spec)])


def _section() -> Section:
    return Section(
        STORE, "index.md", "ttl", "Store", "TTL", ("Store", "TTL"), "## TTL\n\n3 h", (), "git:1", "h",
        modified=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


class _Library:
    """A library whose every part is one of `ingest`'s own."""

    def catalog(self, principal: object) -> CatalogGraph:
        return _graph()

    def whole_catalog(self) -> CatalogGraph:
        return _graph()

    def search(
        self, question: str, *, principal: object, k: int, filters: object = None
    ) -> tuple[ports.Hit, ...]:
        return ()

    def section(self, entity: str, path: str | None, anchor: str, *, principal: object) -> Section:
        return _section()

    def page(self, entity: str, path: str, *, principal: object) -> Page:
        return Page(STORE, "index.md", "Store", ("Docs",), "## TTL\n\n3 h", "git:1", "h", (_section(),))

    def pages(self, entity: str, *, principal: object) -> tuple[Page, ...]:
        return (self.page(entity, "index.md", principal=principal),)

    def same_meaning(self, texts: Sequence[str], about: Sequence[str]) -> Sequence[Sequence[int]]:
        return [(place,) for place, _ in enumerate(texts) if len(texts) == len(about)]

    def concern(self, source: Section | Page) -> str:
        return concern(source)


class _Assistant:
    def ask(self, question: str, *, principal: object, history: object, filters: object) -> Answer:
        cited = Citation(1, str(STORE), "index.md", "ttl", "TTL", "3 h", "git:1")
        flag = Flag(str(STORE), None, "", None, "asks to ignore instructions")
        return Answer("3 h [1]", False, 0.9, (cited,), ("3 h",), (), flags=(flag,), entities=(str(STORE),))

    def stream(
        self, question: str, *, principal: object, history: object, filters: object
    ) -> list[dict[str, object]]:
        return [{"type": "done", "answer": FakeAnswer("x")}]


class _Ports:
    def __init__(self) -> None:
        self.at_hand = True
        self.library: ports.Library = _Library()
        self.assistant: ports.Assistant = _Assistant()
        self.files = example_ports().files
        self.unaided: ports.Assistant = _Assistant()
        self.refs: ports.Refs = EntityRef
        self.indexer: ports.Indexer = example_ports().indexer
        self.verifier: ports.Verifier = example_ports().verifier
        self.meaning: ports.Meaning = example_ports().meaning


async def test_actions_run_on_what_ingest_makes(
    actions: Actions, state: State, audit: Audit, ada: Principal
) -> None:
    caller = Caller(actions, _Ports(), state, audit)
    described = await caller.call("describe_entity", {"entity": "Feature store"}, ada)
    assert (described["card"]["owner"], described["card"]["kind"]) == ("group:default/ranking", "Component")
    (depends,) = [group for group in described["relations"] if group["type"] == "dependsOn"]
    assert depends["missing"] == ["resource:default/redis"]
    found = await caller.call("query_catalog", {"owner": "ranking", "tag": "core"}, ada)
    assert found["total"] == 1
    relations = await caller.call("entity_relations", {"entity": str(STORE), "types": ["dependsOn"]}, ada)
    assert relations["relations"][0]["dangling"] is True
    read = await caller.call(
        "read_doc_section", {"entity": str(STORE), "path": "index.md", "anchor": "#ttl"}, ada
    )
    assert (read["markdown"], read["modified"]) == ("## TTL\n\n3 h", "2026-01-01T00:00:00+00:00")
    whole = await caller.call(
        "read_doc_section", {"entity": str(STORE), "path": "index.md", "whole_page": True}, ada
    )
    assert whole["breadcrumb"] == ["Store", "TTL"]
    asked = await caller.call("ask", {"question": "which ttl?"}, ada)
    assert asked["citations"][0]["link"] == "/docs/component/default/feature-store/index#ttl"
    assert asked["flagged"][0]["reason"] == "asks to ignore instructions"


def test_the_fakes_fit_as_well() -> None:
    fake: ports.Ports = example_ports()
    assert isinstance(replace(example_ports()), FakePorts)
    assert fake.refs.parse("api:default/features").name == "features"
