"""python-markdown with the extensions of mkdocs-techdocs-core that decide what a heading is.

The list is that of https://github.com/backstage/mkdocs-techdocs-core 1.x, without those that draw or fetch
(PlantUML, Graphviz), and without the snippets extension: includes are expanded before, confined to the tree.
"""

from typing import Any
from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.blockparser import BlockParser
from markdown.blockprocessors import BlockProcessor, ListIndentProcessor
from markdown.extensions.def_list import DefListIndentProcessor, DefListProcessor
from markdown.extensions.sane_lists import SaneOListProcessor, SaneUListProcessor

_EXTENSIONS: tuple[str, ...] = (
    "toc",
    "tables",
    "admonition",
    "pymdownx.details",
    "pymdownx.tabbed",
    "pymdownx.caret",
    "pymdownx.critic",
    "pymdownx.emoji",
    "pymdownx.inlinehilite",
    "pymdownx.magiclink",
    "pymdownx.mark",
    "pymdownx.smartsymbols",
    "pymdownx.extra",
    "pymdownx.tasklist",
    "pymdownx.tilde",
)


def techdocs_markdown() -> Markdown:
    """A parser whose headings are those of a TechDocs site. It keeps state: `reset()` before each page."""
    unread = {"name": "*", "class": "", "validator": _accept, "format": _unread}
    return Markdown(
        extensions=[*_EXTENSIONS, _NestedByTwo()],
        extension_configs={
            "pymdownx.extra": {
                "pymdownx.superfences": {"custom_fences": [unread], "disable_indented_code_blocks": False},
                "pymdownx.betterem": {"smart_enable": "all"},
            },
            "pymdownx.tabbed": {"alternate_style": True},
            "pymdownx.inlinehilite": {"custom_inline": []},
        },
    )


def _accept(*_args: Any, **_keywords: Any) -> bool:
    """Every fence is one, whatever its language, title or options."""
    return True


def _unread(*_args: Any, **_keywords: Any) -> str:
    """Stands for a fence: whatever is in it, it holds no heading."""
    return "<pre></pre>"


class _TwoSpaces(BlockProcessor):
    """Two spaces nest a list, as mdx_truly_sane_lists has it in TechDocs."""

    def __init__(self, parser: BlockParser) -> None:
        super().__init__(parser)
        self.tab_length = 2

    def test(self, parent: Element, block: str) -> bool:
        raise NotImplementedError

    def run(self, parent: Element, blocks: list[str]) -> bool | None:
        raise NotImplementedError


class _Ordered(SaneOListProcessor, _TwoSpaces):
    pass


class _Unordered(SaneUListProcessor, _TwoSpaces):
    pass


class _Indented(ListIndentProcessor, _TwoSpaces):
    pass


class _Defined(DefListProcessor, _TwoSpaces):
    pass


class _DefinedIndented(DefListIndentProcessor, _TwoSpaces):
    pass


class _NestedByTwo(Extension):
    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - python-markdown's name
        processors = md.parser.blockprocessors
        processors.register(_Ordered(md.parser), "olist", 50)
        processors.register(_Unordered(md.parser), "ulist", 40)
        processors.register(_Indented(md.parser), "indent", 95)
        processors.register(_Defined(md.parser), "deflist", 25)
        processors.register(_DefinedIndented(md.parser), "defindent", 85)
