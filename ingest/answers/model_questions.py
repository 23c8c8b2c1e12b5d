"""Reads questions about models: which one serves what, how good it is, by which protocol, made by which run, whose.

The catalog says what stands for a model: an entity with the annotation `cuebook.dev/model`, the model's name in the
registry, and `cuebook.dev/serves`, the kinds of items it serves (`tracks, episodes`) on `cuebook.dev/surface`. Nothing
here is by similarity. A question is one about models when it names one, or says what the model serves, and asks for
something that a registry knows; any other is left to the catalog graph and the docs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from ingest.answers.mentions import Masked, mask
from ingest.entities import Entity
from ingest.graph import CatalogGraph
from ingest.registry_pages import MODEL, name_of

SERVES = "cuebook.dev/serves"
SURFACE = "cuebook.dev/surface"
#: What people say for the items that the annotation names.
_ALSO: Mapping[str, tuple[str, ...]] = {
    "tracks": ("songs", "song", "music"),
    "episodes": ("podcast episodes", "podcasts", "podcast"),
    "audiobooks": ("audio books", "audio book", "books", "book"),
}
_VERB = r"(?:serv(?:e[sd]?|ing)|recommend(?:s|ing)?|rank(?:s|ing)?|power(?:s|ing)?|behind|(?:is|are) used for|is responsible for)"
_SERVING = re.compile(
    rf"\b(?:which|what) (?:\w+ ){{0,2}}models?\b.{{0,40}}?\b{_VERB}\b|"
    rf"\bmodels? (?:(?:that|which|currently|now|is|are) )*{_VERB}\b|"
    r"\bwhat (?:is )?(?:serves|serving)\b|\b(?:by )?(?:which|what) (?:\w+ ){0,2}models? (?:is|are) .{1,40} served\b"
)
_IN_PRODUCTION = re.compile(
    r"\b(?:model|version) (?:(?:that|which|is|currently|now|running|live) )*in production\b|\bproduction model\b"
)
_WHO = r"(?:owns?|owned|owner|responsible|maintains?|looks? after)"
_ASPECTS: Mapping[str, re.Pattern[str]] = {
    "serves": re.compile(
        r"\b(?:which|what) (?:\w+ ){0,2}models?\b|\bwhat (?:is )?(?:serves|serving|recommends|ranks)\b|\bmodels? serving\b|"
        r"\bwhat (?:does|do) .{1,40} serve\b|\bwhere (?:does|do) .{1,40} serve\b"
    ),
    "quality": re.compile(
        r"\bhow (?:good|well|accurate|strong)\b|\bcompare\b|\b(?:better|worse) than\b|\b(?:metrics?|figures?|quality|performance)\b|\bscores?\b|"
        r"\b(?:ndcg|recall|hit rate|hr|mrr|coverage)\b"
    ),
    "protocol": re.compile(
        r"\bprotocols?\b|\bhow (?:is|was|are|were) .{1,60}\b(?:judged|evaluated|measured)\b"
    ),
    "run": re.compile(r"\b(?:which|what) (?:mlflow |training )?runs?\b|\brun ids?\b|\b(?:mlflow|training) run\b"),
    "data": re.compile(r"\btrained on\b|\btraining data\b|\bdata ?sets?\b|\blearn(?:s|ed|t)? from\b"),
    "version": re.compile(r"\b(?:which|what) versions?\b|\balias(?:es)?\b"),
    "owner": re.compile(
        rf"\b(?:who|whom|whose|which team|what team)\b.*?\b{_WHO}\b|\bowners? of\b|"
        r"\bwhom? (?:do|should|can) (?:i|we) (?:ask|contact)\b"
    ),
}  # fmt: skip
_METRIC = re.compile(
    r"\b(?P<name>ndcg|recall|hit(?: rate)?|hr|mrr|coverage)\b(?:\s*(?:@|at)\s*(?P<cut>\d+))?"
)
_CLAUSE = re.compile(r",\s+|(?<!\s)\s+and\s+(?=(?:how|who|whom|what|which|with|on|by)\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A model that was asked about: the entity that stands for it, and the ref to look up, "" for none."""

    entity: Entity
    ref: str


@dataclass(frozen=True, slots=True)
class ModelQuestion:
    """aspects: what was asked for, keys of the table above in the order of the words.

    metric: such as `ndcg@20` or `recall`, "" for none in particular. topic: its first clause, which says what it is
    about; the clauses after it ask for what no page says.
    """

    aspects: tuple[str, ...]
    models: tuple[Asked, ...]
    metric: str
    topic: str

    @property
    def aspect(self) -> str:
        """What was asked for first."""
        return self.aspects[0]

    @property
    def of_registry_alone(self) -> bool:
        """Whether only a registry could answer it."""
        return not {"serves", "owner"} & set(self.aspects)

    @property
    def narrow(self) -> bool:
        """Whether one fact is wanted rather than all about a model."""
        return set(self.aspects) <= {"owner", "run", "version", "data"}


def read_model_question(question: str, graph: CatalogGraph) -> ModelQuestion | None:
    """The question about models in `question`, or None for any other."""
    known = known_models(graph)
    if not known or not _aspects(question.lower()):
        return None
    masked = mask(question, graph)
    aspects = _aspects(masked.text)
    named = tuple(_named(question, masked, known))
    if not aspects or (
        named and set(aspects) == {"owner"}
    ):  # who owns a named thing is a question for the graph
        return None
    found = named or _described(masked, known, graph)
    if not found:
        return None
    return ModelQuestion(
        tuple(aspects), found, metric_in(question.lower()), _CLAUSE.split(question)[0].strip()
    )


def served_by(entity: Entity) -> tuple[str, ...]:
    """The kinds of items that a model serves, as its entity says."""
    return tuple(filter(None, (part.strip() for part in entity.annotations.get(SERVES, "").split(","))))


_known_of: WeakKeyDictionary[CatalogGraph, tuple[Entity, ...]] = WeakKeyDictionary()


def wants_facts(text: str) -> bool:
    """Whether a question in lower case asks for something that a registry knows."""
    return bool(_aspects(text))


def known_models(graph: CatalogGraph) -> tuple[Entity, ...]:
    """As `_models_of`; kept as long as the graph is."""
    if (known := _known_of.get(graph)) is None:
        known = _known_of[graph] = _models_of(graph)
    return known


def _models_of(graph: CatalogGraph) -> tuple[Entity, ...]:
    """Entities that stand for a model, those with an alias first, then those that a registry knows."""
    found = [e for e in graph.entities if MODEL in e.annotations or SERVES in e.annotations]
    return tuple(sorted(found, key=_order))


def _order(entity: Entity) -> tuple[bool, bool]:
    ref = entity.annotations.get(MODEL, "")
    return ("@" not in ref, not ref)


def _aspects(text: str) -> list[str]:
    """What is asked for, in the order of the words."""
    places = {name: match.start() for name, form in _ASPECTS.items() if (match := form.search(text))}
    return sorted(places, key=lambda name: places[name])


def _named(question: str, masked: Masked, known: Sequence[Entity]) -> Iterator[Asked]:
    """Models of the registry that the question names: by entity, by `name:version`, by the name in the registry."""
    registered = {name_of(entity): entity for entity in known if name_of(entity)}
    written = list(_written(question.lower(), registered))
    yield from written
    taken = {asked.entity.ref for asked in written}
    for found in masked.mentions:
        entity = next((one for one in found if name_of(one)), None)
        if entity is not None and entity.ref not in taken:
            taken.add(entity.ref)
            yield Asked(entity, entity.annotations[MODEL])


def _written(text: str, registered: Mapping[str, Entity]) -> Iterator[Asked]:
    """`pipeline@production`, `pipeline:1`, and `pipeline` where a model's name would stand."""
    for name, entity in registered.items():
        spelled = re.escape(name).replace("_", "[_ -]").replace(r"\-", "[_ -]")
        if ref := re.search(rf"(?<![\w:/@-]){spelled}(?P<mark>@[a-z0-9._-]*[a-z0-9]|:\d+)(?![\w/])", text):
            yield Asked(entity, f"{name}{ref['mark']}")
        elif re.search(
            rf"\b(?:good|well|accurate|is|are|of|for|was|were|does|has|model|compare|than|and|with|to) (?:the |our )?(?:model )?{spelled}(?: model)?"
            r"(?=\s*(?:[?.,;]|$|and\b|with\b|to\b|better\b|worse\b|is in production\b|trained\b|judged\b|evaluated\b|measured\b|score\b|have\b|serve\b|perform\b|in production\b))",
            text,
        ):
            yield Asked(entity, entity.annotations[MODEL])


def _described(masked: Masked, known: Sequence[Entity], graph: CatalogGraph) -> tuple[Asked, ...]:
    """Models by what they serve, where, and whether they are in production."""
    serving, production = _SERVING.search(masked.text), _IN_PRODUCTION.search(masked.text)
    places = [found[0] for found in masked.mentions]
    items = _items(masked.text, known)
    if not (production or (serving and (items or places))):
        return ()
    found = [one for one in known if production or SERVES in one.annotations]
    if items:
        found = [one for one in found if items & set(served_by(one))]
    if production:
        found = [one for one in found if one.annotations.get(MODEL, "").endswith("@production")]
    found = [one for one in found if all(_serves_at(one, place, graph) for place in places)]
    return tuple(Asked(one, one.annotations.get(MODEL, "")) for one in found)


def _items(text: str, known: Sequence[Entity]) -> set[str]:
    """The kinds of items that the text names; of a follow-up (`question: and for books?`) those of its end."""
    terms = {term for entity in known for term in served_by(entity)}
    for part in (text.rpartition(": ")[2], text):
        found = {term for term in terms if any(re.search(rf"\b{form}\b", part) for form in _forms(term))}
        if found:
            return found
    return set()


def _forms(term: str) -> tuple[str, ...]:
    return (re.escape(term), re.escape(term.removesuffix("s")), *_ALSO.get(term, ()))


def _serves_at(model: Entity, place: Entity, graph: CatalogGraph) -> bool:
    """Whether `place` uses the model, or is named as its surface."""
    users = {relation.target for relation in graph.relations(model.ref, types=("dependencyOf",))}
    surface = model.annotations.get(SURFACE, "").lower()
    return place.ref in users or place.title.lower() in surface


def metric_in(text: str) -> str:
    """The metric that a question in lower case names, such as `ndcg@20` or `recall`; "" for none."""
    match = _METRIC.search(text)
    if match is None:
        return ""
    name = "hr" if match["name"].startswith("hit") else match["name"]
    return f"{name}@{match['cut']}" if match["cut"] else name
