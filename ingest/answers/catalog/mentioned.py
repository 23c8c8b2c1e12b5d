"""Which spans of a question's words name which entities: exactly, by a slip of the pen, or nobody at all."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from ingest.answers.catalog.expressions import Named
from ingest.answers.catalog.naming import names_of, near_names
from ingest.answers.catalog.words import BREAKS, Mention, Row, Word, cut, spelled_out
from ingest.common_words import COMMON_WORDS
from ingest.graph import CatalogGraph
from ingest.linking import digits_of, is_inflection
from ingest.near_words import allowed_edits

_LONGEST_NAME, _LONGEST_SLIP = 9, 5  # words
_REF = re.compile(
    r"\b([a-z][a-z0-9-]{0,62}):(?:([a-z0-9-]+)/)?([a-z0-9](?:[a-z0-9_.-]*[a-z0-9])?)", re.IGNORECASE
)
_QUOTES = frozenset("\"'`“‘")
#: Names that are words of the question's own: nothing but quotes or a full reference makes them a mention.
_OWN_WORDS_IN_ONE = (
    "component components service services system systems api apis domain domains resource resources "
    "group groups team teams user users template templates owner owners type types production "
    "experimental deprecated catalog docs members entity entities lifecycle tag tags what who which how "
    "is are the a of in and or not all by"
)
_OWN_WORDS = frozenset(_OWN_WORDS_IN_ONE.split())
Spans = Iterator[tuple[int, Mention]]


def row_of(
    question: str, graph: CatalogGraph, *, misspelt: bool = False, known: Collection[str] | None = None
) -> Row:
    """The question's words with all exact mentions, on demand with slips of the pen.

    With `known` words, what consists of others or is written like an identifier is a name that nobody bears.
    """
    text = spelled_out(question)
    words = cut(text)
    mentions: defaultdict[int, list[Mention]] = defaultdict(list)
    for first, mention in (*_by_reference(text, words, graph), *_by_name(text, words, graph)):
        mentions[first].append(mention)
    if misspelt:
        for first, mention in _by_spelling(text, words, graph):
            mentions[first].append(mention)
    if known is not None:
        for first, mention in _unborne(text, words, known):
            if first not in mentions:
                mentions[first].append(mention)
    return Row(
        tuple(word.text for word in words),
        tuple(word.loose for word in words),
        {at: tuple(found) for at, found in mentions.items()},
    )


def _by_reference(text: str, words: Sequence[Word], graph: CatalogGraph) -> Spans:
    for match in _REF.finditer(text):
        kind, namespace, name = (part and part.lower() for part in match.groups())
        refs = [entity.ref for entity in graph.entities if (entity.ref.kind, entity.ref.name) == (kind, name)]
        refs = [ref for ref in refs if namespace in (None, ref.namespace)]
        inside = [
            at for at, word in enumerate(words) if match.start() <= word.start and word.end <= match.end()
        ]
        if refs and inside:
            yield inside[0], Mention(inside[-1] + 1, Named((refs[0],), match.group()), 0.0)


def _by_name(text: str, words: Sequence[Word], graph: CatalogGraph) -> Spans:
    names = names_of(graph)
    for first, last, key in _joined_spans(words, _LONGEST_NAME):
        found = names.get(key) or names.get(_singular(key))
        quoted = text[words[first].start - 1 : words[first].start] in _QUOTES
        if found is None or (key in _OWN_WORDS and not quoted) or not _is_whole(words, first, last):
            continue
        everyday = 0.4 if first == last and key in COMMON_WORDS and not quoted else 0.0
        named = Named(found.refs, text[words[first].start : words[last].end], sure=found.sure)
        yield first, Mention(last + 1, named, found.cost + everyday + (0.0 if key in names else 0.3))


def _joined_spans(words: Sequence[Word], longest: int) -> Iterator[tuple[int, int, str]]:
    """First and last word of each span that may be one name, with its letters joined."""
    for first, start in enumerate(words):
        if start.text in BREAKS:
            continue
        key = start.text
        yield first, first, key
        for last in range(first + 1, min(first + longest, len(words))):
            if words[last].text in BREAKS or not words[last].joined:
                break
            key += words[last].text
            yield first, last, key


def _is_whole(words: Sequence[Word], first: int, last: int) -> bool:
    """Whether nothing of a longer identifier is left on either side."""
    after = words[last + 1] if last + 1 < len(words) else None
    return words[first].loose and (after is None or after.loose or after.text == "'s")


def _singular(key: str) -> str:
    return key[:-1] if len(key) > 3 and key.endswith("s") and not key.endswith("ss") else key


def _by_spelling(text: str, words: Sequence[Word], graph: CatalogGraph) -> Spans:
    """Spans with a word that nobody knows, a slip of the pen away from a name: all that are equally near."""
    names, near = names_of(graph), near_names(graph)
    strange = [
        len(word.text) > 2 and word.text not in COMMON_WORDS and word.text not in names for word in words
    ]
    for first, last, key in _joined_spans(words, _LONGEST_SLIP):
        if len(key) < 5 or key in names or not any(strange[first : last + 1]):
            continue
        found = [(name, edits) for name, edits in near.near(key) if _is_slip(key, name, edits)]
        refs = [ref for name, edits in found if edits == found[0][1] for ref in names[name].refs]
        if refs:
            named = Named(tuple(dict.fromkeys(refs)), text[words[first].start : words[last].end], sure=False)
            yield first, Mention(last + 1, named, 1.5 + 0.2 * found[0][1])


def _is_slip(written: str, name: str, edits: int) -> bool:
    return (
        edits <= allowed_edits(min(len(written), len(name)))
        and not is_inflection(written, name)
        and digits_of(written) == digits_of(name)
    )


def _unborne(text: str, words: Sequence[Word], known: Collection[str]) -> Spans:
    """Runs of words that nobody knows, and identifiers that hold one."""
    at = 0
    while at < len(words):
        end = at + 1
        while end < len(words) and (
            not words[end].loose or (words[end - 1].text not in known and words[end].text not in known)
        ):
            end += 1
        run = words[at:end]
        if run[0].text not in BREAKS and (
            any(word.text not in known for word in run) or not all(word.loose for word in run[1:])
        ):
            yield at, Mention(end, Named((), text[run[0].start : run[-1].end], sure=False), 3.0)
        at = end
