"""`/api/docs`: the OpenAPI document as a page, without the scripts from elsewhere that FastAPI's own loads."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse

from server.web.shell import shell_html


def reference_routes(app: FastAPI) -> APIRouter:
    """The page, made from whatever `app` documents."""
    router = APIRouter(include_in_schema=False)

    @router.get("/api/docs", response_class=HTMLResponse)
    def reference() -> str:
        return shell_html("API", _body(app.openapi()))

    return router


def _body(document: Mapping[str, Any]) -> str:
    groups = "".join(_group(tag, document) for tag in document.get("tags", ()))
    return (
        f'<div class="doc-page prose"><h1>{escape(document["info"]["title"])}</h1>'
        f"<p>Version {escape(document['info']['version'])}. For programs: "
        f'<a href="/api/openapi.json">OpenAPI</a>, and <a href="/mcp"><code>/mcp</code></a> for MCP clients.</p>'
        f"{groups}</div>"
    )


def _group(tag: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    operations = "".join(_operation(*found) for found in _operations(document, tag["name"]))
    return f'<h2 id="{escape(tag["name"])}">{escape(tag["name"].capitalize())}</h2><p>{escape(tag["description"])}</p>{operations}'


def _operations(document: Mapping[str, Any], tag: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation.get("tags", ()):
                yield method, path, operation


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema")
    shown = json.dumps(schema, indent=2, ensure_ascii=False) if schema else ""
    arguments = (
        f"<details><summary>Body</summary><pre><code>{escape(shown)}</code></pre></details>" if shown else ""
    )
    text = escape(operation.get("description", ""))
    return (
        f'<section><h3 id="{escape(operation["operationId"])}">{escape(operation["summary"])}</h3>'
        f"<p><code>{method.upper()} {escape(path)}</code></p><p>{text}</p>{arguments}</section>"
    )
