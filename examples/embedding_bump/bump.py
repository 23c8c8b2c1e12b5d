"""What happened at night: item2vec is trained anew, and its alias is moved in MLflow by hand.

    .venv/bin/python examples/embedding_bump/bump.py --home .cuebook

`promote_model` would have refused it, since podcast-index was built from the version before. Whoever holds MLflow's
database needs no plan for such a move, so this is how a tuple breaks. `cuebook models sync` then sees it.
"""

import argparse
from pathlib import Path

from recsys_core.demo import ALIAS, OWNER
from recsys_core.recipes import run_recipe
from recsys_core.registry import ModelVersion, Registry

MODEL = "item2vec"
TRAIN = """name = "item2vec"
data = {path = "../demo/world.json", format = "world"}
model = {kind = "item2vec"}
seed = 1
"""
JUDGE = """model = "model"
"""


def bump(home: Path) -> ModelVersion:
    """The new version, in production without anybody having been asked."""
    folder = home / "bump"
    folder.mkdir(exist_ok=True)
    (folder / "train.toml").write_text(TRAIN, encoding="utf-8")
    (folder / "judge.toml").write_text(JUDGE, encoding="utf-8")
    run_recipe("train", folder / "train.toml", folder / "model")
    run_recipe("evaluate", folder / "judge.toml", folder / "judged")
    registry = Registry.open(home)
    version = registry.register(folder / "model", name=MODEL, owner=OWNER)
    registry.record(folder / "judged", owner=OWNER)
    registry.store.client.set_registered_model_alias(MODEL, ALIAS, str(version.version))  # not ours: MLflow's
    registry.sync_aliases()
    return version


def main() -> None:
    """Print what was moved."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--home", type=Path, default=Path(".cuebook"), help="a home that `cuebook up` filled")
    print(f"{MODEL}@{ALIAS} now points to {bump(parser.parse_args().home).ref}")


if __name__ == "__main__":
    main()
