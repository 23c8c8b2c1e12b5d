"""Which policy this process goes by: the operator's file in the home, and what a client added on top.

The operator's stands at one place, `policy.yaml` in the home, which no variable, header or option moves: an agent that
starts this program itself would name a laxer one. A client's file is a layer of its own, so it can only tighten.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tools.catalogue import Actions
from tools.errors import PolicyInvalid
from tools.policy.decision import Policy
from tools.policy.directory import CatalogDirectory, Directory
from tools.policy.following import FollowedSources, Following
from tools.policy.reading import SHIPPED, Source, check, read, shipped
from tools.policy.rulebook import Layered, Rulebook
from tools.ports import Ports

if TYPE_CHECKING:
    from tools.policy.meter import Meter
    from tools.policy.rules import Limit
    from tools.state import State

FILE = "policy.yaml"
_CLIENT = "client"


def operator_source(home: Path, actions: Actions) -> Source:
    """The policy of `home`, or the shipped one. Raises `PolicyInvalid`."""
    path = home / FILE
    source = read(path) if os.path.lexists(path) else shipped()
    check(source, actions)
    return source


def client_source(path: Path, actions: Actions) -> Source:
    """What a client adds. Raises `PolicyInvalid`."""
    source = read(path)
    check(source, actions)
    return source


def layered(sources: tuple[Source, ...], directory: Directory) -> Policy:
    """The operator's policy first, then any client's: of two that are equally strict the first one is named."""
    operator, *clients = sources
    layers = [Rulebook(source, directory, layer=_CLIENT) for source in clients]
    return Layered((Rulebook(operator, directory), *layers))


class PolicyFiles:
    """The files that this process goes by: the operator's in `home`, and a client's where there is one."""

    def __init__(self, home: Path, actions: Actions, client: Path | None) -> None:
        self._home, self._actions, self._client = home, actions, client
        self.paths = (home / FILE, *((client,) if client else ()))

    def read(self) -> tuple[Source, ...]:
        """Raises `PolicyInvalid`."""
        operator = operator_source(self._home, self._actions)
        return (operator, client_source(self._client, self._actions)) if self._client else (operator,)

    def followed(self, first: tuple[Source, ...]) -> FollowedSources:
        """`first` until a file changes. An operator's file that is taken away leaves no policy, until a restart."""

        def read() -> tuple[Source, ...]:
            found = self.read()
            if found[0].name == SHIPPED != first[0].name:
                raise PolicyInvalid(
                    f"{self.paths[0]} is gone; put it back, or start again to go by the shipped policy"
                )
            return found

        return FollowedSources(first, self.paths, read)


def metered(
    sources: FollowedSources, ports: Ports, state: "State", *, look: Callable[[], None]
) -> "tuple[Policy, Meter]":
    """The policy of these files with the standing grants of the home, and what counts their use."""
    from tools.policy.grants import Granted, Grants
    from tools.policy.limits import Limits
    from tools.policy.meter import Meter

    directory = CatalogDirectory(ports)
    grants = Grants(state, clock=time.time)

    def all_limits() -> "tuple[Limit, ...]":
        return tuple(limit for source in sources.now()[0] for limit in source.file.limits)

    following = Following(sources, lambda found: layered(found, directory))
    policy = Granted(following, grants, directory, clock=time.time)
    limits = Limits(all_limits, directory, look=look)
    return policy, Meter(limits=limits, grants=grants)
