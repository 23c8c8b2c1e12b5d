"""Traces go to a collector only when one is set."""

import contextlib
import sys
from types import SimpleNamespace

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from server.settings import TelemetrySettings
from server.telemetry import Telemetry, start_tracing


def test_without_a_collector_no_tracing_sdk_is_set_up() -> None:
    stop = start_tracing(TelemetrySettings())

    stop()

    assert type(trace.get_tracer_provider()).__name__ == "ProxyTracerProvider"
    assert "opentelemetry.exporter.otlp.proto.http.trace_exporter" not in sys.modules


def spans_of(*calls: Exception | None) -> tuple[ReadableSpan, ...]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    telemetry = Telemetry(tracer=provider.get_tracer("cuebook"))
    for error in calls:
        with (
            contextlib.suppress(ValueError),
            telemetry.action("ask", door="rest", outcome_of=lambda _error: "not_found"),
        ):
            if error is not None:
                raise error
    return exporter.get_finished_spans()


def test_an_action_is_a_span_with_its_door_and_outcome() -> None:
    (span,) = spans_of(None)

    assert span.name == "action ask"
    assert dict(span.attributes or {}) == {"cuebook.door": "rest", "cuebook.outcome": "ok"}


def test_a_span_of_a_failure_has_its_code_and_nothing_of_what_was_asked() -> None:
    (span,) = spans_of(ValueError("why was the chief executive paged?"))

    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == "not_found"
    assert "executive" not in span.to_json()


def test_with_a_collector_spans_go_to_its_traces_address(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    addresses: list[str] = []
    providers: list[TracerProvider] = []

    def exporting(endpoint: str) -> InMemorySpanExporter:
        addresses.append(endpoint)
        return exporter

    module = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
    monkeypatch.setitem(sys.modules, module, SimpleNamespace(OTLPSpanExporter=exporting))
    monkeypatch.setattr(trace, "set_tracer_provider", providers.append)
    stop = start_tracing(TelemetrySettings(otlp_endpoint="http://collector.example:4318"))
    with Telemetry(tracer=providers[0].get_tracer("cuebook")).action(
        "ask", door="mcp-http", outcome_of=lambda _error: ""
    ):
        pass

    stop()

    assert addresses == ["http://collector.example:4318/v1/traces"]
    (span,) = exporter.get_finished_spans()
    assert span.resource.attributes["service.name"] == "cuebook"


def test_gauges_are_asked_at_each_scrape() -> None:
    telemetry = Telemetry()
    ages = iter([1.0, 2.0])
    telemetry.watch_index(age=lambda: next(ages), chunks=lambda: 7, ready=lambda: True)

    first, second = telemetry.exposition().decode(), telemetry.exposition().decode()

    assert "cuebook_index_age_seconds 1.0" in first
    assert "cuebook_index_age_seconds 2.0" in second
    assert "cuebook_index_chunks 7.0" in second
