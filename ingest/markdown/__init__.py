"""Markdown as TechDocs reads it: sections, anchors, blocks, includes, sentences, plain text."""

from ingest.markdown.anchors import Heading, headings_of
from ingest.markdown.blocks import blocks_of
from ingest.markdown.front_matter import FrontMatter, split_front_matter
from ingest.markdown.includes import Included, expand_includes
from ingest.markdown.plain import plain
from ingest.markdown.sections import Cut, SplitPage, split_sections
from ingest.markdown.sentences import sentences

__all__ = [
    "Cut",
    "FrontMatter",
    "Heading",
    "Included",
    "SplitPage",
    "blocks_of",
    "expand_includes",
    "headings_of",
    "plain",
    "sentences",
    "split_front_matter",
    "split_sections",
]
