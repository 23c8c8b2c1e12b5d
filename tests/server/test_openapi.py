"""What the OpenAPI document says holds of every operation, whatever it is sent: no fault, no undocumented answer."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import schemathesis.openapi
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from server.app import make_app
from server.composition import Cuebook
from server.settings import ApiToken
from tests.server.conftest import HERE
from tests.server.memory import RANKER, small_cuebook

TOKEN = "0123456789abcdef0123"
GOOD = {"Authorization": f"Bearer {TOKEN}"}
HEADERS: tuple[dict[str, str], ...] = (
    *(GOOD, GOOD, GOOD, {}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eA=="}),
    *({**GOOD, "Origin": "http://evil.example"}, {**GOOD, "Host": "evil.example"}),
)
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.allow_header_conformance,
]
# The nulls that models send for what they leave out are taken, so it is not checked that all that is undocumented
# is refused.
CALM = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def cuebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cuebook]:
    monkeypatch.setattr(Cuebook, "warm_in_background", lambda _self: None)
    scopes = frozenset({"catalog:read", "docs:read", "index:write", "jobs:read", "models:read", "audit:read"})
    with small_cuebook(
        tmp_path / "home", api_tokens=(ApiToken(name="ci", token=TOKEN, scopes=scopes),)
    ) as composed:
        yield composed


class InProcess:
    """Sends cases to the application over one client."""

    def __init__(self, cuebook: Cuebook) -> None:
        app = make_app(cuebook.settings, cuebook=cuebook)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self.runner = asyncio.Runner()
        self._client = httpx.AsyncClient(transport=transport, base_url=HERE)

    def request(self, method: str, address: str, body: bytes = b"") -> httpx.Response:
        headers = {**GOOD, "Content-Type": "application/json"}
        return self.runner.run(self._client.request(method, address, content=body, headers=headers))

    def get(self, address: str) -> Any:
        return self.request("GET", address).json()

    def post(self, address: str, body: Any) -> httpx.Response:
        """ASCII JSON, which can spell what UTF-8 cannot."""
        return self.request("POST", address, json.dumps(body).encode())

    def plan(self) -> str:
        return str(self.post("/api/v1/actions/refresh_index", {}).json()["digest"])

    def send(self, case: Case[Any], headers: dict[str, str]) -> httpx.Response:
        made = requests.Request(**case.as_transport_kwargs(base_url=HERE)).prepare()
        body = made.body.encode() if isinstance(made.body, str) else made.body or b""
        assert isinstance(body, bytes)
        together = {**{name: str(value) for name, value in made.headers.items()}, **headers}
        request = self._client.build_request(str(made.method), str(made.url), content=body, headers=together)
        return self.runner.run(self._client.send(request))

    def close(self) -> None:
        self.runner.run(self._client.aclose())
        self.runner.close()


@pytest.fixture
def server(cuebook: Cuebook) -> Iterator[InProcess]:
    made = InProcess(cuebook)
    yield made
    made.close()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("mode", "examples"),
    [
        (GenerationMode.POSITIVE, 2),
        pytest.param(GenerationMode.POSITIVE, 20, marks=pytest.mark.slow),
        pytest.param(GenerationMode.NEGATIVE, 20, marks=pytest.mark.slow),
    ],
)
def test_every_operation_answers_as_documented(
    mode: GenerationMode, examples: int, server: InProcess
) -> None:
    load_all_checks()
    schema = schemathesis.openapi.from_dict(server.get("/api/openapi.json"))
    known = {"entity": str(RANKER), "digest": server.plan(), "path": "index.md"}
    seen: dict[str, set[int]] = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        seen[operation.label] = set()
        with suppress(Unsatisfiable):  # what takes nothing, or any text, cannot be sent what does not fit
            _try(
                operation,
                mode,
                server,
                effort=settings(CALM, max_examples=examples),
                known=known,
                seen=seen[operation.label],
            )
    tried = {label for label, statuses in seen.items() if statuses}
    assert len(tried) == len(seen) or (mode is GenerationMode.NEGATIVE and len(tried) > 0.6 * len(seen))
    assert set().union(*seen.values()) >= {200, 401, 403, 421, 422}


def _try(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    server: InProcess,
    *,
    effort: settings,
    known: dict[str, str],
    seen: set[int],
) -> None:
    @effort
    @given(operation.as_strategy(generation_mode=mode), st.sampled_from(HEADERS), st.booleans())
    def answers(case: Case[Any], headers: dict[str, str], of_what_there_is: bool) -> None:
        if of_what_there_is:
            _name_what_there_is(case, known)
        response = server.send(case, headers)
        seen.add(response.status_code)
        # A 503 is documented, and true of this home: it has no sources to open again and no registry.
        missing = response.status_code == 503 and response.json()["error"]["code"] == "unavailable"
        case.validate_response(response, checks=CHECKS if missing else [not_a_server_error, *CHECKS])

    answers()


def _name_what_there_is(case: Case[Any], known: dict[str, str]) -> None:
    """Random names lead nowhere, and what lies behind the right ones is of interest too."""
    if isinstance(case.body, dict):
        case.body.update({name: value for name, value in known.items() if name in case.body})
    if case.path_parameters and "digest" in case.path_parameters:
        case.path_parameters["digest"] = known["digest"]


def test_a_number_that_no_database_holds_is_refused_or_answered(server: InProcess) -> None:
    document = server.get("/api/openapi.json")
    for name, schema in _actions(document):
        numbers = [field for field, kind in schema["properties"].items() if kind.get("type") == "integer"]
        for field in numbers:
            answer = server.post(f"/api/v1/actions/{name}", {**_enough(schema), field: 10**30})
            assert answer.status_code < 500 or answer.json()["error"]["code"] == "unavailable", (name, field)


def _actions(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        if path.startswith("/api/v1/actions/") and "post" in methods:
            content = methods["post"]["requestBody"]["content"]
            yield path.rpartition("/")[2], content["application/json"]["schema"]


def _enough(schema: dict[str, Any]) -> dict[str, Any]:
    """Something of the right kind for each argument that has to be given."""
    return {
        name: {"array": ["x"], "object": {}}.get(schema["properties"][name].get("type"), "x")
        for name in schema.get("required", ())
    }


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/api/v1/session", {"token": "\ud800"}),
        ("/api/v1/approver/session", {"name": "eve", "passphrase": "\ud800"}),
        ("/api/v1/plans/0/approve", {"token": "\ud800"}),
        ("/api/v1/plans/0/reject", {"reason": "\ud800"}),
        ("/api/v1/actions/search_docs", {"question": "\ud800"}),
        ("/api/v1/actions/query_audit", {"since": "0001-01-01T00:00+23:59"}),
    ],
)
def test_what_json_can_spell_and_nothing_can_hold_is_refused(
    address: str, body: dict[str, str], server: InProcess
) -> None:
    assert server.post(address, body).status_code == 422


def test_an_address_names_all_its_methods(server: InProcess) -> None:
    answer = server.request("PATCH", "/api/v1/approver/session")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, POST")
