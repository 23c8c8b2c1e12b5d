"""The pages of the docs as HTML at `/docs/…`, and the single page of the application at its own addresses.

Both load nothing from elsewhere and run no script but ours (`server.web.shell.SECURITY_HEADERS`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from ingest.documents import Page
from ingest.entities import EntityRef
from ingest.errors import NotFound
from server.composition import Cuebook
from server.errors import expected, problem_of
from server.guard import principal_of
from server.web.rendering import page_address, rendered
from server.web.shell import VIEWS, shell_html
from tools.principal import Principal

STATIC = Path(__file__).parent / "static"
_SHELL = ("/", "/search", *(f"/{view}{rest}" for view in VIEWS for rest in ("", "/{rest:path}")))


class Listed(Protocol):
    @property
    def path(self) -> str: ...

    @property
    def title(self) -> str: ...


def add_pages(app: FastAPI, cuebook: Cuebook) -> None:
    """Serve the application's page, its files, and the docs."""
    router = APIRouter(include_in_schema=False)

    async def shell() -> Response:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    for address in _SHELL:
        router.add_api_route(address, shell, methods=["GET"], response_class=HTMLResponse)

    @router.get("/docs/{kind}/{namespace}/{name}", response_class=HTMLResponse)
    @router.get("/docs/{kind}/{namespace}/{name}/{path:path}", response_class=HTMLResponse)
    async def doc(request: Request, kind: str, namespace: str, name: str, path: str = "") -> Response:
        return await run_in_threadpool(_doc, cuebook, request, f"{kind}:{namespace}/{name}", path)

    app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")


def _doc(cuebook: Cuebook, request: Request, entity: str, path: str) -> Response:
    """The page; a redirect to its full path when the address is shorter; a readable page for what goes wrong."""
    try:
        asked = {"entity": entity, "path": path}
        with cuebook.authorised("read_doc_section", principal_of(request), **asked) as principal:
            return _found(cuebook, principal, EntityRef.parse(entity), path)
    except Exception as error:
        if not expected(error):
            raise
        problem = problem_of(error)
        return HTMLResponse(shell_html("Not shown", _message(problem.message)), status_code=problem.status)


def _found(cuebook: Cuebook, principal: Principal, ref: EntityRef, path: str) -> Response:
    listed = cuebook.library.pages(str(ref), principal=principal)
    found = _resolve(ref, path, [entry.path for entry in listed])
    if found not in (path, f"{path}.md"):
        return RedirectResponse(page_address(ref, found))
    page = cuebook.library.page(str(ref), found, principal=principal)
    cuebook.caller.noticed(principal, page)
    return HTMLResponse(_document(page, listed))


def _resolve(entity: EntityRef, path: str, known: Sequence[str]) -> str:
    """The page that an address means: itself, with its suffix, the index of a folder, or the first of all."""
    bare = path.strip("/").removesuffix(".html")
    if bare:
        candidates = [path, bare, f"{bare}.md", f"{bare}/index.md", f"{bare}/README.md"]
    else:
        candidates = ["index.md", *known]
    for candidate in candidates:
        if candidate in known:
            return candidate
    raise NotFound(f"{entity} has no page {path!r}; its pages are listed at /api/v1/docs")


def _document(page: Page, listed: Sequence[Listed]) -> str:
    entity = f"/catalog/{page.entity.kind}/{page.entity.namespace}/{page.entity.name}"
    links = "".join(_entry(entry, page) for entry in listed)
    trail = "".join(f"<li>{escape(part)}</li>" for part in page.trail)
    body = (
        f'<div class="doc"><nav class="doc-nav" aria-label="Pages"><p class="doc-nav-title">'
        f'<a href="{escape(entity)}">{escape(page.entity.name)}</a></p><ul>{links}</ul></nav>'
        f'<article class="doc-page"><nav aria-label="Breadcrumb"><ol class="breadcrumb">'
        f'<li><a href="{escape(entity)}"><code>{escape(str(page.entity))}</code></a></li>{trail}</ol></nav>'
        f'{_provenance(page)}<div class="prose">{rendered(page)}</div></article></div>'
    )
    return shell_html(page.title, body)


def _entry(entry: Listed, page: Page) -> str:
    current = ' aria-current="page"' if entry.path == page.path else ""
    return f'<li><a href="{escape(page_address(page.entity, entry.path))}"{current}>{escape(entry.title)}</a></li>'


def _provenance(page: Page) -> str:
    facts = [f'<code title="{escape(page.revision)}">{escape(_short(page.revision))}</code>']
    if page.modified is not None:
        when = page.modified.date().isoformat()
        facts.append(f'<time datetime="{when}" title="{when}">changed {_age(page.modified)}</time>')
    if page.owner is not None:
        owner = page.owner
        address = escape(f"/catalog/{owner.kind}/{owner.namespace}/{owner.name}")
        facts.append(f'owned by <a href="{address}">{escape(owner.name)}</a>')
    return f'<p class="provenance">{"".join(f"<span>{fact}</span>" for fact in facts)}</p>'


def _short(revision: str) -> str:
    kind, _, value = revision.partition(":")
    return f"{kind}:{value[:7]}"


def _age(then: datetime) -> str:
    """How long ago in the largest whole unit: `today`, `3 days ago`, `2 years ago`."""
    days = (datetime.now(UTC) - then.astimezone(UTC)).days
    for unit, length in (("year", 365), ("month", 30), ("day", 1)):
        if days >= length:
            number = days // length
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "today"


def _message(text: str) -> str:
    return f'<div class="empty"><p class="empty-title">{escape(text)}</p><p><a href="/catalog">Catalog</a></p></div>'
