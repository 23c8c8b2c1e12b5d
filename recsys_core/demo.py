"""The demo's models: trained on the generated world, judged under loo-full, registered. Seconds, and no torch.

    home/demo/world.json, NAME.toml, NAME-judge.toml     configurations
    home/demo/models/NAME, home/demo/evaluations/NAME    artifacts

Doing it again finds everything done and imports neither numpy nor MLflow for that.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from recsys_core.errors import RecsysError
from recsys_core.manifest import read_manifest
from recsys_core.registry import ModelVersion, Registry

OWNER = "group:default/home-ranking"
WORLD: Mapping[str, int] = {"seed": 0}
ALIAS, INCUMBENT = "production", "pipeline"
MODELS: Mapping[str, str] = {
    "popularity": '{kind = "popularity"}',
    "item_knn": '{kind = "item_knn"}',
    "als": '{kind = "als"}',
    "item2vec": '{kind = "item2vec"}',
    "pipeline": '{kind = "pipeline"}',
}
TRAIN = """name = "{name}"
data = {{path = "world.json", format = "world"}}
model = {model}
"""
JUDGE = """model = "models/{name}"
"""


def build(home: Path, *, owner: str = OWNER, tracking_uri: str | None = None) -> tuple[ModelVersion, ...]:
    """The demo's versions, made where they are not there; `production` points to the pipeline unless it was moved.

    Raises OutputExists when something else lies where an artifact should be, and what the registry raises.
    """
    folder, registry = home / "demo", Registry.open(home, tracking_uri=tracking_uri)
    found = [_done(registry, folder, name) for name in MODELS]
    if all(found) and _served(registry):
        return tuple(version for version in found if version is not None)
    _write_configs(folder)
    versions = tuple(_made(registry, folder, name, owner) for name in MODELS)
    if not _served(registry):
        registry.set_alias(INCUMBENT, ALIAS, versions[-1].version, expected=None, by=owner)
    return tuple(registry.describe(version.name, version.version).version for version in versions)


def _served(registry: Registry) -> bool:
    """Whether the alias points anywhere; whoever moved or removed it meant it."""
    return any(change.alias == ALIAS for change in registry.history(INCUMBENT))


def _done(registry: Registry, folder: Path, name: str) -> ModelVersion | None:
    """The registered and judged version of the artifact that lies in `folder`."""
    try:
        model, judged = (
            read_manifest(folder / kind / name, verify=False) for kind in ("models", "evaluations")
        )
    except RecsysError:
        return None
    for version in registry.query(name=name).rows:
        held = {evaluation.digest for evaluation in registry.evaluations(name, version.version)}
        if version.digest == model.digest and judged.digest in held:
            return version
    return None


def _made(registry: Registry, folder: Path, name: str, owner: str) -> ModelVersion:
    from recsys_core.recipes import run_recipe

    model, judged = folder / "models" / name, folder / "evaluations" / name
    run_recipe("train", folder / f"{name}.toml", model)
    run_recipe("evaluate", folder / f"{name}-judge.toml", judged)
    registry.register(model, name=name, owner=owner)
    return registry.record(judged, owner=owner)


def _write_configs(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "world.json", json.dumps(dict(WORLD)) + "\n")
    for name, model in MODELS.items():
        _write(folder / f"{name}.toml", TRAIN.format(name=name, model=model))
        _write(folder / f"{name}-judge.toml", JUDGE.format(name=name))


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
