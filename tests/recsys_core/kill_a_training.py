"""Run by `test_sequential.py` in a process of its own: `python -m tests.recsys_core.kill_a_training FOLDER`.

The recipe in FOLDER/train.toml is killed at 20 random moments and started again each time.
"""

import os
import random
import signal
import sys
import time
from functools import partial
from pathlib import Path

from recsys_core.manifest import read_manifest
from recsys_core.recipes import run_recipe, train
from recsys_core.watch import Watch

KILLS = 20


def main(folder: Path) -> None:
    often = partial(Watch, seconds=0.0)  # a checkpoint whenever none is being written
    vars(train)["Watch"] = often
    config, out, checkpoints = folder / "train.toml", folder / "out", folder / ".out.checkpoints"
    files = run_recipe(
        "train", config, folder / "undisturbed"
    ).files  # imports torch, which the forks then need not
    begun = time.monotonic()
    assert run_recipe("train", config, folder / "again").files == files
    length, drawn = time.monotonic() - begun, random.Random(0)
    kills = resumed = 0
    while kills < KILLS:
        resumed += checkpoints.is_dir() and any(
            not each.name.startswith(".") for each in checkpoints.iterdir()
        )
        child = os.fork()
        if child == 0:
            run_recipe("train", config, out)
            os._exit(0)
        time.sleep(drawn.uniform(0.02, 0.5) * length)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        kills += 1
        if out.exists():
            assert read_manifest(out).files == files
            out.rename(folder / f"whole-{kills}")
    assert resumed
    assert run_recipe("train", config, out).files == files
    assert not checkpoints.exists()
    sys.stdout.write(f"{kills}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
