"""What can go wrong while reading sources, building an index or asking it.

    IngestError
    ├── SourceError            a source as a whole cannot be read
    ├── InvalidEntityRef       text that is no `[kind:][namespace/]name`
    ├── IndexMissing           nothing has been indexed under this home yet
    ├── IndexBusy              another process is building an index here
    ├── IndexDamaged           the current generation cannot be opened
    ├── EmbedderUnavailable    the embedding model or endpoint does not answer
    ├── ModelUnavailable       the chat model or endpoint does not answer
    ├── ModelBookUnavailable   the model registry cannot be read
    └── NotFound               no such entity, page or section (or none that this principal may see)

One broken document never raises: it is skipped, and the report says why.
"""


class IngestError(Exception):
    """Root of this package's errors; the message says what was wrong and what to do next."""


class SourceError(IngestError):
    """A source as a whole cannot be read."""


class InvalidEntityRef(IngestError, ValueError):
    """Text that is no `[kind:][namespace/]name`."""


class IndexMissing(IngestError):
    """Nothing has been indexed under this home yet."""


class IndexBusy(IngestError):
    """Another process is building an index under this home."""


class IndexDamaged(IngestError):
    """The current generation cannot be opened."""


class EmbedderUnavailable(IngestError):
    """The embedding model or endpoint does not answer."""


class ModelUnavailable(IngestError):
    """The chat model or endpoint does not answer."""


class ModelBookUnavailable(IngestError):
    """The model registry cannot be read."""


class NotFound(IngestError, LookupError):
    """No such entity, page or section, or none that this principal may see."""
