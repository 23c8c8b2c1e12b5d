"""Compare two versions, or say why that cannot be done.

Figures are compared only under one protocol (by hash) and on one data set (by hash). Where both evaluations kept each
user's figures for the same users, the difference is paired by user and has an interval.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from recsys_core.config import read_object
from recsys_core.errors import NotComparable, RecsysError
from recsys_core.manifest import Manifest, Measured, ProtocolMetrics, check_files
from recsys_core.registry.cards import evaluation_rows, manifest_of, parsed, resolve_ref
from recsys_core.registry.projection import Projection
from recsys_core.registry.records import Comparison, Difference, ModelVersion, SliceDifference


class _Judged:
    """A version with the newest evaluation of each protocol, by the protocol's hash."""

    def __init__(self, projection: Projection, version: ModelVersion) -> None:
        self.version = version
        self.manifest = manifest_of(projection, version)
        self.by_hash: dict[str, tuple[ProtocolMetrics, Manifest, Path]] = {}
        for row in evaluation_rows(projection, version):
            found, folder = parsed(row), projection.folder(row["digest"], row["source"])
            for metrics in found.metrics:
                self.by_hash.setdefault(metrics.hash, (metrics, found, folder))

    def protocols(self) -> str:
        """What it was judged by, for messages."""
        held = (f"{metrics.protocol} {metrics.hash[:12]}" for metrics, _, _ in self.by_hash.values())
        return ", ".join(held) or "no protocol"


def compare(projection: Projection, a: str, b: str, *, protocol: str | None = None) -> Comparison:
    """Figures of a and b side by side, a - b, and what differs in how they were made.

    Raises UnknownVersion, NotComparable.
    """
    left, right = (_Judged(projection, resolve_ref(projection, ref)) for ref in (a, b))
    differs = _differs(left, right)
    shared = _shared(left, right, protocol, differs)
    ours, theirs = left.by_hash[shared], right.by_hash[shared]
    if ours[1].data.hash != theirs[1].data.hash:
        raise NotComparable(
            f"{left.version.ref} was judged on {ours[1].data.name} {ours[1].data.hash[:12]} and {right.version.ref} on "
            f"{theirs[1].data.name} {theirs[1].data.hash[:12]}; evaluate both on the same data"
        )
    protocol_values = _pairable(ours, theirs)
    spans = _bootstrapped(ours[2], theirs[2], protocol_values) if protocol_values else {}
    return Comparison(
        a=left.version,
        b=right.version,
        protocol=ours[0].protocol,
        protocol_hash=shared,
        paired=bool(spans),
        headline=ours[0].headline,
        metrics=tuple(_differences(ours[0], theirs[0], spans)),
        slices=_sliced(ours, theirs, protocol_values),
        differs=differs,
    )


def _shared(left: _Judged, right: _Judged, protocol: str | None, differs: Mapping[str, Any]) -> str:
    both = [
        digest
        for digest, (metrics, _, _) in left.by_hash.items()
        if digest in right.by_hash and protocol in {None, metrics.protocol, digest}
    ]
    if not both:
        asked = f" under {protocol!r}" if protocol else ""
        raise NotComparable(
            f"{left.version.ref} was judged by {left.protocols()}, and {right.version.ref} by {right.protocols()}: no "
            f"protocol{asked} measured both. {_changed(left, right)}{_protocols_differ(left, right)}"
            f"The models also differ in {', '.join(differs) or 'nothing else'}. Evaluate both under one protocol"
        )
    return both[0]


def _changed(*sides: _Judged) -> str:
    """What is called otherwise today among what judged them; "" where nothing is."""
    from recsys_core.judge.renamed import changed

    held = {(metrics.protocol, digest) for side in sides for digest, (metrics, _, _) in side.by_hash.items()}
    return "".join(changed(*each) for each in sorted(held))


def _protocols_differ(left: _Judged, right: _Judged) -> str:
    """How the newest protocols of each differ, where both are files of this version; "" otherwise."""
    from recsys_core.judge.protocol import load_protocol, protocols

    shipped = {found.hash: found for found in map(load_protocol, protocols())}
    a, b = (shipped.get(next(iter(judged.by_hash), "")) for judged in (left, right))
    if a is None or b is None:
        return ""
    told = {"name", "about", "beside"}
    ours, theirs = (each.model_dump(mode="json", exclude=told) for each in (a, b))
    keys = [key for key in ours if ours[key] != theirs[key]]
    faults = (f"{key} ({ours[key]!r}, {theirs[key]!r})" for key in keys)
    return f"{a.name} and {b.name} differ in {', '.join(faults)}. " if keys else ""


def _differences(
    ours: ProtocolMetrics, theirs: ProtocolMetrics, spans: Mapping[str, Measured]
) -> Iterator[Difference]:
    for view, metrics in ours.views.items():
        for metric in metrics.keys() & theirs.views.get(view, {}).keys():
            a, b = metrics[metric], theirs.views[view][metric]
            difference = spans.get(f"{view}/{metric}") or Measured(mean=a.mean - b.mean)
            yield Difference(view=view, metric=metric, a=a, b=b, difference=difference)


def _pairable(
    ours: tuple[ProtocolMetrics, Manifest, Path], theirs: tuple[ProtocolMetrics, Manifest, Path]
) -> dict[str, Any]:
    """The protocol as both evaluations kept it; empty where their users cannot be paired."""
    try:
        for _, manifest, folder in (ours, theirs):
            check_files(manifest, folder)
        protocol: dict[str, Any] = read_object(ours[2] / "evaluation.json")["protocol"]
    except (RecsysError, OSError):
        return {}  # the means are in the registry; what users had is gone
    if protocol["holdout"] == "random" and ours[1].facts.get("seed") != theirs[1].facts.get("seed"):
        return {}  # another seed holds out other items
    return protocol


def _bootstrapped(ours: Path, theirs: Path, protocol: Mapping[str, Any]) -> dict[str, Measured]:
    """Intervals of a - b by view/metric."""
    from safetensors.numpy import load_file

    a, b = (load_file(folder / "values.safetensors") for folder in (ours, theirs))
    common = sorted(name for name in a.keys() & b.keys() if a[name].shape == b[name].shape)
    return _spans({name: a[name].astype("f8") - b[name] for name in common}, protocol) if common else {}


def _sliced(
    ours: tuple[ProtocolMetrics, Manifest, Path],
    theirs: tuple[ProtocolMetrics, Manifest, Path],
    protocol: Mapping[str, Any],
) -> tuple[SliceDifference, ...] | None:
    kept = [manifest.facts.get("slices") for _, manifest, _ in (ours, theirs)]
    if not protocol or None in kept:
        return None
    return tuple(_slices(ours[2], theirs[2], protocol)) if all(kept) else ()


def _slices(ours: Path, theirs: Path, protocol: Mapping[str, Any]) -> Iterator[SliceDifference]:
    import numpy as np
    from safetensors.numpy import load_file

    a, b = (load_file(folder / "slices.safetensors") for folder in (ours, theirs))
    common = sorted(name for name in a.keys() & b.keys() if a[name].shape == b[name].shape)
    for part, group in groupby(common, lambda name: name.partition("/")[0]):
        names = list(group)
        left, right = (np.stack([side[name] for name in names], axis=1).astype("f8") for side in (a, b))
        both = np.isfinite(left).all(axis=1) & np.isfinite(right).all(axis=1)
        if not both.any():
            continue
        left, right = left[both], right[both]
        spans = _spans(dict(zip(names, (left - right).T, strict=True)), protocol)
        for column, name in enumerate(names):
            yield SliceDifference(
                slice=part,
                metric=name.partition("/")[2],
                users=len(left),
                a=float(left[:, column].mean()),
                b=float(right[:, column].mean()),
                difference=spans[name],
            )


def _spans(values: Mapping[str, Any], protocol: Mapping[str, Any]) -> dict[str, Measured]:
    from recsys_core.judge import intervals

    found = intervals(values, resamples=protocol["resamples"], confidence=protocol["confidence"])
    return {name: Measured(mean=span.mean, low=span.low, high=span.high) for name, span in found.items()}


def _differs(left: _Judged, right: _Judged) -> dict[str, tuple[Any, Any]]:
    a, b = (dict(_flat(_circumstances(judged.manifest))) for judged in (left, right))
    return {key: (a.get(key), b.get(key)) for key in sorted(a.keys() | b.keys()) if a.get(key) != b.get(key)}


def _circumstances(manifest: Manifest) -> dict[str, Any]:
    config = {key: value for key, value in manifest.config.items() if key not in {"name", "data"}}
    return {
        "config": config,
        "data": {"name": manifest.data.name, "hash": manifest.data.hash},
        "code": manifest.code.model_dump(),
        "environment": manifest.environment.model_dump(),
    }


def _flat(values: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(values, dict):
        for key, value in values.items():
            yield from _flat(value, f"{place}.{key}" if place else str(key))
    else:
        yield place, values
