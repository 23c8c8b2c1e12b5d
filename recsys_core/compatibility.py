"""Whether artifacts that are served together were made from each other.

A deployed recommender is a tuple of artifacts: vectors, an index over them, a ranker that reads both. Each part may be
better than the one before and the whole still broken, since an index answers with the vectors it was built from. So
for the parts of one tuple:

- whatever a part was made from, directly or through artifacts that are not served, is the version that is served;
- vectors have as many dimensions as those they were made from, and the same items, where manifests say so;
- the distributions that reading a part needs are there.

Pure functions over records: nothing here reads a file, the registry or the catalog.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["built-from-another", "dimensions", "items", "library"]


@dataclass(frozen=True, slots=True)
class Artifact:
    """What compatibility is decided by. parents: digests. items: hash of its item ids, "" where it states none.

    dimensions: of its vectors; None where it states none. requires: distributions that reading it needs.
    """

    digest: str
    name: str = ""
    version: int = 0
    recipe: str = ""
    owner: str = ""
    parents: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    dimensions: int | None = None
    items: str = ""

    @property
    def ref(self) -> str:
        """`name:version`, or the start of the digest of what was never registered."""
        return f"{self.name}:{self.version}" if self.name else self.digest[:12]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a tuple does not hold. part: what has to be made anew. from_: the served artifact that it does not fit."""

    kind: Kind
    part: Artifact
    from_: Artifact | None
    why: str

    @property
    def names(self) -> frozenset[str]:
        """Of the models that are involved."""
        return frozenset({self.part.name, *((self.from_.name,) if self.from_ else ())})

    @property
    def remedy(self) -> str:
        """What to do about it."""
        if self.from_ is None:
            return f"install what {self.part.ref} needs"
        return f"make {self.part.name} again from {self.from_.ref} (recipe {self.part.recipe or 'unknown'})"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Known artifacts by digest, those that are served by name, and which distributions are installed."""

    known: Mapping[str, Artifact]
    served: Mapping[str, Artifact]
    installed: Collection[str] = field(default=frozenset())


def faults(shelf: Shelf) -> tuple[Fault, ...]:
    """Everything that is wrong with the served tuple, by name of the part."""
    return tuple(fault for name in sorted(shelf.served) for fault in _faults_of(shelf.served[name], shelf))


def _faults_of(part: Artifact, shelf: Shelf) -> Iterator[Fault]:
    for missing in sorted(set(part.requires) - set(shelf.installed)):
        why = f"{part.ref} needs the distribution {missing}, which is not installed"
        yield Fault("library", part, None, why)
    for parent in made_from(part, shelf):
        served = shelf.served[parent.name]
        if parent.digest != served.digest:
            why = f"{part.ref} was made from {parent.ref}, and {served.ref} is served"
            yield Fault("built-from-another", part, served, why)
        elif None not in {part.dimensions, served.dimensions} and part.dimensions != served.dimensions:
            why = f"{part.ref} has {part.dimensions} dimensions, and {served.ref} has {served.dimensions}"
            yield Fault("dimensions", part, served, why)
        elif part.items and served.items and part.items != served.items:
            yield Fault("items", part, served, f"{part.ref} and {served.ref} hold different items")


def made_from(part: Artifact, shelf: Shelf) -> tuple[Artifact, ...]:
    """The nearest ancestors whose name is served too; the walk passes through what is not served.

    An earlier version of the part itself is no such ancestor, and what that one was made from does not count.
    """
    found: dict[str, Artifact] = {}
    seen, front = {part.digest}, list(part.parents)
    while front:
        digest = front.pop(0)
        ancestor = shelf.known.get(digest)
        if digest in seen or ancestor is None:
            continue
        seen.add(digest)
        if ancestor.name and ancestor.name == part.name:
            continue
        if ancestor.name in shelf.served:
            found.setdefault(ancestor.digest, ancestor)
        else:
            front.extend(ancestor.parents)
    return tuple(found.values())
