"""Registered artifacts with all that they were made from, as records that compatibility is decided by."""

from collections.abc import Iterable

from recsys_core.compatibility import Artifact
from recsys_core.manifest import Manifest
from recsys_core.registry.cards import parsed
from recsys_core.registry.projection import Projection

_ITEMS = "items.json"
_ROW = """
    SELECT m.manifest, v.name, v.version, v.owner FROM manifests m LEFT JOIN versions v USING (digest)
    WHERE m.digest = ?"""


def ancestry(projection: Projection, digests: Iterable[str]) -> dict[str, Artifact]:
    """By digest: these artifacts, their parents, and so on up; what was never registered is left out."""
    found: dict[str, Artifact] = {}
    front = list(dict.fromkeys(digests))
    while front:
        digest = front.pop()
        rows = [] if digest in found else projection.rows(_ROW, (digest,))
        for row in rows:
            manifest = parsed(row)
            found[digest] = Artifact(
                digest=digest,
                name=row["name"] or "",
                version=row["version"] or 0,
                recipe=manifest.recipe,
                owner=row["owner"] or "",
                parents=manifest.parents,
                requires=manifest.requires,
                dimensions=_dimensions(manifest),
                items=_items(manifest),
            )
            front.extend(manifest.parents)
    return found


def _dimensions(manifest: Manifest) -> int | None:
    """Of its vectors as they are stored; the size that a model was configured with may be another."""
    stated = manifest.facts.get("dimensions")
    return stated if isinstance(stated, int) else None


def _items(manifest: Manifest) -> str:
    held = [stored.sha256 for name, stored in manifest.files.items() if name.rpartition("/")[2] == _ITEMS]
    return held[0] if len(held) == 1 else ""  # a pipeline has several
