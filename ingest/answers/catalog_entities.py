"""Which entities a question of the catalog is about: those it asks of, then those that answer it.

For search, whose hits are sections: the card of an entity that the graph knows to be asked for stands before what merely
shares words with the question.
"""

from ingest.answers.catalog_questions import read_sentence
from ingest.entities import EntityRef
from ingest.graph import CatalogGraph

_ANSWERS = 4


def entities_asked(question: str, graph: CatalogGraph, *, misspelt: bool = False) -> tuple[EntityRef, ...]:
    """At most a handful, in the order to show them; none when the question is not clearly one of the catalog.

    `misspelt`: names may be, which takes longer to find out.
    """
    finding = read_sentence(question, graph)
    if finding is None and misspelt:
        finding = read_sentence(question, graph, misspelt=True)
    if finding is None or finding.unclear:
        return ()
    subjects = [ref for hop in finding.hops[:1] if hop.label for ref in hop.subjects[:1]]
    return tuple(dict.fromkeys((*subjects, *finding.kept[:_ANSWERS])))
