"""GraphQL and protobuf definitions as sections: their own text, cut at top-level declarations.

A light reader of braces, not a parser: what it cannot cut stays whole, and the text is always the author's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.documents import Section
from ingest.sources.composed import Composer, code_block, paragraph

MAX_DECLARATIONS = 500
_MAX_TEXT = 6_000
_GRAPHQL = re.compile(
    r"^(?:extend\s+)?(type|input|enum|interface|union|scalar|directive|schema)\b\s*@?(\w*)", re.MULTILINE
)
_PROTO = re.compile(r"^(service|message|enum)\s+(\w+)", re.MULTILINE)
_COMMENTS = ("//", "#", "*", "/*")


@dataclass(frozen=True, slots=True)
class _Declaration:
    keyword: str
    name: str
    text: str


def graphql_sections(text: str, composer: Composer) -> tuple[list[Section], int]:
    """A section a type; the count is what was left out above 500."""
    return _sections(_declarations(text, _GRAPHQL), text, composer, language="graphql")


def proto_sections(text: str, composer: Composer) -> tuple[list[Section], int]:
    """A section a service, with the messages that it names, and a section for each other declaration."""
    declarations = _declarations(text, _PROTO)
    named = {declaration.name: declaration for declaration in declarations}
    used: set[str] = set()
    gathered = []
    for declaration in declarations:
        if declaration.keyword == "service":
            words = set(re.findall(r"\w+", declaration.text))
            its = [named[name] for name in named if name in words and named[name].keyword != "service"]
            used |= {message.name for message in its}
            whole = "\n\n".join((declaration.text, *(message.text for message in its)))
            gathered.append(_Declaration("service", declaration.name, whole))
    rest = [item for item in declarations if item.keyword != "service" and item.name not in used]
    return _sections([*gathered, *rest], text, composer, language="protobuf")


def plain_section(text: str, composer: Composer, *, language: str = "") -> Section:
    """The head of a definition that is not understood, as it stands."""
    cut = text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT].rsplit("\n", 1)[0]
    intro = f"The definition of {composer.entity.title}" + (", its beginning:" if cut != text else ":")
    return composer.section("API definition", [paragraph(intro), code_block(cut, language)])


def _declarations(text: str, opening: re.Pattern[str]) -> list[_Declaration]:
    found = list(opening.finditer(text))
    begins = [_with_comment(text, match.start()) for match in found]
    ends = [*begins[1:], len(text)]
    return [
        _Declaration(match[1], match[2], text[begin:end].strip())
        for match, begin, end in zip(found, begins, ends, strict=False)
    ]


def _with_comment(text: str, start: int) -> int:
    """Where the comment that stands right above `start` begins; `start` when there is none."""
    while start > 0:
        above = text.rfind("\n", 0, start - 1) + 1
        line = text[above : start - 1].strip()
        if line.endswith('"""') and line.count('"""') == 1:
            opened = text.rfind('"""', 0, start - 4)
            if opened < 0:
                return start
            above = text.rfind("\n", 0, opened) + 1
        elif not line.startswith((*_COMMENTS, '"')):
            return start
        start = above
    return start


def _sections(
    declarations: Sequence[_Declaration], text: str, composer: Composer, *, language: str
) -> tuple[list[Section], int]:
    if not declarations:
        return [plain_section(text, composer, language=language)], 0
    sections = []
    for declaration in declarations[:MAX_DECLARATIONS]:
        heading = f"{declaration.keyword} {declaration.name}".strip()
        intro = paragraph(f"`{heading}` of {composer.entity.title}:")
        sections.append(
            composer.section(heading, [intro, code_block(declaration.text[:_MAX_TEXT], language)])
        )
    return sections, max(len(declarations) - MAX_DECLARATIONS, 0)
