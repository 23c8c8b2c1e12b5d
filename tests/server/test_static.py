"""The page's files: nothing from elsewhere, nothing inline, nothing that turns text into HTML."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from server.web.pages import STATIC
from server.web.shell import shell_html

ASSETS = sorted(STATIC.iterdir())
SCRIPTS = [path for path in ASSETS if path.suffix == ".js"]
STYLES = [path for path in ASSETS if path.suffix == ".css"]
PAGES = (STATIC / "index.html").read_text(encoding="utf-8") + shell_html("Docs", "")
SVG_NAMESPACE = "http://www.w3.org/2000/svg"


class Markup(HTMLParser):
    """Collects what a page refers to, and what it would run or style inline."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.inline: list[str] = []
        self._inside: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._inside = tag if tag in ("script", "style") and "src" not in given else None
        self.references += [str(given[name]) for name in ("src", "href") if given.get(name)]
        self.inline += [name for name in given if name == "style" or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self._inside and data.strip():
            self.inline.append(f"<{self._inside}>")


def code_of(path: Path) -> str:
    """The file without its comments."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"(?m)(^|\s)//.*$", "", text)


def imports_of(path: Path) -> Iterator[str]:
    return (match[1] for match in re.finditer(r'(?:from|import)\s*\(?"([^"]+)"', code_of(path)))


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


@pytest.mark.parametrize("path", ASSETS, ids=names(ASSETS))
def test_no_file_names_an_address_outside_this_server(path: Path) -> None:
    found = re.findall(r"""https?://[^\s"'`)<]+""", code_of(path))
    assert set(found) <= {SVG_NAMESPACE}


def test_no_page_has_anything_inline_that_their_policy_would_refuse() -> None:
    assert Markup(PAGES).inline == []


def test_every_file_that_a_page_names_is_there() -> None:
    named = Markup(PAGES).references
    files = [STATIC / name.removeprefix("/static/") for name in named if name.startswith("/static/")]
    assert files
    assert [path.name for path in files if not path.is_file()] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=names(SCRIPTS))
def test_every_import_is_a_file_beside_it(path: Path) -> None:
    for name in imports_of(path):
        assert name.startswith("./"), name
        assert (STATIC / name).is_file(), name


def test_every_script_and_style_is_loaded_by_something() -> None:
    reached = {Path(name).name for name in Markup(PAGES).references}
    for path in SCRIPTS:
        reached |= {Path(name).name for name in imports_of(path)}
    assert {path.name for path in [*SCRIPTS, *STYLES]} <= reached


@pytest.mark.parametrize("path", SCRIPTS, ids=names(SCRIPTS))
def test_no_script_turns_text_into_html_or_code(path: Path) -> None:
    dangerous = (
        r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|Function\(|srcdoc)"
    )
    assert re.findall(dangerous, code_of(path)) == []


@pytest.mark.parametrize("path", STYLES, ids=names(STYLES))
def test_styles_load_nothing(path: Path) -> None:
    assert re.findall(r"@import|url\(", code_of(path)) == []


# One process for all of them, because starting one takes longer than parsing any.
PARSE = """
const { readFileSync } = require("fs"), vm = require("vm"), wrong = {};
for (const path of process.argv.slice(1)) {
  const text = readFileSync(path, "utf8");
  const name = { filename: path, identifier: path };
  try { path.endsWith("theme.js") ? new vm.Script(text, name) : new vm.SourceTextModule(text, name); }
  catch (error) { wrong[path] = error.stack; }
}
console.log(JSON.stringify(wrong));
"""


def test_every_script_parses() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed, so the scripts cannot be parsed here")
    command = [node, "--experimental-vm-modules", "-e", PARSE, *map(str, SCRIPTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {}


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_readable_on_every_ground_it_stands_on(theme: str) -> None:
    found = re.findall(
        r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", (STATIC / "style.css").read_text("utf-8")
    )
    colours = {name: dark if theme == "dark" else light for name, light, dark in found}
    grounds = ("bg", "surface", "sunken")
    pairs = [(text, ground) for text in ("ink", "muted", "accent", "warn", "bad") for ground in grounds]
    pairs += [("accent", "accent-soft"), ("accent-ink", "accent"), ("warn", "warn-soft"), ("bad", "bad-soft")]
    pairs += [(text, f"{ground}-soft") for text in ("ink", "muted", "accent") for ground in ("warn", "bad")]
    low = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in pairs}
    assert {pair: value for pair, value in low.items() if value < 4.5} == {}
    assert contrast(colours["line-strong"], colours["surface"]) >= 3
