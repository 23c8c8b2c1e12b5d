"""The demo's models: trained on the generated world, judged under loo-full, registered. Seconds, and no torch.

    home/demo/world.json, NAME.toml, NAME-judge.toml     configurations
    home/demo/models/NAME, home/demo/evaluations/NAME    artifacts

Doing it again finds everything done and imports neither numpy nor MLflow for that.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from recsys_core.errors import RecsysError
from recsys_core.manifest import read_manifest
from recsys_core.registry import ModelVersion, Registry
from recsys_core.registry.health import unlisted

OWNER = "group:default/home-ranking"
WORLD: Mapping[str, int] = {"seed": 0}
ALIAS, INCUMBENT = "production", "pipeline"
EMBEDDINGS: Mapping[str, str] = {
    "podcast-index": "item2vec"
}  # vectors by name, and the model they are taken from
SERVED = (INCUMBENT, "item2vec", "podcast-index")
OWNERS: Mapping[str, str] = {"podcast-index": "group:default/podcasts-and-audiobooks"}
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
EMBED = """name = "{name}"
model = "models/{model}"
"""


def build(
    home: Path,
    *,
    owner: str = OWNER,
    tracking_uri: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[ModelVersion, ...]:
    """The demo's versions, made where they are not there; `production` points to what is served unless it was moved.

    `progress` is told each name before it is made, with how many are done and how many there are.
    Raises OutputExists when something else lies where an artifact should be, and what the registry raises.
    """
    folder, registry = home / "demo", Registry.open(home, tracking_uri=tracking_uri)
    if found := _all_done(registry, folder):
        return found
    if tracking_uri is None and unlisted(home):
        registry.rebuild()
    _write_configs(folder)
    versions: tuple[ModelVersion, ...] = ()
    for name in _names():
        if progress is not None:
            progress(name, len(versions), len(_names()))
        versions = (*versions, _made(registry, folder, name, OWNERS.get(name, owner)))
    for version in versions:
        if version.name in SERVED and not _was_served(registry, version.name):
            registry.set_alias(version.name, ALIAS, version.version, expected=None, by=version.owner)
    return tuple(registry.describe(version.name, version.version).version for version in versions)


def _names() -> tuple[str, ...]:
    """What is made, in this order."""
    return (*MODELS, *_embeddings())


def _embeddings() -> dict[str, str]:
    return {name: model for name, model in EMBEDDINGS.items() if model in MODELS}


def is_built(home: Path) -> bool:
    """Whether `build` would find everything done; quick. Raises what the registry raises."""
    if not (home / "registry.sqlite").exists():
        return False
    return bool(_all_done(Registry.open(home), home / "demo"))


def _all_done(registry: Registry, folder: Path) -> tuple[ModelVersion, ...]:
    """The demo's versions if every one is registered, judged where that can be, and served; otherwise none."""
    found = [_done(registry, folder, name) for name in _names()]
    versions = tuple(version for version in found if version is not None)
    served = all(_was_served(registry, name) for name in SERVED if name in _names())
    return versions if len(versions) == len(found) and served else ()


def _was_served(registry: Registry, name: str) -> bool:
    """Whether the alias points anywhere, or did; whoever moved or removed it meant it."""
    held = (alias for version in registry.query(name=name).rows for alias in version.aliases)
    return ALIAS in held or any(change.alias == ALIAS for change in registry.history(name))


def _done(registry: Registry, folder: Path, name: str) -> ModelVersion | None:
    """The registered and, if it is a model, judged version of the artifact that lies in `folder`."""
    kinds = ("models",) if name in EMBEDDINGS else ("models", "evaluations")
    try:
        made, *judged = (read_manifest(folder / kind / name, verify=False) for kind in kinds)
    except RecsysError:
        return None
    for version in registry.query(name=name).rows:
        held = {evaluation.digest for evaluation in registry.evaluations(name, version.version)}
        if version.digest == made.digest and {each.digest for each in judged} <= held:
            return version
    return None


def _made(registry: Registry, folder: Path, name: str, owner: str) -> ModelVersion:
    from recsys_core.recipes import run_recipe

    made, judged = folder / "models" / name, folder / "evaluations" / name
    if name in EMBEDDINGS:
        run_recipe("embed", folder / f"{name}.toml", made)
        return registry.register(made, name=name, owner=owner)
    run_recipe("train", folder / f"{name}.toml", made)
    run_recipe("evaluate", folder / f"{name}-judge.toml", judged)
    registry.register(made, name=name, owner=owner)
    return registry.record(judged, owner=owner)


def _write_configs(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "world.json", json.dumps(dict(WORLD)) + "\n")
    for name, model in MODELS.items():
        _write(folder / f"{name}.toml", TRAIN.format(name=name, model=model))
        _write(folder / f"{name}-judge.toml", JUDGE.format(name=name))
    for name, model in _embeddings().items():
        _write(folder / f"{name}.toml", EMBED.format(name=name, model=model))


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
