"""One question in the making: what is asked, by whom, of which catalog, after what was said before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.answers.answer import Turn
from ingest.graph import CatalogGraph
from ingest.permissions import Principal

if TYPE_CHECKING:
    from ingest.library import Filters


@dataclass(frozen=True, slots=True)
class Asked:
    """`question` stands alone; `graph` is what `principal` may see."""

    question: str
    principal: Principal
    graph: CatalogGraph
    history: Sequence[Turn]
    filters: "Filters | None"
