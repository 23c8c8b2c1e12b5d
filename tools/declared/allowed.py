"""What the operator lets the files of `actions.d` use. A file can name these things; it can never add to them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from pydantic import SecretStr

from tools.declared.network import Network, SystemNetwork


@dataclass(frozen=True, slots=True)
class Allowed:
    """Executables by name, names of environment variables that a file may set, hosts (with a port where it is not
    the usual one), those of them whose addresses may be private, and secrets by name."""

    executables: Mapping[str, Path] = field(default_factory=dict)
    environment: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    private_hosts: frozenset[str] = frozenset()
    secrets: Mapping[str, SecretStr] = field(default_factory=dict)
    network: Network = field(default_factory=SystemNetwork)

    def secret(self, name: str) -> str:
        return self.secrets[name].get_secret_value()

    def hide(self, text: str, names: Iterable[str], *, begins: bool = True, ends: bool = True) -> str:
        """`text` without the values of these secrets, as what was run may have printed them, also as JSON or in a URL.

        Where it was cut before it `ends` or after it `begins`, what may be a part of a secret goes too.
        """
        spellings = sorted(self._spellings(names), key=lambda pair: -len(pair[0]))
        for spelling, name in spellings:
            text = text.replace(spelling, f"[secret {name}]")
        if not ends:
            text = text.rstrip("\ufffd")  # half a character
            text = text[: len(text) - max((_shared(text, each) for each, _ in spellings), default=0)]
        if not begins:
            text = text.lstrip("\ufffd")
            text = text[max((_shared(each, text) for each, _ in spellings), default=0) :]
        return text

    def _spellings(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        for name in names:
            value = self.secret(name)
            yield from dict.fromkeys(
                (spelling, name)
                for spelling in (value, json.dumps(value)[1:-1], quote(value), quote(value, safe=""))
            )


def _shared(end: str, begin: str) -> int:
    """How many characters, at most, `end` ends with that `begin` begins with."""
    most = min(len(end), len(begin))
    return next((length for length in range(most, 0, -1) if end.endswith(begin[:length])), 0)
