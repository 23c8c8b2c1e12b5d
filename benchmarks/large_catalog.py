"""A catalog of any size as files: components that depend on each other, their teams and systems, some with docs."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

_TEAM = 50  # components of one team, and of one system
_DOCUMENTED = 20  # one component in so many has docs
_ABOUT = "Scores candidates for one shelf of the home page and hands the best on to the blender."
_PAGE = """# {title}

{title} scores the candidates of shelf {number} within 40 ms.

## When it is slow

1. Look at the queue of shelf {number}.
2. Drain the canary with `make drain SHELF={number}`.
3. Page the team {team} if the queue does not shrink.

## When features are missing

Scores fall back to the median of the last training set; nothing has to be done below 2 % of requests.
"""


def write_catalog(folder: Path, *, entities: int, seed: int = 7) -> None:
    """Write about `entities` entities, a file for each team; the same seed gives the same files."""
    chance = random.Random(seed)
    components = entities - 2 * -(-entities // (_TEAM + 2))
    for first in range(0, components, _TEAM):
        numbers = range(first, min(first + _TEAM, components))
        place = folder / team_of(first)
        place.mkdir(parents=True)
        documents = [*_surroundings(team_of(first))]
        for number in numbers:
            documents.append(_component(number, chance.sample(range(components), 3)))
            if number % _DOCUMENTED == 0:
                _document(place, number)
        (place / "catalog-info.yaml").write_text(yaml.safe_dump_all(documents, sort_keys=False))


def component(number: int) -> str:
    """The reference of a component."""
    return f"component:default/{name_of(number)}"


def name_of(number: int) -> str:
    return f"shelf-ranker-{number:05d}"


def team_of(number: int) -> str:
    return f"team-{number // _TEAM:04d}"


def _surroundings(team: str) -> Iterator[dict[str, Any]]:
    yield _entity("Group", team, {}, {"type": "team", "children": []})
    yield _entity("System", f"{team}-system", {}, {"owner": team})


def _component(number: int, rests_on: list[int]) -> dict[str, Any]:
    metadata: dict[str, Any] = {"title": f"Shelf ranker {number}", "description": _ABOUT}
    metadata["tags"] = ["ranking", f"tier-{number % 4}"]
    if number % _DOCUMENTED == 0:
        metadata["annotations"] = {"backstage.io/techdocs-ref": f"dir:./{name_of(number)}"}
    team = team_of(number)
    spec = {"type": "service", "lifecycle": "production", "owner": team, "system": f"{team}-system"}
    others = [component(each) for each in sorted(rests_on) if each != number]
    return _entity("Component", name_of(number), metadata, {**spec, "dependsOn": others})


def _entity(kind: str, name: str, metadata: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, **metadata},
        "spec": spec,
    }


def _document(place: Path, number: int) -> None:
    docs = place / name_of(number) / "docs"
    docs.mkdir(parents=True)
    (docs.parent / "mkdocs.yml").write_text(f"site_name: Shelf ranker {number}\n")
    text = _PAGE.format(title=f"Shelf ranker {number}", number=number, team=team_of(number))
    (docs / "index.md").write_text(text)
