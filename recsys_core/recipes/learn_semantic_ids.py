"""Give each item a short sequence of codes, learned from one or more vector spaces over the same data.

    name = "semantic-ids"
    levels = 3
    codes = 256                       # of a level
    spaces = [{path = "spaces/als"}, {path = "spaces/texts", weight = 0.5}]

Items that no space holds have no ID. `rerun` learns a second time from the items in another order and reports how many get
the same ID; it doubles the time.
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from recsys_core.config import Config
from recsys_core.data.items import Item
from recsys_core.errors import InvalidData
from recsys_core.manifest import Manifest, Name
from recsys_core.recipes.inputs import parent, read_data
from recsys_core.recipes.recipe import Made, Progress, Recipe
from recsys_core.semantic_ids.identifiers import SemanticIds
from recsys_core.semantic_ids.learning import Learned, Learning, learn
from recsys_core.semantic_ids.report import picture, reported
from recsys_core.space import Placed, load_space


class SpaceConfig(Config):
    """path: the folder of a vector space. weight: of its directions beside those of the others."""

    path: str = Field(min_length=1)
    weight: float = Field(default=1.0, gt=0, le=1_000)


class LearnSemanticIdsConfig(Config):
    """quantizer: residual k-means, or an RQ-VAE, whose training needs torch. codes: of a level. dimensions: most that vectors have before
    they are coded. iterations: of k-means, a level. latent, epochs: of the RQ-VAE."""

    name: Name = "semantic-ids"
    spaces: tuple[SpaceConfig, ...] = Field(min_length=1, max_length=8)
    quantizer: Literal["kmeans", "rq_vae"] = "kmeans"
    levels: int = Field(default=3, ge=3, le=6)
    codes: int = Field(default=256, ge=2, le=65_536)
    dimensions: int = Field(default=128, ge=2, le=4_096)
    iterations: int = Field(default=25, ge=1, le=1_000)
    latent: int = Field(default=32, ge=2, le=1_024)
    epochs: int = Field(default=100, ge=2, le=10_000)
    seed: int = Field(default=0, ge=0)
    rerun: bool = True


def inputs(config: LearnSemanticIdsConfig, base: Path) -> dict[str, str]:
    """Digest of each space, by its path."""
    return {space.path: parent(base, space.path, kind="embedding")[0].digest for space in config.spaces}


def make(config: LearnSemanticIdsConfig, base: Path, draft: Path, progress: Progress) -> Made:
    """Write the IDs, the code books and the report. Raises InvalidConfig, InvalidData, DataMissing."""
    progress("read", 0, 1)
    found = [parent(base, space.path, kind="embedding") for space in config.spaces]
    spaces = [load_space(folder).items for _, folder in found]
    manifests = [manifest for manifest, _ in found]
    items = _items(manifests)
    held = [frozenset(space.ids) for space in spaces]
    known = tuple(item for item in items if any(item.id in ids for ids in held))
    progress("read", 1, 1)

    start = time.process_time()
    learned, stable = _learned(config, known, spaces, progress)
    semantic = SemanticIds(
        known, learned.codes, learned.books, learned.mixing, tuple(manifest.digest for manifest in manifests)
    )
    semantic.write(draft)
    report = reported(learned.books, learned.vectors, learned.steps, known, stable=stable)
    (draft / "report.json").write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    use = [np.bincount(own, minlength=config.codes) for own in learned.codes.T]
    (draft / "report.svg").write_text(picture(report, use), encoding="utf-8")
    (draft / "items.json").write_text(json.dumps([item.id for item in items]), encoding="utf-8")
    return Made(
        kind="embedding",
        name=config.name,
        data=manifests[0].data,
        parents=semantic.spaces,
        requires=("numpy", "safetensors", "scipy"),
        facts={
            "model": "semantic_ids",
            "items": len(items),
            "placed": {"items": len(known)},
            "not_in_every_space": sum(not all(item.id in ids for ids in held) for item in known),
            "levels": config.levels,
            "codes": config.codes,
            "kept_by_turning": round(learned.kept, 4),
            **({} if learned.undecoded is None else {"undecoded": round(learned.undecoded, 4)}),
            "colliding": {
                "as_they_came": round(report.colliding, 4),
                "spread": round(report.colliding_spread, 4),
                "repaired": report.colliding_repaired,
            },
        },
        seconds={"learn": time.process_time() - start},
    )


def _learned(
    config: LearnSemanticIdsConfig, items: Sequence[Item], spaces: Sequence[Placed], progress: Progress
) -> tuple[Learned, float | None]:
    """What was learned, and the share of items that it is the same for when they come in another order."""
    wanted = Learning(
        weights=tuple(space.weight for space in config.spaces),
        quantizer=config.quantizer,
        levels=config.levels,
        codes=config.codes,
        dimensions=config.dimensions,
        iterations=config.iterations,
        latent=config.latent,
        epochs=config.epochs,
        seed=config.seed,
    )
    ids, total = [item.id for item in items], config.levels * (2 if config.rerun else 1)
    learned = learn(ids, spaces, wanted, progress=lambda level: progress("learn", level, total))
    if not config.rerun:
        return learned, None
    again = learn(
        ids[::-1], spaces, wanted, progress=lambda level: progress("learn", config.levels + level, total)
    )
    return learned, float((learned.codes == again.codes[::-1]).all(axis=1).mean())


def _items(manifests: Sequence[Manifest]) -> tuple[Item, ...]:
    """What the spaces are of. Raises InvalidData for spaces of different data, or where that is not there any more."""
    used = manifests[0].data
    for other in manifests[1:]:
        if other.data.hash != used.hash:
            raise InvalidData(
                f"{manifests[0].name!r} and {other.name!r} are spaces of different data ({used.name}, {other.data.name}); "
                "make both from the same"
            )
    data, _ = read_data(Path(used.path), used.format)
    if data.hash != used.hash:
        raise InvalidData(
            f"{used.path!r} is not what {manifests[0].name!r} was made from; make the spaces again"
        )
    return data.items


RECIPE = Recipe(LearnSemanticIdsConfig, inputs, make)
