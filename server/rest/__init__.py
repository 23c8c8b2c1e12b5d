"""The REST door under `/api/v1`, and what operators ask: health, readiness, metrics."""

from server.rest.routes import add_rest

__all__ = ["add_rest"]
