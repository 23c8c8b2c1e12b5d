"""Questions about a team that the catalog does not have: they are told so, rather than answered from pages that say its name.

`Which components does the search team own?` has no answer where no group is called so, whatever the docs say of search.
"""

import re

from ingest.answers.catalog_questions import named_entities
from ingest.entities import Entity
from ingest.graph import CatalogGraph

_TEAM = r"(?:team|squad|tribe|guild|crew)"
_NAME = r"(?:the\s+|our\s+)?(?P<name>[\w&-]+(?:\s+[\w&-]+){0,2}?)\s+"
_ASKED = (
    re.compile(
        rf"\b(?:do|does)\s+{_NAME}{_TEAM}\s+(?:own|maintain|run|build|operate|have|look\s+after)\s*\??$",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:owned|maintained|run|built|operated)\s+by\s+{_NAME}{_TEAM}\s*\??$", re.IGNORECASE),
)
_NO_NAMES = frozenset(
    ("which", "what", "same", "other", "right", "this", "that", "a", "any", "each", "every", "my")
)
_MOST = 12


def unknown_team(question: str, graph: CatalogGraph) -> str:
    """What to tell of the team that `question` is about and that nobody is; empty when there is no such question."""
    found = next(filter(None, (pattern.search(question.strip()) for pattern in _ASKED)), None)
    if found is None:
        return ""
    name = found["name"]
    if name.split()[0].lower() in _NO_NAMES or any(
        _is_group(entity) for entity in named_entities(f"{name} team", graph)
    ):
        return ""
    teams = sorted(f"`{entity.ref}`" for entity in graph.entities if _is_group(entity))
    if not teams:
        return f"No team of the catalog is called “{name}”: it has none."
    rest = f" and {len(teams) - _MOST} more" if len(teams) > _MOST else ""
    return f"No team of the catalog is called “{name}”. Its teams are {', '.join(teams[:_MOST])}{rest}."


def _is_group(entity: Entity) -> bool:
    return entity.ref.kind == "group"
