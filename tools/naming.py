"""Finds the entity that a caller means by a reference, a name or a title."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from tools.errors import NotFound
from tools.ports import Entity
from tools.run import Run

_MOST_NEAR = 5


def entities_named(text: str, run: Run) -> tuple[Entity, ...]:
    """Every entity that `text` names exactly; several only when it is a name without its kind.

    Letter case never matters, and `feature store` means `feature-store`. Empty when there is none.
    """
    if run.held is None:
        return _looked_up(text, run)
    if text not in run.held.named:
        run.held.named[text] = _looked_up(text, run)
    return run.held.named[text]


def _looked_up(text: str, run: Run) -> tuple[Entity, ...]:
    catalog = run.catalog
    try:
        found = catalog.get(run.refs.parse(text))
        return (found,) if found else ()
    except ValueError:
        return tuple(catalog.called(text))


def is_known(text: str, run: Run) -> bool:
    """Whether `text` names entities of a catalog at hand; where it is not, or near names would have to be looked for,
    a look takes longer than changing threads."""
    return run.at_hand and bool(entities_named(text, run))


def entity_named(text: str, run: Run) -> Entity:
    """The one entity that `text` names.

    Raises `NotFound` with the candidates when there are several, and with near names when there is none.
    """
    found = entities_named(text, run)
    if len(found) == 1:
        return found[0]
    if not found:
        raise nothing_named(text, run)
    refs = [str(entity.ref) for entity in found[:_MOST_NEAR]]
    raise NotFound(
        f"{text!r} names {len(found)} entities; call again with one of {', '.join(refs)}", near=refs
    )


def nothing_named(text: str, run: Run) -> NotFound:
    """The error for a text that names no entity, with the nearest names there are."""
    near = _near(text, run)
    hint = f"did you mean {' or '.join(near)}?" if near else "list entities with query_catalog"
    return NotFound(f"there is no entity {text[:120]!r}; {hint}", near=near)


def _near(text: str, run: Run) -> Sequence[str]:
    catalog = run.catalog
    linked = [str(entity.ref) for entity in catalog.link(text[:200])]
    refs_of: dict[str, list[str]] = {}
    for entity in catalog.entities:
        refs_of.setdefault(entity.ref.name, []).append(str(entity.ref))
    wanted = _folded(text).rpartition(":")[2].rpartition("/")[2]
    close = get_close_matches(wanted[:80], refs_of, n=_MOST_NEAR, cutoff=0.6)
    spelled = [ref for name in close for ref in refs_of[name]]
    return tuple(dict.fromkeys((*spelled, *linked)))[:_MOST_NEAR]


def _folded(text: str) -> str:
    return re.sub(r"[\s_]+", "-", text.strip().lower())
