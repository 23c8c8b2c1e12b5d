"""The links of a page as its author wrote them: the words that are clicked, and the target unresolved."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"[ \t]*+(?:>[ ]?)*+[ \t]*+(`{3,}|~{3,})")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(?:.+?)(?<!`)\1(?!`)")
_INLINE = re.compile(
    r"(?<!!)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])+)\]"
    r"(?:\(\s*+(?:<(?P<angled>[^<>\n]*)>|(?P<plain>(?:\{\{[<%][^{}\n]*[>%]\}\}|[^()\s{]|\([^()\s]*\))*))"
    r"(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)|\[(?P<label>[^\[\]]*)\])"
)
_DEFINITION = re.compile(r"[ ]{0,3}\[(?P<label>[^\[\]^\n]+)\]:[ ]*<?(?P<target>[^\s>]+)>?", re.MULTILINE)
_SHORTCODE = re.compile(r"\{\{[<%]\s*(?:rel)?ref\s+[\"']?(?P<target>[^\s\"'>%]+)[\"']?\s*[>%]\}\}")


@dataclass(frozen=True, slots=True)
class Link:
    """`markdown[start:end]` is the whole link; `text` still has its markup. Hugo's `ref` shortcodes are unwrapped."""

    text: str
    target: str
    start: int
    end: int


def links_of(markdown: str) -> Iterator[Link]:
    """Inline links and references with a definition, in order; images and everything in code are left out."""
    definitions = {match["label"].lower(): match["target"] for match in _DEFINITION.finditer(markdown)}
    masked = _without_code(markdown)
    for match in _INLINE.finditer(masked):
        target = match["angled"] or match["plain"]
        if target is None:
            target = definitions.get((match["label"] or match["text"]).lower(), "")
        if target:
            if shortcode := _SHORTCODE.fullmatch(target):
                target = shortcode["target"]
            text = markdown[match.start("text") : match.end("text")]
            yield Link(text, target, match.start(), match.end())


def _without_code(markdown: str) -> str:
    """The text at the same length, with code as blanks; the words of a link may be code and stay."""
    lines, fence = [], ""
    for line in markdown.split("\n"):
        found = _FENCE.match(line)
        code = bool(fence or found)
        if found and not fence:
            fence = found[1]
        elif found and found[1].startswith(fence):
            fence = ""
        lines.append(" " * len(line) if code else _CODE_SPAN.sub(_without_brackets, line))
    return "\n".join(lines)


def _without_brackets(span: re.Match[str]) -> str:
    return re.sub(r"[\[\]()]", " ", span[0])
