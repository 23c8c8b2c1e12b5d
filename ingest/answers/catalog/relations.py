"""How people speak of the relations between entities: one row a relation, read by `grammar`.

Each relation has a doer and an object: a team (doer) owns a service (object), a service (doer) depends on a database
(object). A row says what kinds both may be, which relations of the graph lead from one to the other, and the words:

- `verbs`: *doer* VERB *object*, in the base form (`own`); their other forms and the passive follow
- `states`: *doer* is STATE *object* (`responsible for`)
- `belongs`: *object* VERB *doer* (`belong to`); `within`: *object* is STATE *doer* (`part of`)
- `doer_nouns`, `object_nouns`: the NOUN of the other (`owner of`, `dependencies of`), in the singular
"""

from dataclasses import dataclass
from typing import Literal

Side = Literal["doer", "object"]
Phrase = tuple[str, ...]

OWNED = frozenset({"component", "api", "resource", "system", "domain", "template"})
BUILT = frozenset({"component", "api", "resource", "system", "domain"})
GROUP, USER = frozenset({"group"}), frozenset({"user"})


@dataclass(frozen=True, eq=False)
class Relation:
    """One row; see the module. `to_object` and `to_doer` are relation types of `ingest.relations`.

    `labels` begin the answer's first line: for doers (`owner of`), for objects (`owned by`); `clauses` tell how those on
    a side stand to something, after a noun (`that own X`, `owned by X`).
    """

    name: str
    to_object: tuple[str, ...]
    to_doer: tuple[str, ...]
    doers: frozenset[str]
    objects: frozenset[str]
    labels: tuple[str, str]
    clauses: tuple[str, str]
    verbs: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    belongs: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    doer_nouns: tuple[str, ...] = ()
    object_nouns: tuple[str, ...] = ()

    def kinds(self, side: Side) -> frozenset[str]:
        return self.doers if side == "doer" else self.objects

    def types(self, side: Side) -> tuple[str, ...]:
        """The graph's relations that lead to that side."""
        return self.to_doer if side == "doer" else self.to_object

    def links(self, doers: frozenset[str] | None, objects: frozenset[str] | None) -> bool:
        """Whether there may be such a relation between these kinds: a domain is part of no system."""
        if self.name != "contain" or doers is None or objects is None:
            return True
        return any(
            _LEVELS.get(one, 0) < _LEVELS.get(whole, 0) or (one == whole and one != "system")
            for whole in doers
            for one in objects
        )

    def label(self, side: Side) -> str:
        return self.labels[0] if side == "doer" else self.labels[1]

    def clause(self, side: Side) -> str:
        return self.clauses[0] if side == "doer" else self.clauses[1]


RELATIONS: tuple[Relation, ...] = (
    Relation(
        "own", ("ownerOf",), ("ownedBy",), GROUP | USER, OWNED, ("owner of", "owned by"), ("that own", "owned by"),
        verbs=("own", "maintain", "manage", "run", "look after", "take care of", "be responsible for", "be accountable for",
               "be in charge of", "be behind", "have ownership of", "operate", "support", "steward", "handle", "have in its ownership", "have in their ownership", "have responsibility for"),
        states=("responsible for", "accountable for", "in charge of", "behind", "the owner of", "an owner of", "owner of", "the one responsible for", "the person responsible for",
                "the maintainer of", "the owners of", "the maintainers of", "the point of contact for", "on the hook for"),
        belongs=("belong to", "fall under", "sit with", "live with"),
        within=("under the ownership of", "the responsibility of", "in the hands of", "in the portfolio of", "the property of", "in the ownership of", "in the care of", "from", "by"),
        doer_nouns=("owner", "maintainer", "owning team", "owning group", "responsible team", "responsible group", "responsible person", "steward",
                    "point of contact", "contact", "contact person", "team responsible", "ownership", "owner team", "owner group", "team in charge"),
        object_nouns=("possession", "portfolio"),
    ),
    Relation(
        "provide", ("providesApi",), ("apiProvidedBy",), frozenset({"component"}), frozenset({"api"}), ("provider of", "APIs provided by"), ("that provide", "provided by"),
        verbs=("provide", "expose", "offer", "serve", "implement", "publish", "host", "be the provider of", "be a provider of"),
        states=("the provider of", "a provider of", "provider of", "behind"),
        within=("from", "exposed through", "exposed via", "provided through", "served from", "offered through", "available through"),
        doer_nouns=("provider", "producer", "implementer", "implementation", "providing component", "implementing component"),
        object_nouns=("provided api", "exposed api", "offered api", "own api"),
    ),
    Relation(
        "consume", ("consumesApi",), ("apiConsumedBy",), frozenset({"component"}), frozenset({"api"}), ("consumers of", "APIs consumed by"), ("that consume", "consumed by"),
        verbs=("consume", "call", "invoke", "use", "talk to", "read from", "integrate with", "be a consumer of", "be a client of", "be a user of"),
        states=("a consumer of", "consumers of", "clients of", "users of", "a client of", "a user of", "consumer of", "client of"),
        doer_nouns=("consumer", "caller", "client", "user", "consuming component"),
        object_nouns=("consumed api", "used api", "api dependency", "called api", "upstream api"),
    ),
    Relation(
        "depend", ("dependsOn",), ("dependencyOf",), frozenset({"component", "resource", "system", "api"}), BUILT, ("dependents of", "dependencies of"), ("that depend on", "required by"),
        verbs=("depend on", "depend upon", "rely on", "rely upon", "need", "require", "build on", "lean on", "be dependent on", "be dependent upon", "be reliant on", "sit downstream of", "come after", "have a dependency on", "have dependencies on", "use as dependencies", "use as a dependency", "list as a dependency", "have as a dependency", "sit on top of"),
        states=("with a dependency on", "with dependencies on", "dependent on", "dependent upon", "reliant on", "dependents of", "dependants of", "downstream of", "built on top of", "built on"),
        belongs=("sit upstream of", "come before"),
        within=("a dependency of", "dependencies of", "a requirement of", "an upstream of", "required for", "needed for", "used as a dependency by", "dependency of", "upstream of"),
        doer_nouns=("dependent", "dependant", "reverse dependency", "downstream", "downstream dependent", "downstream dependency", "downstream service", "inbound dependency", "incoming dependency", "depender"),
        object_nouns=("dependency", "upstream", "upstream dependency", "requirement", "prerequisite", "outgoing dependency", "outbound dependency", "upstream service"),
    ),
    Relation(
        "use", ("dependsOn", "consumesApi"), ("dependencyOf", "apiConsumedBy"), frozenset({"component", "resource", "system"}), BUILT, ("users of", "used by"), ("that use", "used by"),
        verbs=("use", "make use of", "work with", "utilise", "utilize"),
    ),
    Relation(
        "contain", ("hasPart",), ("partOf",), frozenset({"system", "domain", "component"}), BUILT, ("container of", "parts of"), ("around", "in"),
        verbs=("contain", "include", "comprise", "consist of", "hold", "group", "have", "bundle", "encompass", "be made of", "be made up of", "be composed of", "cover", "own"),
        states=("made of", "made up of", "composed of", "comprised of"),
        belongs=("belong to", "fall under", "sit in", "live in", "make up", "sit under", "live under", "fall within", "fall in", "form", "constitute"),
        within=("part of", "parts of", "a part of", "a piece of", "pieces of", "in", "inside", "within", "under", "from", "a subcomponent of", "subcomponents of", "a member of", "assigned to", "grouped under"),
        doer_nouns=("parent system", "parent domain", "parent component", "enclosing system", "container"),
        object_nouns=("part", "piece", "content", "subcomponent", "sub component", "building block", "constituent", "child component", "subsystem", "subdomain"),
    ),
    Relation(
        "member", ("hasMember",), ("memberOf",), GROUP, USER, ("teams of", "members of"), ("of", "in"),
        verbs=("have as a member", "have as member", "include", "employ", "consist of", "be made up of", "be composed of", "comprise"),
        belongs=("belong to", "work in", "work on", "work for", "work at", "sit in", "sit on", "make up", "work with", "report to", "serve on"),
        within=("in", "on", "part of", "a part of", "a member of", "members of", "member of", "inside", "within", "from", "at", "with"),
        doer_nouns=("home team",),
        object_nouns=("member", "team member", "teammate", "staff", "headcount", "staff member", "group member"),
    ),
    Relation(
        "parent", ("parentOf",), ("childOf",), GROUP, GROUP, ("parent team of", "teams under"), ("above", "under"),
        verbs=("contain", "include", "oversee", "consist of"),
        states=("the parent of", "the parent team of", "the parent group of", "parent of"),
        belongs=("belong to", "report to", "report into", "fall under", "sit under", "roll up to", "sit in"),
        within=("part of", "a part of", "under", "below", "in", "inside", "within", "a child of", "children of", "a subteam of", "a subgroup of", "beneath", "subteams of", "subgroups of"),
        doer_nouns=("parent", "parent team", "parent group", "superior team", "parent department", "parent organisation", "parent organization", "parent unit"),
        object_nouns=("child", "subteam", "sub team", "subgroup", "sub group", "child team", "child group", "child unit", "squad beneath"),
    ),
)  # fmt: skip

#: Where an outage spreads: to what depends on a thing, and to those who call the APIs it provides.
IMPACT = ("dependencyOf", "providesApi", "apiConsumedBy")
_LEVELS = {"domain": 2, "system": 1}
BY_NAME = {relation.name: relation for relation in RELATIONS}

#: The relation that `N of X`, `X's N` and `N in X` mean, by what N and X are: the first that fits. The side is N's.
OF: tuple[tuple[str, Side], ...] = (
    ("member", "object"),
    ("own", "object"),
    ("contain", "object"),
    ("provide", "object"),
    ("provide", "doer"),
    ("contain", "doer"),
    ("member", "doer"),
    ("parent", "object"),
    ("own", "doer"),
)
