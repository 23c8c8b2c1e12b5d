"""The words that a question of the catalog may be made of."""

import ast
import re
from pathlib import Path

import ingest.answers.catalog
from ingest.answers.catalog.whole import known_words

_PHRASES = re.compile(r"[a-z',. -]+(?:\|[a-z',. -]+)*")


def test_every_word_of_a_rule_is_known_for_one() -> None:
    """A question with another word is given up before any rule is tried."""
    said: set[str] = set()
    for path in Path(ingest.answers.catalog.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            said |= set(_words(node))

    assert said - known_words() == set()


def _words(node: ast.AST) -> list[str]:
    """Of a string of alternatives, or of what is asked of `Grammar.word` and `after`."""
    texts: list[object] = []
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"word", "after"}
    ):
        texts = [one.value for one in node.args if isinstance(one, ast.Constant)]
    elif isinstance(node, ast.Constant) and "|" in str(node.value):
        texts = [node.value]
    phrases = [text for text in texts if isinstance(text, str) and _PHRASES.fullmatch(text.strip("|"))]
    return [word for phrase in phrases for word in phrase.replace("|", " ").split()]
