"""Words of a text as the answer composer compares them: the index's own terms, less those of asking."""

from functools import lru_cache

from ingest.index.terms import STOP_WORDS, index_terms, query_terms, stem

# Words that say how something is asked, not what: search can use them, a match in them tells nothing.
_ASKING = """able actually again anyone anything anybody between both down during exactly explain few find further
    give given go goes happen happened happens here just kind know let like list look make many may me might mine more
    most much must my need needs now off often on once one only other our out over own please same see shall she should
    show so some somebody someone something such take takes tell than thanks thing things through today too two under
    until up use used uses using very via want way well whole within without"""
_EMPTY = frozenset(stem(word) for word in (*STOP_WORDS, *_ASKING.split()))


@lru_cache(maxsize=8_192)
def stems(text: str) -> tuple[str, ...]:
    """The terms of a text in order of appearance, stop words left in (see `ingest.index.terms`)."""
    return tuple(index_terms(text).split())


def content_stems(text: str) -> tuple[str, ...]:
    """Distinct terms of the words that carry content, in order of appearance."""
    return tuple(
        dict.fromkeys(
            term for term in query_terms(text) if term not in _EMPTY and (len(term) > 1 or term.isdigit())
        )
    )
