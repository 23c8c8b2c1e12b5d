"""What is measured: Prometheus metrics in a registry of our own, and OpenTelemetry traces by setting.

No metric carries a question, an entity or a user: labels are routes, action names and outcomes.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache

from opentelemetry import trace
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from server import __version__
from server.settings import TelemetrySettings

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_MOST_LABELS = 1_024
METRICS_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Telemetry:
    """The counters of one server. Everything works, and costs little, when nobody scrapes or collects it."""

    def __init__(self, *, tracer: trace.Tracer | None = None) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "cuebook_http_requests_total",
            "HTTP requests.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._request_seconds = Histogram(
            "cuebook_http_request_seconds",
            "Time to the end of the response.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._actions = Counter(
            "cuebook_action_calls_total",
            "Calls of actions through any door.",
            ("action", "door", "outcome"),
            registry=self._registry,
        )
        self._action_seconds = Histogram(
            "cuebook_action_seconds",
            "Time of one call.",
            ("action",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        # Looking a labelled counter up costs more than counting; there are as many as routes, actions and outcomes.
        self._counted_requests = lru_cache(_MOST_LABELS)(self._requests.labels)
        self._timed_requests = lru_cache(_MOST_LABELS)(self._request_seconds.labels)
        self._counted_actions = lru_cache(_MOST_LABELS)(self._actions.labels)
        self._timed_actions = lru_cache(_MOST_LABELS)(self._action_seconds.labels)
        self._collects = tracer is not None
        self._tracer = tracer or trace.get_tracer("cuebook", __version__)

    def watch_index(
        self, *, age: Callable[[], float], chunks: Callable[[], float], ready: Callable[[], bool]
    ) -> None:
        """Ask these at every scrape: seconds since the index was built, its chunks, whether it is open."""
        self._gauge("cuebook_index_age_seconds", "Seconds since the index was built; NaN without one.", age)
        self._gauge("cuebook_index_chunks", "Chunks in the current generation; NaN without one.", chunks)
        self._gauge("cuebook_ready", "1 when questions can be answered.", lambda: float(ready()))

    def _gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        Gauge(name, text, registry=self._registry).set_function(read)

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one HTTP request; `route` is the pattern, never the path a client made up."""
        self._counted_requests(method, route, str(status)).inc()
        self._timed_requests(route).observe(seconds)

    @contextmanager
    def action(self, name: str, *, door: str, outcome_of: Callable[[Exception], str]) -> Iterator[None]:
        """Time one action call inside a span; `outcome_of` names an exception for the label.

        The exception's text stays out of the span: it may repeat what the caller wrote.
        """
        started, outcome = time.perf_counter(), "ok"
        with self._span(f"action {name}") as span:
            span.set_attribute("cuebook.door", door)
            try:
                yield
            except Exception as error:
                outcome = outcome_of(error)
                span.set_status(trace.StatusCode.ERROR, outcome)
                raise
            finally:
                span.set_attribute("cuebook.outcome", outcome)
                self._counted_actions(name, door, outcome).inc()
                self._timed_actions(name).observe(time.perf_counter() - started)

    def _span(self, name: str) -> AbstractContextManager[trace.Span]:
        """One that is dropped where nobody collects any: the library takes longer to make that one than to count a call."""
        if not self._collects and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
            return nullcontext(trace.INVALID_SPAN)
        return self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)


def start_tracing(settings: TelemetrySettings) -> Callable[[], None]:
    """Send traces to the configured collector; returns what flushes and stops it. Without one, does nothing."""
    if settings.otlp_endpoint is None:
        return lambda: None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": "cuebook", "service.version": __version__})
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider.shutdown
