"""Run by `test_recipes.py` in a process of its own: `python -m tests.recsys_core.kill_a_recipe FOLDER`."""

import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

from recsys_core.manifest import read_manifest
from recsys_core.recipes import run_recipe
from tests.recsys_core.killing import Steps, ended_at_every_step


def main(folder: Path) -> None:
    config, out, draft = folder / "train.toml", folder / "out", folder / ".out.draft"
    digest = run_recipe("train", config, folder / "undisturbed").digest

    def work(steps: Steps) -> None:
        run_recipe("train", config, out)

    def whole_or_nothing() -> None:
        if out.exists():
            assert read_manifest(out).digest == digest
        assert (
            run_recipe("train", config, out).digest == digest
        )  # the next run is not in the way of a dead one
        shutil.rmtree(out)

    def nothing_left() -> None:
        assert not draft.exists()
        whole_or_nothing()

    killed = ended_at_every_step(work, whole_or_nothing)

    def ended(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, ended)
    terminated = ended_at_every_step(work, nothing_left, signal_number=signal.SIGTERM)
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
    sys.stdout.write(f"{killed} {terminated}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
