"""What mkdocs made of a page comes back as that page: the same anchors, the same words under each."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from ingest.entities import Entity, EntityRef
from ingest.markdown.sections import split_sections
from ingest.revisions import Revisions
from ingest.sources.backstage.page_text import page_markdown
from ingest.sources.techdocs import read_techdocs
from tests.backstage.portal import INSTALLED

pytestmark = [pytest.mark.integration, pytest.mark.backstage]
ROOT = Path(__file__).parents[2]
SITES = [ROOT, *sorted(path.parent for path in (ROOT / "examples/org").rglob("mkdocs.yml"))]


def words(text: str) -> list[str]:
    """Without marks, link targets (they are the site's), comments (nobody sees them) and the language `text` (mkdocs' own)."""
    shown = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).replace("```text", "```")
    return re.findall(r"\w+", re.sub(r"\]\([^)]*\)", "]", shown))


def built(path: str, site: Path) -> Path:
    """`a/b.md` is `a/b/index.html`, and `a/index.md` is `a/index.html`."""
    bare = site / path.removesuffix(".md")
    return bare.with_suffix(".html") if bare.name == "index" else bare / "index.html"


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_a_built_site_has_the_sections_of_its_pages(installed: None, site: Path, tmp_path: Path) -> None:
    mkdocs = INSTALLED / "python/bin/mkdocs"
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "true"}
    subprocess.run(
        [mkdocs, "build", "--quiet", "--site-dir", tmp_path], cwd=site, env=environment, check=True
    )
    entity = Entity(EntityRef("component", "default", "site"), "Component", "v1", {"name": "site"})
    pages = read_techdocs(entity, site, root=site, revisions=Revisions(site)).pages
    for page in pages:
        made = split_sections(page_markdown(built(page.path, tmp_path).read_text())).cuts
        assert [cut.anchor for cut in made] == [one.anchor for one in page.sections], page.path
        assert [words(cut.text) for cut in made] == [words(one.text) for one in page.sections], page.path
    assert pages
