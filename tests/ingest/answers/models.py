"""The feed's models: entities, docs and a registry, over the small library."""

from dataclasses import replace

from ingest.documents import Section
from ingest.model_book import FakeModelBook, Judgement, Measure, RegisteredModel
from recsys_core import demo
from tests.ingest.answers.small_library import SmallLibrary, entity, section, small_library

MIX, BACKUP, TOWER = "resource:default/mix-model", "resource:default/backup-model", "component:default/tower"
RANKING, PLATFORM = "group:default/ranking", "group:default/platform"
PROTOCOL_HASH = "86db35657ea0" + "0" * 52
LOO = Judgement(
    protocol="loo-refit",
    protocol_hash=PROTOCOL_HASH,
    view="masked",
    run_id="run-that-judged-mix",
    measures=(
        Measure("recall@5", 0.15, 0.12, 0.18),
        Measure("ndcg@10", 0.1193, 0.1028, 0.1376),
        Measure("recall@10", 0.2362, 0.2062, 0.2663),
        Measure("recall@50", 0.4, 0.37, 0.43),
    ),
)
MIX_1 = RegisteredModel(
    name="mix", version=1, kind="pipeline", owner=RANKING, run_id="run-that-made-mix", created_at="2026-11-25T21:00:00Z",
    data_name="world-0", data_hash="b295a9eac963" + "1" * 52, aliases=("production",), judgements=(LOO,),
)  # fmt: skip
BACKUP_3 = replace(MIX_1, name="item_knn", version=3, run_id="run-that-made-knn", aliases=(), judgements=())
ENTITIES = (
    entity(
        "Resource", "mix-model", title="Mix model", type="model", owner="ranking",
        annotations={"cuebook.dev/model": "mix@production", "cuebook.dev/serves": "tracks, episodes", "cuebook.dev/surface": "home feed"},
    ),
    entity("Resource", "backup-model", title="Backup model", type="model", owner="ranking", annotations={"cuebook.dev/model": "item_knn"}),
    entity("Component", "tower", title="Two-tower", type="model", owner="platform", annotations={"cuebook.dev/serves": "episodes"}),
    entity("Component", "radio", title="Radio", type="service", owner="platform", dependsOn=["resource:mix-model"]),
)  # fmt: skip
DOCS = (
    section(
        TOWER,
        "card.md",
        "Metrics",
        "| Slice | Recall@100 |\n| --- | --- |\n| All | 0.27 |\n| Episodes younger than a day | 0.19 |",
    ),
    section("system:default/home", "models.md", "Mix model", "The mix model asks three sources and serves tracks and episodes."),
)  # fmt: skip


def models_library(*more: Section, **models: RegisteredModel) -> SmallLibrary:
    """The registry holds mix:1, in production, and item_knn:3, which nobody judged; `models` replaces it."""
    library = small_library(*DOCS, *more, entities=ENTITIES)
    known = models or {
        "mix": MIX_1,
        "mix@production": MIX_1,
        "mix:1": MIX_1,
        "item_knn": BACKUP_3,
        "item_knn:3": BACKUP_3,
    }
    library.models = FakeModelBook(dict(known))
    return library


def demo_book() -> FakeModelBook:
    """A registry with the names of the demo's models, each judged alike; some are in production."""
    models: dict[str, RegisteredModel] = {}
    for name in demo.MODELS:
        judged = replace(LOO, run_id=f"run-that-judged-{name}")
        model = replace(
            MIX_1, name=name, kind=name, run_id=f"run-that-made-{name}", judgements=(judged,), aliases=()
        )
        models |= {name: model, f"{name}:1": model}
    for name in demo.SERVED:
        if name in models:
            served = replace(models[name], aliases=(demo.ALIAS,))
            models |= dict.fromkeys((f"{name}@{demo.ALIAS}", f"{name}:1"), served)
    return FakeModelBook(models)
