"""Every error of the packages below has its place in the one translation."""

import httpx
import pytest

import ingest.errors
import tools.errors
from server.composition import Cuebook
from server.errors import _STATUS, problem_of, resource_error, tool_error


def tree(root: type[Exception]) -> list[type[Exception]]:
    return [root, *(found for child in root.__subclasses__() for found in tree(child))]


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for root in (tools.errors.ActionError, ingest.errors.IngestError)
        for kind in tree(root)
        if kind.__module__ in ("tools.errors", "ingest.errors")
    ],
)
def test_every_foreseen_error_has_a_status_of_its_own(kind: type[Exception]) -> None:
    assert kind in _STATUS
    assert problem_of(kind("why")).message == "why"


@pytest.mark.parametrize("kind", tree(tools.errors.ActionError))
def test_codes_agree_with_those_that_actions_state(kind: type[tools.errors.ActionError]) -> None:
    if kind.__module__ == "tools.errors":
        assert problem_of(kind("why")).code == kind.code


def test_an_unforeseen_error_tells_nothing_of_its_text() -> None:
    problem = problem_of(RuntimeError("password=hunter2"))

    assert (problem.status, problem.code) == (500, "internal_error")
    assert "hunter2" not in str(problem.body())


def test_a_model_reads_the_message_and_a_missing_resource_is_a_bad_parameter() -> None:
    assert str(tool_error(tools.errors.NotFound("no such page"))) == "no such page"
    assert type(resource_error(ingest.errors.NotFound("gone"))).__name__ == "ResourceNotFoundError"
    assert type(resource_error(ingest.errors.IndexMissing("run"))).__name__ == "ResourceError"


async def test_a_crash_answers_in_the_same_shape(
    client: httpx.AsyncClient, cuebook: Cuebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cuebook, "status", lambda _self: 1 / 0)

    answer = await client.get("/api/v1/status")

    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "division" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/api/v1/nothing", None, (404, "no_such_address")),
        ("GET", "/api/v1/actions/nothing", None, (404, "unknown_action")),
        ("POST", "/api/v1/actions/nothing", {}, (404, "unknown_action")),
        ("POST", "/api/v1/actions/ask", {}, (422, "invalid_arguments")),
        ("POST", "/api/v1/actions/ask", [1], (422, "invalid_arguments")),
        ("POST", "/api/v1/actions/describe_entity", {"entity": "component:default/none"}, (404, "not_found")),
        ("POST", "/api/v1/plans/none/apply", None, (404, "plan_missing")),
        ("GET", "/api/v1/entities/component/default/none", None, (404, "not_found")),
        ("GET", "/api/v1/entities?limit=0", None, (422, "invalid_request")),
        ("GET", "/api/v1/entities/component/default/..%00", None, (422, "invalid_entity_ref")),
        ("DELETE", "/api/v1/actions", None, (405, "method_not_allowed")),
    ],
)
async def test_every_failure_has_a_code_and_a_message(
    method: str, path: str, body: object, expected: tuple[int, str], client: httpx.AsyncClient
) -> None:
    answer = await client.request(method, path, json=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == expected
    assert answer.json()["error"]["message"]
