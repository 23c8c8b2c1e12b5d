"""The heavy parts, each opened when it is first asked for and kept: embedder, library, model, assistant.

Opening fails when something is not there yet (no index, an endpoint down); it is tried again at the next
request, so that a server needs no restart after the first ingest.
"""

from typing import TYPE_CHECKING

from ingest.entities import EntityRef
from server.indexing import SourceIndexer
from server.once import Once
from server.settings import Settings

if TYPE_CHECKING:
    from ingest.answers.assistant import Assistant
    from ingest.answers.model import OpenAIChatModel
    from ingest.index.embedders import Embedder
    from ingest.library import Library


class Parts:
    """What `tools.ports.Ports` asks for, loaded late. Read its properties on a worker thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.opened_embedder = Once(lambda: make_embedder(settings))
        self.opened_library = Once(self._open_library)
        self._model = Once(lambda: make_model(settings))
        self._assistant = Once(self._make_assistant)
        self.indexer = SourceIndexer(settings)

    @property
    def refs(self) -> type[EntityRef]:
        return EntityRef

    @property
    def library(self) -> "Library":
        """Raises `IndexMissing` before the first ingest."""
        return self.opened_library()

    @property
    def assistant(self) -> "Assistant":
        return self._assistant()

    def warm(self) -> None:
        """Load what the first question needs. Raises `IngestError` when it cannot be had."""
        self.library.warm()
        _ = self.assistant
        if (model := self._model()) is not None:
            model.connected()

    def close(self) -> None:
        if (library := self.opened_library.made) is not None:
            library.close()

    def _open_library(self) -> "Library":
        from ingest.library import Library

        return Library.open(self._settings.home, embedder=self.opened_embedder())

    def _make_assistant(self) -> "Assistant":
        from ingest.answers.assistant import Assistant

        return Assistant(self.library, model=self._model())


def make_embedder(settings: Settings) -> "Embedder":
    """The embedder that the settings name; nothing is loaded or asked before it embeds."""
    chosen = settings.embedder
    if chosen.kind == "hashing":
        from ingest.index.hashing import HashingEmbedder

        return HashingEmbedder()
    if chosen.kind == "openai":
        from ingest.index.openai_embedder import OpenAIEmbedder

        assert chosen.url and chosen.model  # noqa: S101 - EmbedderSettings made sure
        return OpenAIEmbedder(url=chosen.url, model=chosen.model, api_key=chosen.api_key)
    from ingest.index.minilm import MiniLM

    return MiniLM(cache=settings.home / "models")


def make_model(settings: Settings) -> "OpenAIChatModel | None":
    """The chat model that the settings name, or None: answers are then sentences of the documents."""
    chosen = settings.model
    if chosen.url is None or chosen.name is None:
        return None
    from ingest.answers.model import OpenAIChatModel

    return OpenAIChatModel(
        url=chosen.url,
        name=chosen.name,
        api_key=chosen.api_key,
        temperature=chosen.temperature,
        timeout_seconds=chosen.timeout_seconds,
    )
