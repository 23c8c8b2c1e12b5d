"""Puts what jobs made into the registry: models and embeddings as versions, evaluations with the version they judged.

    jobs/JOB/registered.json    which version and run hold the job's result; written last

Registering goes by the artifact's digest, so a process that is killed anywhere leaves nothing half-made, and doing it
again gives the same version. A failure is told to whoever asks and changes nothing about the job.
"""

import json
import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from tools.errors import ActionError, Unavailable
from tools.jobs.results import Kept
from tools.models.book import ModelBook

if TYPE_CHECKING:
    from tools.state.jobs import JobRow

_LOG = logging.getLogger(__name__)
_RECIPES = {"train", "embed", "evaluate"}


class RegisteredResults:
    """One at a time in a process; whoever comes meanwhile is told so and asks again."""

    def __init__(self, book: ModelBook) -> None:
        self._book = book
        self._lock = threading.Lock()

    def keeps(self, recipe: str) -> bool:
        return recipe in _RECIPES

    def kept(self, id: str) -> Kept | None:
        try:
            found = json.loads(self._note(id).read_text(encoding="utf-8"))
            return Kept(ref=str(found["ref"]), run_id=str(found["run_id"]))
        except (OSError, ValueError, LookupError, TypeError):
            return None  # not there yet, or damaged: it is written anew

    def keep(self, row: "JobRow", folder: Path) -> Kept:
        if (found := self.kept(row.job.id)) is not None:
            return found
        if not (folder / "manifest.json").is_file():
            told = f"jobs/{row.job.id}/{row.spec.out} holds no artifact: it was removed, or never written"
            return Kept(why=told, later=False)
        if not self._lock.acquire(blocking=False):
            return Kept(why="it is being registered right now; ask again")
        try:
            made = self._registered(row, folder)
        except ActionError as error:
            return Kept(why=str(error), later=isinstance(error, Unavailable))
        except Exception as error:
            _LOG.exception("the result of %s could not be registered", row.job.id)
            return Kept(why=f"registering it failed with {type(error).__name__}; the server's log says more")
        finally:
            self._lock.release()
        return made

    def _registered(self, row: "JobRow", folder: Path) -> Kept:
        if row.spec.recipe == "evaluate":
            ref, run_id = self._book.record(folder, owner=row.spec.owner)
        else:
            owner = row.spec.model_owner or row.spec.owner
            ref, run_id = self._book.register(folder, name=str(row.spec.config.get("name", "")), owner=owner)
        note = self._note(row.job.id)
        draft = note.with_name(f".{note.name}.{os.getpid()}")
        draft.write_text(json.dumps({"ref": ref, "run_id": run_id}), encoding="utf-8")
        draft.replace(note)
        return Kept(ref=ref, run_id=run_id)

    def _note(self, id: str) -> Path:
        return self._book.home / "jobs" / id / "registered.json"
