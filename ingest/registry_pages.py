"""What the registry says of a model, as a page: so that a fact from there is quoted, cited and opened like any other.

The page belongs to the entity that stands for the model and has the path `registry:NAME/VERSION`. Its lines are made
from the registry at each reading; its revision is the run that made the version.
"""

import re
from collections.abc import Iterator, Sequence

from ingest.documents import Page, Section
from ingest.entities import Entity
from ingest.errors import NotFound
from ingest.graph import CatalogGraph
from ingest.model_book import Judgement, Measure, ModelBook, RegisteredModel
from ingest.sources.composed import bullets, text_hash

#: Annotation of the entity that stands for a model: `name@alias`, `name:version`, or `name` for the newest.
MODEL = "cuebook.dev/model"
HEADING = "Registry"
HASH_DIGITS = 12
#: `spec.type` of the resource that holds the pages of versions that no entity stands for.
REGISTRY_TYPE = "model-registry"
_PREFIX = "registry:"
_PATH = re.compile(rf"{_PREFIX}(?P<name>[a-z0-9][a-z0-9._-]*)/(?P<version>\d{{1,9}})")
HEADLINES = ("ndcg@10", "recall@10")


def is_registry_path(path: str | None) -> bool:
    """Whether a path names a page of the registry rather than one of the docs."""
    return path is not None and path.startswith(_PREFIX)


def name_of(entity: Entity) -> str:
    """The model's name in the registry, "" for an entity that stands for none."""
    return re.split("[@:]", entity.annotations.get(MODEL, ""), maxsplit=1)[0].strip()


def registry_holder(graph: CatalogGraph) -> Entity | None:
    """The entity that stands for the registry itself."""
    return next((one for one in graph.entities if one.spec.get("type") == REGISTRY_TYPE), None)


def opened(path: str, entity: Entity | None, models: ModelBook | None, *, whole: CatalogGraph) -> Page:
    """The page at `path` of `entity`. Raises `NotFound`, and `ModelBookUnavailable`.

    A version that an entity of the `whole` catalog stands for is a page of that one alone.
    """
    match = _PATH.fullmatch(path)
    if entity is not None and models is not None and match and _belongs(match["name"], entity, whole):
        found = models.find(f"{match['name']}:{match['version']}")
        if found is not None:
            return registry_page(found, entity)
    raise NotFound(f"{entity.ref if entity else 'the catalog'} has no page {path!r}; ask for its model again")


def _belongs(name: str, entity: Entity, whole: CatalogGraph) -> bool:
    if name == name_of(entity):
        return True
    return entity == registry_holder(whole) and all(name != name_of(one) for one in whole.entities)


def registry_page(model: RegisteredModel, entity: Entity) -> Page:
    """One section with a line for each fact."""
    return Page.of(registry_section(model, entity))


def registry_section(model: RegisteredModel, entity: Entity) -> Section:
    """The facts of a version as a section of `entity`."""
    block = bullets([identity(model, owned=entity.owner is not None), trained_on(model), *judged(model)])
    title = f"{model.name}:{model.version} in the model registry"
    return Section(
        entity=entity.ref,
        path=f"{_PREFIX}{model.name}/{model.version}",
        anchor="",
        title=title,
        heading=HEADING,
        breadcrumb=(entity.title, title, HEADING),
        text=block.text,
        blocks=(block,),
        revision=f"run:{model.run_id}",
        content_hash=text_hash(block.text),
        owner=entity.owner,
    )


def identity(model: RegisteredModel, *, owned: bool = True) -> str:
    """Version, aliases, kind, time, run, and the owner unless whoever asks may not see one."""
    aliases = ", ".join(f"`{alias}`" for alias in model.aliases)
    alias = f" (alias {aliases})" if aliases else ""
    made = (
        f"`{model.name}:{model.version}`{alias} is of kind `{model.kind}` and was made {model.created_at} "
        f"by run `{model.run_id}`"
    )
    return f"{made}, registered for `{model.owner}`." if owned else f"{made}."


def trained_on(model: RegisteredModel) -> str:
    """Name and hash of the data."""
    return f"`{model.name}:{model.version}` was trained on the data `{model.data_name}`, hash `{_short(model.data_hash)}`."


def judged(model: RegisteredModel) -> Iterator[str]:
    """Figures, the headlines of a protocol first, then a line for each metric. Each line says all it rests on."""
    if not model.judgements:
        yield f"`{model.name}:{model.version}` has not been judged yet, so there are no figures of it."
    for judgement in model.judgements:
        groups: dict[str, list[Measure]] = {"": []}
        for measure in judgement.measures:
            family = "" if measure.name in HEADLINES else measure.name.partition("@")[0]
            groups.setdefault(family, []).append(measure)
        for measures in filter(None, groups.values()):
            yield _figures(model, judgement, sorted(measures, key=_by_cutoff))


def figure(measure: Measure) -> str:
    """`ndcg@10 0.1193 [0.1020, 0.1371]`."""
    if measure.low is None or measure.high is None:
        return f"{measure.name} {measure.mean:.4f} (no interval)"
    return f"{measure.name} {measure.mean:.4f} [{measure.low:.4f}, {measure.high:.4f}]"


def protocol(judgement: Judgement) -> str:
    """`loo-full` with as much of its hash as is shown."""
    return f"{judgement.protocol} {_short(judgement.protocol_hash)}"


def _by_cutoff(measure: Measure) -> tuple[str, int]:
    name, _, cutoff = measure.name.partition("@")
    return name, int(cutoff) if cutoff.isdecimal() else 0


def _figures(model: RegisteredModel, judgement: Judgement, measures: Sequence[Measure]) -> str:
    return (
        f"{', '.join(map(figure, measures))} for `{model.name}:{model.version}`, {judgement.view}, by protocol "
        f"`{judgement.protocol}` (hash `{_short(judgement.protocol_hash)}`), run `{judgement.run_id}`."
    )


def _short(digest: str) -> str:
    return digest[:HASH_DIGITS]
