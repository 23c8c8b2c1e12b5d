"""What a chat model may do while it words an answer: search again, open a section, ask the catalog.

All of it reads, as the principal who asked. What a tool gives is numbered and fenced like the passages that the model
was shown first, goes on behind them, and may be cited like them; what tries to instruct is left out and flagged. A
budget bounds how much a model is given to read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ingest.answers.catalog_answer import tell
from ingest.answers.catalog_questions import answer_from_graph
from ingest.answers.model import Tool
from ingest.answers.prompt import fenced
from ingest.answers.units import Unit, cut
from ingest.documents import Section
from ingest.entities import EntityRef
from ingest.errors import IngestError
from ingest.graph import CatalogGraph

_FOUND = 4  # passages that one search gives
_LETTERS_A_TOKEN = 4
_SPENT = "That is all there is to read for one question. Answer now from the passages above, or reply: The docs do not say."
_NOTHING = "Nothing new was found. Use other words, or answer from the passages above."


@dataclass(slots=True)
class AgentTools:
    """`passages` grows by what the tools give; `search` and `opened` are the library's, for one principal.

    `tokens` is the budget for what tools give, counted as four letters each.
    """

    passages: list[tuple[Unit, ...]]
    search: Callable[[str], Sequence[Section]]
    opened: Callable[[str, str | None, str], Section]
    graph: CatalogGraph
    tokens: int
    flagged: list[tuple[Section, str]] = field(default_factory=list)
    used: list[str] = field(default_factory=list)

    def all(self) -> tuple[Tool, ...]:
        """The tools, with what a model reads of them."""
        place = {
            "entity": "The entity of a passage, like component:default/name.",
            "path": "The page's path as a passage gives it; empty for the entity's catalog card.",
            "anchor": "The heading's anchor; empty for the top of the page.",
        }
        return (
            Tool(
                "search_docs",
                "Search the documentation again in other words.",
                {"query": "What to look for."},
                self._search,
            ),
            Tool("read_doc_section", "Read one section of a page whole.", place, self._read),
            Tool(
                "ask_catalog",
                "Ask the catalog for owners, dependencies, APIs, members, lifecycle, counts: answered exactly.",
                {"question": "One question in plain words that names the entity."},
                self._ask,
            ),
        )

    def _search(self, given: Mapping[str, str]) -> str:
        self.used.append("search_docs")
        return self._shown(self.search(given.get("query", ""))) or _NOTHING

    def _read(self, given: Mapping[str, str]) -> str:
        self.used.append("read_doc_section")
        try:
            section = self.opened(given.get("entity", ""), given.get("path") or None, given.get("anchor", ""))
        except IngestError as error:
            return str(error)
        return (
            self._shown([section])
            or "That section is among the passages above, or has nothing that may be shown."
        )

    def _ask(self, given: Mapping[str, str]) -> str:
        self.used.append("ask_catalog")
        finding = answer_from_graph(given.get("question", ""), self.graph)
        if finding is None:
            return "The catalog has no exact answer to that; name the entity and what is asked of it, or search the docs."
        told = tell(finding, self.graph, card=self._card)
        cards = [self._card(EntityRef.parse(citation.entity)) for citation in told.citations]
        return self._shown(cards) or "The catalog's cards of that are among the passages above."

    def _card(self, ref: EntityRef) -> Section:
        return self.opened(str(ref), None, "")

    def _shown(self, sections: Sequence[Section]) -> str:
        if self.tokens <= 0:
            return _SPENT
        known = {units[0].section.key for units in self.passages}
        texts: list[str] = []
        for section in sections:
            part = cut(section)
            if part.suspicion:
                self.flagged.append((section, part.suspicion))
            if not part.units or section.key in known or len(texts) == _FOUND:
                continue
            known.add(section.key)
            text = fenced(len(self.passages) + 1, part.units)
            self.tokens -= len(text) // _LETTERS_A_TOKEN
            self.passages.append(part.units)
            texts.append(text)
            if self.tokens <= 0:
                break
        return "\n\n".join(texts)
