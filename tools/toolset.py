"""Groups of actions by what a person is about: what a client shows its model by default, and what on demand.

A group says nothing about what a principal may do; scopes and the policy do.
"""

from enum import StrEnum


class Toolset(StrEnum):
    """Which work an action belongs to."""

    ASK = "ask"
    OPERATE = "operate"
    RECSYS = "recsys"
    ADMIN = "admin"

    @classmethod
    def of_scope(cls, scope: str) -> "Toolset":
        """By the thing that a scope `thing:verb` is about; a team's own things are operated."""
        return _OF_THING.get(scope.partition(":")[0], cls.OPERATE)

    @classmethod
    def named(cls, text: str) -> "tuple[Toolset, ...]":
        """Those that `text` names, by commas and in one fixed order; `all` is every one.

        Raises `ValueError` with the names there are.
        """
        names = {part.strip().lower() for part in text.split(",")} - {""}
        if unknown := sorted(names - {*cls, "all"}):
            known = ", ".join((*cls, "all"))
            raise ValueError(
                f"{', '.join(repr(name[:40]) for name in unknown)} is no toolset; there are: {known}"
            )
        return tuple(each for each in cls if each in names or "all" in names)


_OF_THING = {
    "docs": Toolset.ASK,
    "catalog": Toolset.ASK,
    "models": Toolset.RECSYS,
    "scaffold": Toolset.RECSYS,
    "audit": Toolset.ADMIN,
    "policy": Toolset.ADMIN,
    "grants": Toolset.ADMIN,
    "approvals": Toolset.ADMIN,
}
