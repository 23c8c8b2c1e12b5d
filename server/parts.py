"""The heavy parts, each opened when it is first asked for and kept: embedder, library, model, assistant.

Opening fails when something is not there yet (no index, an endpoint down); it is tried again at the next
request, so that a server needs no restart after the first ingest.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.entities import Entity, EntityRef
from ingest.errors import SourceError
from server.indexing import SourceIndexer, chosen_sources
from server.meaning import KeptMeaning
from server.model_book import RegistryBook
from server.once import Once
from server.registry_history import RegistryHistory
from server.settings import Settings
from server.sources import backstage_sources, roots_of

if TYPE_CHECKING:
    from ingest.answers.assistant import Assistant
    from ingest.answers.model import OpenAIChatModel
    from ingest.changes import Histories
    from ingest.index.embedders import Embedder
    from ingest.library import Library
    from ingest.sources.entity_files import EntityFile
    from ingest.sources.reopening import Reopener
    from tools.declared.network import Network
    from tools.models import ModelBook


class Parts:
    """What `tools.ports.Ports` asks for, loaded late. Read its properties on a worker thread.

    `network` is how declared HTTP calls get out, None for the system's; `clock` tells what ends and when; `refreshing`
    says why a server cannot read its sources again, in words.
    """

    network: "Network | None" = None
    clock: Callable[[], float] = staticmethod(time.time)
    refreshing: Callable[[], Sequence[str]] = staticmethod(tuple)

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.opened_embedder = Once(lambda: make_embedder(settings))
        self.opened_library = Once(self._open_library)
        self._model = Once(lambda: make_model(settings))
        self._assistant = Once(self._make_assistant)
        self.models = model_book(settings)
        self._model_facts = RegistryBook(self.models)
        self.indexer = SourceIndexer(settings)
        self.meaning = KeptMeaning(self.opened_embedder, settings.home)

    @property
    def refs(self) -> type[EntityRef]:
        return EntityRef

    @property
    def library(self) -> "Library":
        """Raises `IndexMissing` before the first ingest."""
        return self.opened_library()

    @property
    def at_hand(self) -> bool:
        """Whether the index is open, and no newer one waits to be opened."""
        library = self.opened_library.made
        return library is not None and library.is_current

    @property
    def assistant(self) -> "Assistant":
        return self._assistant()

    def files(self, entity: Entity) -> "EntityFile | None":
        """Where an entity of the catalog lies among the sources; None when it lies in no folder."""
        from ingest.sources.entity_files import entity_file

        return entity_file(entity, self._roots())

    def _roots(self) -> tuple[Path, ...]:
        """The folders that the sources are read from; none where no source is known, as for an index from elsewhere."""
        with suppress(SourceError):
            return roots_of(chosen_sources(self._settings), self._settings)
        return ()

    def stale_sources(self) -> tuple[str, ...]:
        """What of the Backstage instances that are read is not as it is there now, in words; asks none of them."""
        from ingest.sources.backstage.source import stale

        with suppress(SourceError):
            found = backstage_sources(chosen_sources(self._settings), self._settings)
            return tuple(line for source in found for line in stale(source.folder, name=source.instance.host))
        return ()

    @property
    def chat_model(self) -> "OpenAIChatModel | None":
        """The configured language model; None where none is."""
        return self._model()

    @property
    def unaided(self) -> "Assistant":
        """The assistant without its model, so that the same question gets the same answer."""
        from ingest.answers.assistant import Assistant

        return Assistant(
            self.library,
            models=self._model_facts,
            histories=self.histories,
            link_hosts=self._settings.answers.link_hosts,
        )

    @property
    def histories(self) -> "Histories":
        """Where it is asked what changed: the model registry, and the commits of the sources."""
        from ingest.changes import Histories
        from ingest.git_history import GitHistory

        return Histories((RegistryHistory(self.models), GitHistory(self._roots)))

    @property
    def verifier(self) -> "Reopener":
        """New at each use: it reads the sources as they are now."""
        from ingest.sources.reopening import Reopener

        sources = chosen_sources(self._settings)
        return Reopener(
            roots_of(sources, self._settings),
            library=self.library,
            instances=backstage_sources(sources, self._settings),
        )

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

        return Library.open(
            self._settings.home,
            embedder=self.opened_embedder(),
            models=self._model_facts,
            history=self.histories,
        )

    def _make_assistant(self) -> "Assistant":
        from ingest.answers.assistant import Assistant

        return Assistant(
            self.library,
            model=self._model(),
            models=self._model_facts,
            histories=self.histories,
            tokens=self._settings.model.tokens,
            link_hosts=self._settings.answers.link_hosts,
        )


def model_book(settings: Settings) -> "ModelBook":
    """The model registry of the home; nothing is opened before it is asked."""
    from tools.models import ModelBook

    uri = settings.models.tracking_uri
    return ModelBook(
        settings.home,
        tracking_uri=uri.get_secret_value() if uri else None,
        stale_after=settings.models.stale_seconds,
        surfaces=settings.models.surfaces,
    )


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
        steps=chosen.steps,
    )
