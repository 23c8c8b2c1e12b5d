"""Traces go to a collector only when one is set."""

import sys

from server.settings import TelemetrySettings
from server.telemetry import Telemetry, start_tracing


def test_without_a_collector_no_tracing_sdk_is_set_up() -> None:
    stop = start_tracing(TelemetrySettings())

    stop()

    from opentelemetry import trace

    assert type(trace.get_tracer_provider()).__name__ == "ProxyTracerProvider"
    assert "opentelemetry.exporter.otlp.proto.http.trace_exporter" not in sys.modules


def test_gauges_are_asked_at_each_scrape() -> None:
    telemetry = Telemetry()
    ages = iter([1.0, 2.0])
    telemetry.watch_index(age=lambda: next(ages), chunks=lambda: 7, ready=lambda: True)

    first, second = telemetry.exposition().decode(), telemetry.exposition().decode()

    assert "cuebook_index_age_seconds 1.0" in first
    assert "cuebook_index_age_seconds 2.0" in second
    assert "cuebook_index_chunks 7.0" in second
