"""How people ask for an action: phrases with its arguments in braces, which the router compares requests with.

    examples=("train {model} on {data}", Example("what depends on {entity}", means={"types": ["dependencyOf"]}))

The words around a brace tell where that argument stands in a request. `{config.factors}` is a key of an argument that is
an object. `means` are arguments that the phrase itself says.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

BRACE = re.compile(r"\{([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*))?\}")


@dataclass(frozen=True)
class Example:
    """One phrase; `means` are arguments that it says without a word of their own."""

    says: str
    means: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the arguments in braces, in order; a key of an object as `config.factors`."""
        return tuple(found[0].strip("{}") for found in BRACE.finditer(self.says))


def examples_of(given: Iterable[str | Example]) -> tuple[Example, ...]:
    return tuple(each if isinstance(each, Example) else Example(each) for each in given)


def faults(examples: Sequence[Example], schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with them for an action of that input schema, in words."""
    properties = schema.get("properties", {})
    found = []
    for example in examples:
        named = {name.partition(".")[0] for name in example.parameters} | set(example.means)
        if unknown := sorted(named - properties.keys()):
            found.append(f"the example {example.says!r} names {', '.join(unknown)}, which is no argument")
        if "{" in BRACE.sub("", example.says) or "}" in BRACE.sub("", example.says):
            found.append(f"the example {example.says!r} has a brace that is no {{argument}}")
    return found
