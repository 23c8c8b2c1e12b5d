"""The names that a request may use, as far as the caller may read them: models, data, jobs, plans, entities, …"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from tools.errors import ActionError
from tools.models.refs import split_ref
from tools.models.serving import MODEL, USES
from tools.ports import Catalog, Entity, EntityLink, Library, Meaning
from tools.principal import Principal
from tools.run import Run

_MOST_MODELS = 500
_MOST_JOBS = 50
_PASSAGES = 3
_READ = 400  # characters


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A registered model: its newest version, and which version each alias means."""

    name: str
    newest: int
    kind: str
    aliases: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownJob:
    id: str
    recipe: str
    state: str
    words: tuple[str, ...] = ()

    @property
    def is_active(self) -> bool:
        return self.state in {"queued", "running"}


@dataclass(frozen=True)
class Known:
    """Jobs and plans are newest first. links: the entities that a text names; catalog: what they are read from.

    closeness: how alike a text and the best passage about it are in meaning, a cosine.
    """

    models: Mapping[str, KnownModel] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    playbooks: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    jobs: tuple[KnownJob, ...] = ()
    plans: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    surfaces: tuple[str, ...] = ()
    links: Callable[[str], Sequence[EntityLink]] = lambda _text: ()
    catalog: Catalog | None = None
    closeness: Callable[[str], float] = lambda _text: 1.0

    @property
    def aliases(self) -> tuple[str, ...]:
        held = {alias for model in self.models.values() for alias in model.aliases}
        return tuple(sorted(held | {"production", "staging", "canary", "shadow"}))

    def values_of(self, name: str) -> tuple[str, ...]:
        """What entities have as their type, lifecycle or tags."""
        entities = self.catalog.entities if self.catalog is not None else ()
        found: dict[str, Iterable[str | None]] = {
            "type": (each.type for each in entities),
            "lifecycle": (each.lifecycle for each in entities),
            "tag": (tag for each in entities for tag in each.tags),
        }
        return tuple(sorted({value for value in found.get(name, ()) if value}))

    def models_of(self, entity: Entity) -> tuple[str, ...]:
        """The registered models that an entity stands for or serves, or that what it depends on stands for."""
        own = _stated(entity)
        if not own and self.catalog is not None:
            for relation in self.catalog.relations(entity.ref, types=("dependsOn",)):
                if (target := self.catalog.get(relation.target)) is not None:
                    own += _stated(target, uses=False)
        return tuple(dict.fromkeys(name for name in own if name in self.models))


def _stated(entity: Entity, *, uses: bool = True) -> tuple[str, ...]:
    texts = (entity.annotations.get(MODEL, ""), entity.annotations.get(USES, "") if uses else "")
    return tuple(name for text in texts for part in text.split(",") if (name := split_ref(part)[0]))


def known_to(run: Run) -> Known:
    """What this run's principal may read; what cannot be read now is left out. Call it on a worker thread."""
    may = run.principal.scopes
    catalog = run.catalog
    return Known(
        models=_models(run) if "models:read" in may else {},
        kinds=_kinds(),
        data=run.desk.data_names if run.desk is not None else (),
        protocols=_protocols(),
        playbooks=tuple(each.name for each in run.playbooks.shelf) if "playbooks:read" in may else (),
        repositories=tuple(run.repositories),
        jobs=_jobs(run, run.principal) if "jobs:read" in may else (),
        plans=run.plans.newest(run.principal) if "plans:read" in may else (),
        actions=tuple(info.name for info in run.playbooks.actions.list()),
        surfaces=_surfaces(catalog),
        links=catalog.link_scored,
        catalog=catalog,
        closeness=partial(
            closeness, library=run.library, principal=run.principal, meaning=lambda: run.meaning
        ),
    )


def closeness(text: str, library: Library, principal: Principal, meaning: Callable[[], Meaning]) -> float:
    """Cosine of a text with the passage, of those that search finds, that is most like it; 1 where nobody can tell."""
    hits = library.search(text, principal=principal, k=_PASSAGES)
    passages = [f"{hit.section.heading}\n{hit.section.text[:_READ]}" for hit in hits]
    try:
        return max(meaning().likeness(text, passages), default=0.0)
    except ActionError:
        return 1.0


def _models(run: Run) -> dict[str, KnownModel]:
    found: dict[str, KnownModel] = {}
    with suppress(ActionError):
        for row in run.models.query(limit=_MOST_MODELS).rows:
            before = found.get(row.name)
            aliases = {**(before.aliases if before else {}), **dict.fromkeys(row.aliases, row.version)}
            newest = max(row.version, before.newest if before else 0)
            found[row.name] = KnownModel(row.name, newest, row.model, aliases)
    return found


def _jobs(run: Run, principal: Principal) -> tuple[KnownJob, ...]:
    with suppress(ActionError):
        _, rows = run.jobs.list(principal, state=None, limit=_MOST_JOBS, offset=0)
        return tuple(
            KnownJob(row.job.id, row.spec.recipe, row.job.state.value, _words(row.spec.config))
            for row in rows
        )
    return ()


def _words(config: Mapping[str, object]) -> tuple[str, ...]:
    """What a job may be called by: the model's name and kind."""
    model = config.get("model")
    kind = model.get("kind", "") if isinstance(model, Mapping) else ""
    return tuple(str(word).lower() for word in (config.get("name", ""), kind) if word)


def _kinds() -> tuple[str, ...]:
    from recsys_core.stages import kinds

    return (*kinds("candidates"), "pipeline")


def _protocols() -> tuple[str, ...]:
    from recsys_core.judge.protocol import protocols

    return tuple(protocols())


def _surfaces(catalog: Catalog) -> tuple[str, ...]:
    from tools.models.serving import serving_tuples

    return tuple(dict.fromkeys(name for each in serving_tuples(catalog) for name in each.surfaces))
