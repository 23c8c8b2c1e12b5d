"""Configurations of stages as fields of other configurations: read by the kind that they name."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

from recsys_core.config import Config
from recsys_core.stages import configure


def _of(family: str) -> BeforeValidator:
    def read(value: Any) -> Any:
        return configure(family, value, where=family) if isinstance(value, Mapping) else value

    return BeforeValidator(read)


SourceConfig = Annotated[SerializeAsAny[Config], _of("candidates")]
RankerConfig = Annotated[SerializeAsAny[Config], _of("ranking")]
RuleConfig = Annotated[SerializeAsAny[Config], _of("rules")]
