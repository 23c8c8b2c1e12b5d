"""Checkpoints that training does not wait for: a snapshot in memory, written by a thread, visible only when whole.

    choose-00001200/manifest.json        format version, whose run, where it was, sha256 of the tensors
    choose-00001200/tensors.safetensors  weights and the optimiser's moments

The folder is named for the phase and the steps taken in it. It is written beside its place and renamed; the two newest are kept. A checkpoint
that a broken disk damaged does not match its sha256 and is passed over for the one before.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys_core.folders import appearing, sha256_of

VERSION = 1
MANIFEST, TENSORS = "manifest.json", "tensors.safetensors"
_KEPT = 2
Tensors = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """place: where training was, as JSON. tensors: what it had learned."""

    place: Mapping[str, Any]
    tensors: Tensors


class Checkpoints:
    """The checkpoints of one run in `folder`; `run` says whose they are, and those of another run are removed."""

    def __init__(self, folder: Path, run: str) -> None:
        self.folder, self.run = folder, run
        self._writer = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None

    def newest(self) -> Checkpoint | None:
        """The newest one that is whole and of this run."""
        if not self.folder.is_dir():
            return None
        for path in sorted(self.folder.iterdir(), reverse=True):
            if not path.name.startswith(".") and (found := self._read(path)):
                return found
            shutil.rmtree(path)  # a killed write, a damaged one, or another run's
        return None

    def save(self, phase: str, steps: int, place: Mapping[str, Any], snapshot: Callable[[], Tensors]) -> bool:
        """Take the snapshot and begin to write it; False, and nothing taken, while the one before is still being written.

        Raises what the write before raised.
        """
        if self._writing is not None and not self._writing.done():
            return False
        self._finish()
        path = self.folder / f"{phase}-{steps:08d}"
        self._writing = self._writer.submit(self._write, path, Checkpoint(place, snapshot()))
        return True

    def close(self) -> None:
        """Wait for the write under way. Raises what it raised."""
        self._writer.shutdown()
        self._finish()

    def _finish(self) -> None:
        if self._writing is not None:
            self._writing.result()

    def _write(self, path: Path, checkpoint: Checkpoint) -> None:
        from safetensors.numpy import save_file

        if path.exists():  # the step that was resumed at
            return
        with appearing(path) as draft:
            save_file(dict(checkpoint.tensors), draft / TENSORS)
            head = {
                "version": VERSION,
                "run": self.run,
                "place": checkpoint.place,
                "sha256": sha256_of(draft / TENSORS),
            }
            (draft / MANIFEST).write_text(json.dumps(head, indent=2) + "\n", encoding="utf-8")
        for old in sorted(self.folder.glob("[!.]*"))[:-_KEPT]:
            shutil.rmtree(old)

    def _read(self, path: Path) -> Checkpoint | None:
        from safetensors.numpy import load_file

        try:
            head = json.loads((path / MANIFEST).read_text("utf-8"))
            if (head["version"], head["run"]) != (VERSION, self.run):
                return None
            if sha256_of(path / TENSORS) != head["sha256"]:
                return None
            return Checkpoint(head["place"], load_file(path / TENSORS))
        except (OSError, ValueError, KeyError, TypeError):
            return None
