"""Requests in words whose action and arguments are known, and the names of a small operation that they use."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from server.exam.asking.lines import read_lines
from tools.catalogue import Actions
from tools.ports import Catalog
from tools.routing.known import Known, KnownJob, KnownModel
from tools.routing.router import NONE, Router

REQUESTS = Path(__file__).parents[1] / "questions" / "requests.jsonl"
HELD_OUT = Path(__file__).parents[1] / "questions" / "requests_held_out.jsonl"
"""Requests that nothing was changed for, one by one: phrases and weights know the others only."""
TODAY = date(2026, 11, 26)
PLAN = "f" * 63 + "1"
_MODELS = (
    KnownModel("als", 2, "als"),
    KnownModel("item2vec", 1, "item2vec", {"production": 1}),
    KnownModel("item_knn", 1, "item_knn"),
    KnownModel("pipeline", 2, "pipeline", {"production": 1, "staging": 2}),
    KnownModel("podcast-index", 1, "item2vec", {"production": 1}),
    KnownModel("popularity", 1, "popularity"),
)
_JOBS = (
    KnownJob("job-0a11", "train", "running", ("als-night", "als")),
    KnownJob("job-0b22", "evaluate", "succeeded", ("pipeline",)),
    KnownJob("job-0c33", "train", "failed", ("item2vec-wide", "item2vec")),
    KnownJob("job-0d44", "train", "succeeded", ("pipeline-two", "pipeline")),
)


@dataclass(frozen=True)
class Wanted:
    """A request, the actions that are right (none when no action does it), and the arguments of the first."""

    id: str
    request: str
    actions: tuple[str, ...]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    set: str = ""


@dataclass(frozen=True)
class Chosen:
    """What was chosen for a request; action is "none" for a refusal."""

    wanted: Wanted
    action: str
    arguments: Mapping[str, Any]
    exact: bool

    @property
    def right(self) -> bool:
        return self.action in (self.wanted.actions or (NONE,))


def shipped_requests() -> tuple[Wanted, ...]:
    return read_requests(REQUESTS)


class RequestsInvalid(ValueError):
    """A file of requests cannot be read; the message names line and value."""


def read_requests(file: Path) -> tuple[Wanted, ...]:
    """Lines of `{"id", "request", "action", "arguments"}`; action is a name, several of them, or null for none.

    Raises `RequestsInvalid`.
    """
    return tuple(read_lines(file, _read, invalid=RequestsInvalid, what="request"))


def _read(line: str, number: int, file: Path) -> Wanted:
    try:
        given = json.loads(line.replace("{plan}", PLAN))
        actions = given["action"] if isinstance(given["action"], list) else [given["action"]]
        names = tuple(name for name in actions if name)
        return Wanted(given["id"], given["request"], names, given.get("arguments", {}), given.get("set", ""))
    except (ValueError, KeyError, TypeError) as error:
        raise RequestsInvalid(
            f"{file}, line {number}: {line[:120]!r} is no object with id, request and action ({error!r})"
        ) from error


def operation(
    catalog: Catalog, actions: Actions, closeness: Callable[[str], float] = lambda _text: 1.0
) -> Known:
    """The small operation that the shipped requests are about, beside the demo organisation's catalog.

    closeness: see `Known`.
    """
    from recsys_core.judge.protocol import protocols
    from recsys_core.stages import kinds

    return Known(
        models={model.name: model for model in _MODELS},
        kinds=(*kinds("candidates"), "pipeline"),
        data=("ml-100k", "world"),
        protocols=tuple(protocols()),
        playbooks=("migrate", "train_to_promotion"),
        repositories=("home-ranker-repo", "rec-sdk-repo"),
        jobs=_JOBS,
        plans=(PLAN,),
        actions=tuple(info.name for info in actions.list()),
        surfaces=("home", "search", "playlists", "podcasts"),
        links=catalog.link_scored,
        catalog=catalog,
        closeness=closeness,
    )


def choose(
    wanted: Sequence[Wanted], router: Router, known: Known, meaning: Any, actions: Actions
) -> list[Chosen]:
    """What the router makes of each; meaning: see `tools.ports.Meaning`, or None."""
    chosen = []
    for each in wanted:
        route = router.route(each.request, known, meaning, today=TODAY)
        best = route.choices[0] if route.choices else None
        name, arguments = (best.action, best.filled.arguments) if best else (NONE, {})
        chosen.append(judged(each, name, arguments, actions))
    return chosen


def judged(wanted: Wanted, action: str, arguments: Mapping[str, Any], actions: Actions) -> Chosen:
    """With whether the arguments are exactly those wanted; which need not be named when they are the default."""
    free = action == NONE or action not in wanted.actions[:1]
    exact = free or _told(actions, action, arguments) == _told(actions, action, wanted.arguments)
    if action == "ask":  # the question is the request, in the client's words
        exact = True
    right = action in (wanted.actions or (NONE,))
    return Chosen(wanted, action, arguments, exact and right)


def _told(actions: Actions, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    properties = actions.get(name).info.input_schema.get("properties", {})
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in arguments.items()}
    return {key: value for key, value in plain.items() if value != properties.get(key, {}).get("default")}


def tool_f1(chosen: Sequence[Chosen]) -> float:
    """Macro F1 over the actions, and none, that are wanted or were chosen."""
    names = {each.action for each in chosen} | {(each.wanted.actions or (NONE,))[0] for each in chosen}
    return sum(_f1(name, chosen) for name in names) / len(names)


def _f1(name: str, chosen: Sequence[Chosen]) -> float:
    hits = sum(each.right and each.action == name for each in chosen)
    called = sum(each.action == name for each in chosen)
    meant = sum(_meant(each) == name for each in chosen)
    return 2 * hits / (called + meant) if called + meant else 0.0


def _meant(each: Chosen) -> str:
    return each.action if each.right else (each.wanted.actions or (NONE,))[0]


def exact_share(chosen: Sequence[Chosen]) -> float:
    """Of the requests that some action does: the right one, with exactly the arguments."""
    wanted = [each for each in chosen if each.wanted.actions and each.wanted.actions != ("ask",)]
    return sum(each.exact for each in wanted) / len(wanted) if wanted else 0.0
