"""Pipelines that were loaded from their artifacts, the last few of them, each loaded once however many ask."""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recsys_core import Pipeline

_MOST = 2  # a pipeline holds its data set and every source: tens of megabytes


class LoadedPipelines:
    """By the artifact's digest, so that a new version never answers with an old one's data."""

    def __init__(self) -> None:
        self._loaded: OrderedDict[str, Pipeline] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str, folder: Path) -> "Pipeline":
        """The pipeline of the artifact in `folder`, whose files are checked when it is loaded. Raises `RecsysError`."""
        with self._lock:
            if digest not in self._loaded:
                self._loaded[digest] = _load(folder)
            self._loaded.move_to_end(digest)
            while len(self._loaded) > _MOST:
                self._loaded.popitem(last=False)
            return self._loaded[digest]


def _load(folder: Path) -> "Pipeline":
    from recsys_core.manifest import read_manifest
    from recsys_core.pipeline_folder import load_pipeline
    from recsys_core.recipes.train import FOLDER

    read_manifest(folder)
    return load_pipeline(folder / FOLDER)
