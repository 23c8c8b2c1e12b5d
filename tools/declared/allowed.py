"""What the operator lets the files of `actions.d` use. A file can name these things; it can never add to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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

    def hide(self, text: str, names: tuple[str, ...]) -> str:
        """`text` without the values of these secrets, as what was run may have printed them."""
        for name in names:
            text = text.replace(self.secret(name), f"[secret {name}]")
        return text
