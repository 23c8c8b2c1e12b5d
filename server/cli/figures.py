"""Measured figures on a terminal."""

from collections.abc import Mapping
from typing import Any


def print_figures(measured: Mapping[str, Any], *, indent: str = "  ") -> None:
    """What one protocol measured, a metric a line."""
    print(f"{measured['protocol']} {measured['protocol_hash'][:12]} ({measured['view']})")
    for metric, value in measured["metrics"].items():
        print(f"{indent}{metric:<16} {figure(value)}")


def figure(value: Mapping[str, float | None], *, sign: str = "") -> str:
    """`0.1193 [0.1028, 0.1376]`; without brackets where there is no interval. sign: "+" to show that of a difference."""
    mean = f"{value['mean']:{sign}.4f}"
    if value["low"] is None or value["high"] is None:
        return mean
    return f"{mean} [{value['low']:{sign}.4f}, {value['high']:{sign}.4f}]"
