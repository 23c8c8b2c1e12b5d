"""Answers like a Backstage backend: its contracts over a small catalog that a test changes and breaks as it likes.

The same contracts are held against a real instance in `tests/backstage`.
"""

import base64
import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from ingest.entities import EntityRef
from ingest.sources.backstage.address import BackstageAddress
from ingest.sources.backstage.source import BackstageSource

TOKEN = "a-token-of-the-portal"
_PAGE = 2  # entities of a page of the list, whatever limit is asked for

Fault = Callable[[httpx.Request], httpx.Response | None]


class ReplayedPortal:
    """`asked` are the paths of all requests, `faults` what answers the next ones that a fault takes."""

    def __init__(self) -> None:
        self.entities: dict[str, dict[str, Any]] = {}
        self.sites: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.faults: deque[Fault] = deque()
        self.pauses: list[float] = []
        self.token = TOKEN
        self.built = 1_790_000_000_000
        self.now = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)

    def add(
        self, name: str, *, kind: str = "Component", docs: Mapping[str, str] | None = None, **spec: Any
    ) -> None:
        """An entity, with docs as HTML by location where it has some; the same name again replaces it."""
        annotations = {"backstage.io/techdocs-ref": "dir:."} if docs is not None else {}
        raw: dict[str, Any] = {
            "apiVersion": "backstage.io/v1alpha1",
            "kind": kind,
            "metadata": {"name": name, "uid": f"uid-{name}", "annotations": annotations},
            "spec": {"type": "service", "owner": "ranking", **spec},
            "relations": [{"type": "ownedBy", "targetRef": "group:default/ranking"}],
        }
        raw["metadata"]["etag"] = hashlib.sha256(json.dumps(raw).encode()).hexdigest()
        ref = f"{kind}:default/{name}".lower()
        self.entities[ref] = raw
        if docs is not None:
            self.sites[ref] = dict(docs)

    def source(self, cache: Path, *, only: str = "", host: str = "127.0.0.1:7007") -> BackstageSource:
        def sleep(seconds: float) -> None:
            self.pauses.append(seconds)

        def clock() -> datetime:
            self.now += timedelta(minutes=1)
            return self.now

        return BackstageSource(
            BackstageAddress.parse(f"backstage+http://{host}"),
            cache,
            SecretStr(TOKEN),
            only=frozenset({EntityRef.parse(only)}) if only else None,
            transport=httpx.MockTransport(self.answer),
            sleep=sleep,
            clock=clock,
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(path)
        if self.faults and (faulty := self.faults[0](request)) is not None:
            self.faults.popleft()
            return faulty
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return httpx.Response(401, json={"error": {"name": "AuthenticationError"}})
        if path == "/api/catalog/entities/by-query":
            return self._page(request)
        if path == "/api/catalog/entities/by-refs":
            refs = json.loads(request.content)["entityRefs"]
            return httpx.Response(200, json={"items": [self.entities.get(ref) for ref in refs]})
        return self._docs(path.removeprefix("/api/techdocs/"), request)

    def _page(self, request: httpx.Request) -> httpx.Response:
        cursor = request.url.params.get("cursor")
        start = int(base64.b64decode(cursor)) if cursor else 0
        rows = list(self.entities.values())[start : start + _PAGE]
        more = start + _PAGE < len(self.entities)
        following = {"nextCursor": base64.b64encode(str(start + _PAGE).encode()).decode()} if more else {}
        if request.url.params.get("fields"):
            rows = [{"kind": row["kind"], "metadata": row["metadata"]} for row in rows]
        return httpx.Response(
            200, json={"items": rows, "totalItems": len(self.entities), "pageInfo": following}
        )

    def _docs(self, path: str, request: httpx.Request) -> httpx.Response:
        for ref, pages in self.sites.items():
            kind, _, rest = ref.partition(":")
            namespace, _, name = rest.partition("/")
            triplet = f"{namespace}/{kind}/{name}"
            if path == f"metadata/techdocs/{triplet}":
                return httpx.Response(200, json={"site_name": name, "build_timestamp": self.built})
            if path == f"static/docs/{triplet}/search/search_index.json":
                return httpx.Response(
                    200, json={"docs": [{"location": place, "title": place} for place in pages]}
                )
            for place, html in pages.items():
                if path == f"static/docs/{triplet}/{place}index.html":
                    etag = f'"{hashlib.sha256(html.encode()).hexdigest()[:12]}"'
                    if request.headers.get("if-none-match") == etag:
                        return httpx.Response(304)
                    return httpx.Response(200, text=html, headers={"etag": etag})
        return httpx.Response(404)


def example() -> ReplayedPortal:
    """A team, two components with docs, and a resource."""
    portal = ReplayedPortal()
    portal.add("ranking", kind="Group")
    portal.add(
        "ranker",
        docs={"": page("Ranker", "The ranker orders candidates."), "runbook/": page("Runbook", "Drain it.")},
    )
    portal.add("store", docs={"": page("Store", "The store keeps features.")})
    portal.add("table", kind="Resource")
    return portal


def page(title: str, text: str) -> str:
    slug = title.lower()
    return f'<html><article><h1 id="{slug}">{title}</h1><h2 id="what-it-does">What it does</h2><p>{text}</p></article></html>'
