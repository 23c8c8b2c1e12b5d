"""Train with several processes: `torchrun --nproc-per-node 2 -m recsys_core.sequential.together --config FILE --out DIR`.

The first process runs the recipe `train`; the others fit the same model on the same data and give nothing but their share of
each step. gloo connects them. The result is one process's, up to the order in which numbers are added and to dropout.
"""

import argparse
import sys
from pathlib import Path
from typing import cast

from torch import distributed

from recsys_core.errors import InvalidConfig, RecsysError
from recsys_core.evaluation import train
from recsys_core.folders import holds_something
from recsys_core.recipes import command, prepare
from recsys_core.recipes.inputs import read_data
from recsys_core.recipes.train import TrainConfig, learned, model_config
from recsys_core.sequential.processes import Processes


def main() -> int:
    """0 when it worked, 2 when the input was wrong; the first process's stderr says why."""
    parser = argparse.ArgumentParser(description=__doc__)
    command.add_arguments(parser)
    options = parser.parse_args()
    distributed.init_process_group("gloo")
    first = Processes.current().part == 0
    try:
        config = _read(options.config)
        made = Processes.current().first_said(holds_something(options.out))
        if first:
            sys.stdout.write(command.run("train", options) + "\n")
        elif not made:
            _follow(config, options.config.resolve().parent)
    except RecsysError as error:
        if first:
            sys.stderr.write(f"{error}\n")
        return 2
    finally:
        distributed.destroy_process_group()
    return 0


def _read(path: Path) -> TrainConfig:
    config = cast(TrainConfig, prepare("train", path).config)
    if (kind := config.model["kind"]) != "sequential":
        raise InvalidConfig(
            f"model.kind = {kind!r} is not trained by several processes; start one: python -m recsys_core train"
        )
    return config


def _follow(config: TrainConfig, base: Path) -> None:
    data, _ = read_data(config.data.place(base), config.data.format)
    _, settings = model_config(config.model)
    train(settings, learned(config, data, settings), seed=config.seed)


if __name__ == "__main__":
    sys.exit(main())
