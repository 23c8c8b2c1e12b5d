"""Surfaces: places of a product where one pipeline shows items, each by its own configuration.

The files in `surfaces/` name them, one a file; a folder of a team's own takes their place. A surface changes nothing
that is fitted: it says whose history counts, which sources and verticals propose, and which rules decide.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from pydantic import Field, field_validator, model_validator

from recsys_core.config import Config, parse, read_object
from recsys_core.data.items import Vertical
from recsys_core.errors import InvalidConfig, UnknownSurface
from recsys_core.stage_configs import RuleConfig

SHIPPED = Path(__file__).parent / "surfaces"


class Continues(StrEnum):
    """What a surface goes on from."""

    USER = "user"
    """What somebody has played."""
    PLAYLIST = "playlist"
    """The items of a playlist, in place of what its owner has played."""
    QUERY = "query"
    """Words; what somebody has played only orders what they find."""


class Surface(Config):
    """sources: names of the pipeline's sources that propose `take` items each, () for all; with a query its words propose.

    verticals: what may be proposed, () for all. keep: how many of the best, beside as many as the history holds, are put
    before the rules. places: how many are shown. cold: the source whose order stands for
    who has no history; "" refuses them. model: the pipeline that serves it. owner: a reference of the catalog.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    about: str = Field(min_length=1, max_length=300)
    owner: str = Field(pattern=r"^(?:group|user):[a-z0-9._-]+/[a-z0-9._-]+$")
    model: str = Field(min_length=1, max_length=140)
    continues: Continues = Continues.USER
    sources: tuple[str, ...] = ()
    verticals: tuple[Vertical, ...] = ()
    rules: tuple[RuleConfig, ...]
    places: int = Field(default=10, ge=1, le=50)
    take: int = Field(default=200, ge=1, le=100_000)
    keep: int = Field(default=100, ge=1, le=10_000)
    cold: str = ""

    @field_validator("rules")
    @classmethod
    def _some(cls, rules: tuple[Config, ...]) -> tuple[Config, ...]:
        if not rules:
            raise ValueError("a surface without rules shows what is not licensed; name at least one rule")
        return rules

    @model_validator(mode="after")
    def _enough(self) -> "Surface":
        if self.keep < self.places:
            raise ValueError(f"keep = {self.keep} cannot fill places = {self.places}")
        return self


def surfaces(folder: Path | None = None) -> Mapping[str, Surface]:
    """Every surface by name, of the shipped files or of those in `folder`.

    Raises InvalidConfig naming file and key, or the folder that holds none.
    """
    home = folder or SHIPPED
    found = {path.stem: _read(path) for path in sorted(home.glob("*.json"))}
    if not found:
        raise InvalidConfig(f"no surface in {str(home)!r}; put one NAME.json a surface there")
    return found


def load_surface(name: str, folder: Path | None = None) -> Surface:
    """One surface. Raises UnknownSurface naming those there are, and what `surfaces` raises."""
    found = surfaces(folder)
    if name not in found:
        raise UnknownSurface(f"no surface {name!r}; there are {', '.join(found)}")
    return found[name]


def _read(path: Path) -> Surface:
    surface = parse(Surface, read_object(path), where=path.name)
    if surface.name != path.stem:
        raise InvalidConfig(f"{path.name}: name = {surface.name!r}; a surface is named as its file")
    return surface
