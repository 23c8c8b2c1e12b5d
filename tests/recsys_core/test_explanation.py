"""A pipeline of ten items by hand, in which each layer in turn is the cause."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recsys_core import Pipeline, PipelineConfig, Situation
from recsys_core.candidates.item_knn import ItemKnn, ItemKnnConfig
from recsys_core.candidates.popularity import Popularity
from recsys_core.config import parse
from recsys_core.data import Dataset, Interactions, Item
from recsys_core.errors import UnknownItem
from recsys_core.explanation import Journey, Layer, Parting, Request, follow, part, told, told_of_parting
from recsys_core.model import Model
from recsys_core.ranking.linear_ranker import LinearRanker, LinearRankerConfig
from recsys_core.surface import Surface

NAMES = "abcdefghij"
LINKS = {
    "h": {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6, "e": 0.5},
    "i": {"f": 0.9, "g": 0.8, "j": 0.7, "e": 0.2},
}
WEIGHTS = {"popularity": 0.1, "item_knn": 1.0, "popularity, short history": 0.0, "vertical in common": 0.0}
RULES: list[dict[str, Any]] = [{"kind": "seen"}, {"kind": "market"}, {"kind": "explicit"}]


def made(
    *,
    history: str = "h",
    links: Mapping[str, Mapping[str, float]] = LINKS,
    weights: Mapping[str, float] = WEIGHTS,
    items: str = NAMES,
    **facts: Any,
) -> Pipeline:
    """facts: what the item `a` has besides its id."""
    shelf = [Item(name, title=f"Title {name}", **(facts if name == "a" else {})) for name in items]
    crowd = [("crowd", name) for name in items for _ in range(1 + (name in "gj"))]
    rows = [*crowd, *(("ann", name) for name in history)]
    data = Dataset.build(
        "ten",
        Interactions([user for user, _ in rows], [item for _, item in rows]),
        items=shelf,
        ordered=False,
    )
    similarity = np.zeros((len(items), len(items)), np.float32)
    for one, others in links.items():
        for other, value in others.items():
            if {one, other} <= set(items):
                similarity[data.item_index(one), data.item_index(other)] = value
    sources: dict[str, Model] = {
        "popularity": Popularity.fit(data),
        "item_knn": ItemKnn(ItemKnnConfig(), data.item_ids, csr_matrix(similarity)),
    }
    config = parse(PipelineConfig, {"sources": [{"kind": each} for each in sources]}, where="test")
    return Pipeline(config, data, sources, LinearRanker(LinearRankerConfig(), weights, ordered=False))


def surface(**changes: Any) -> Surface:
    values = {
        "name": "shelf", "about": "A shelf.", "owner": "group:default/shelf", "model": "p", "rules": RULES,
        "places": 3, "take": 4, "keep": 4, "sources": ["item_knn"],
    }  # fmt: skip
    return parse(Surface, {**values, **changes}, where="shelf")


def asked(pipeline: Pipeline, where: Surface, **situation: Any) -> Request:
    row = pipeline.data.histories.row(pipeline.data.user_index("ann"))
    history = tuple(pipeline.item_ids[item] for item in row)
    return Request(history, Situation(size=where.places, **{"market": "SE", **situation}), where)


def way(pipeline: Pipeline, item: str, where: Surface, **situation: Any) -> tuple[Journey, str]:
    journey = follow(pipeline, item, asked(pipeline, where, **situation))
    return journey, "\n".join(told(journey))


def parted(now: Pipeline, before: Pipeline, where: Surface) -> tuple[Parting, str]:
    found = part(now, before, "a", asked(now, where), asked(before, where))
    return found, "\n".join(told_of_parting(found, now="p:2", before="p:1"))


def test_what_is_shown_is_told_with_source_place_score_and_features() -> None:
    journey, text = way(made(), "a", surface())
    assert (journey.place, journey.stopped_at, journey.ranked, journey.candidates) == (1, None, 1, 5)
    assert [(each.source, each.rank, each.proposes) for each in journey.sources if each.asked] == [
        ("item_knn", 1, True)
    ]
    assert sum(share.adds for share in journey.shares) == pytest.approx(journey.score, rel=1e-5)
    assert journey.against is not None
    assert journey.against.id == "c"
    assert text.startswith("Title a (a) is shown at place 1.\nuser: 1 items of history.")
    assert "popularity is not asked here; item_knn place 1." in text
    assert "features that tell the two apart most: item_knn +" in text


def test_what_nobody_proposes_is_told_with_its_place_in_each_source() -> None:
    journey, text = way(made(), "g", surface())
    assert (journey.stopped_at, journey.ranked) == (Layer.CANDIDATES, None)
    assert "the candidate sources decided it" in text
    assert "item_knn no place, nothing in the history leads to it, and takes 5" in text


def test_what_the_ranker_has_too_far_back_is_told_with_what_it_lacks() -> None:
    journey, text = way(made(), "d", surface())
    assert (journey.stopped_at, journey.ranked, journey.place) == (Layer.RANKER, 4, None)
    assert journey.against is not None
    assert journey.against.id == "c"
    assert "ranker: place 4 of 5 with" in text
    kept, text = way(made(), "e", surface(keep=3))
    assert (kept.stopped_at, kept.ranked, kept.kept) == (Layer.RANKER, 5, 4)
    assert "the best 4 go before the rules" in text


@pytest.mark.parametrize(
    ("facts", "situation", "told_so"),
    [
        ({"markets": frozenset({"US"})}, {}, "rule market: removed it from place 1: not available in SE"),
        ({"markets": frozenset({"US"})}, {"market": None}, "not available in an unknown market"),
        ({"explicit": True}, {"explicit_allowed": False}, "rule explicit: removed it from place 1"),
    ],
)
def test_what_a_rule_removes_is_told_with_its_reason(
    facts: dict[str, Any], situation: dict[str, Any], told_so: str
) -> None:
    journey, text = way(made(**facts), "a", surface(), **situation)
    assert (journey.stopped_at, journey.place) == (Layer.RULES, None)
    assert told_so in text


def test_what_was_heard_already_is_told() -> None:
    links = {**LINKS, "h": {**LINKS["h"], "h": 1.0}}
    journey, text = way(made(links=links), "h", surface())
    assert (journey.stopped_at, journey.heard) == (Layer.RULES, True)
    assert "the item is among them" in text
    assert "rule seen: removed it from place 1: already in the history" in text


def test_what_others_were_put_in_front_of_is_told() -> None:
    promotion = {"kind": "promotion", "campaign": "spring", "slots": [1], "items": ["d"]}
    journey, text = way(made(), "c", surface(rules=[*RULES, promotion]))
    assert (journey.stopped_at, journey.place) == (Layer.RULES, None)
    assert (
        "rule promotion: put it back from place 3 to 4: d and others came forward: promoted by spring" in text
    )


def test_an_empty_history_is_told_with_the_order_that_stands() -> None:
    where = surface(cold="popularity", rules=[{"kind": "market"}])
    request = Request((), Situation(size=3), where)
    journey = follow(made(), "g", request)
    assert (journey.cold, journey.place is not None, journey.shares) == ("popularity", True, ())
    assert "user: no history, so the order of popularity stands." in "\n".join(told(journey))


def test_a_query_that_an_item_does_not_meet_is_told() -> None:
    where = surface(continues="query", sources=[])
    journey, text = way(made(), "a", where, query="title B")
    assert (journey.stopped_at, journey.missing) == (Layer.CANDIDATES, ("b",))
    assert "the query's 'b' is not in title, creator or attributes" in text


def test_an_unknown_item_is_an_error() -> None:
    with pytest.raises(UnknownItem, match="no item 'z' in ten"):
        way(made(), "z", surface())


@pytest.mark.parametrize(
    ("layer", "changes", "told_so"),
    [
        (Layer.USER, {"history": "i"}, "new in the history: i; no longer in the history: h"),
        (Layer.CANDIDATES, {"links": {"h": {**LINKS["h"], "a": 0.0}}}, "item_knn place 1 -> no place"),
        (
            Layer.RANKER,
            {"weights": {**WEIGHTS, "item_knn": -1.0}},
            "weight of item_knn +1.000 -> -1.000",
        ),
        (Layer.RULES, {"markets": frozenset({"US"})}, "markets of the item unstated -> US"),
    ],
)
def test_the_layer_that_changed_is_the_one_that_is_named(
    layer: Layer, changes: dict[str, Any], told_so: str
) -> None:
    found, text = parted(made(**changes), made(), surface())
    assert found.layer is layer
    assert f"they part at the {layer}." in text
    assert told_so in text
    assert (found.steps[0].place, found.steps[-1].place) == (1, None)
    back, _ = parted(made(), made(**changes), surface())
    assert back.layer is layer


def test_a_layer_that_merely_changed_as_well_is_not_named() -> None:
    now = made(markets=frozenset({"US"}), weights={**WEIGHTS, "item_knn": 0.9, "popularity": 0.05})
    found, _ = parted(now, made(), surface())
    assert found.layer is Layer.RULES


def test_versions_that_show_an_item_alike_do_not_part() -> None:
    found, text = parted(made(), made(), surface())
    assert found.layer is None
    assert text == "against p:1: there shown at 1, in p:2 shown at 1.\nthe two do not part over it."


def test_an_item_that_moved_names_the_layer_that_moved_it() -> None:
    now = made(links={**LINKS, "h": {**LINKS["h"], "a": 0.75}})
    found, _ = parted(now, made(), surface())
    assert (found.layer, found.steps[-1].place) == (Layer.CANDIDATES, 2)


def test_an_item_that_the_earlier_version_has_not_is_told() -> None:
    found, text = parted(made(), made(items="bcdefghij"), surface())
    assert (found.layer, found.before) == (Layer.CATALOGUE, None)
    assert text == "against p:1: the earlier version does not have the item."


def test_a_listener_whom_the_earlier_version_has_not_is_told() -> None:
    now, before, where = made(), made(), surface()
    found = part(now, before, "a", asked(now, where), replace(asked(before, where), history=()))
    assert (found.layer, found.before, found.steps[0].place) == (Layer.USER, None, None)


def test_the_way_ends_where_the_pipeline_shows_the_item() -> None:
    pipeline, where = made(), surface()
    request = asked(pipeline, where)
    shown = pipeline.recommend("ann", request.situation, surface=where)
    for name in NAMES:
        place = {item.id: at for at, item in enumerate(shown.items, start=1)}.get(name)
        assert follow(pipeline, name, request).place == place
