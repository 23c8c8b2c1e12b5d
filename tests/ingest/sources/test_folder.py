"""Whole trees: which docs belong to whom, and what is said about the rest."""

from pathlib import Path

import pytest

from ingest.documents import Corpus, SectionKind
from ingest.errors import SourceError
from ingest.sources.folder import read_folder, read_folders


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def entity(name: str, *, kind: str = "Component", ref: str = "", more: str = "") -> str:
    annotations = f"  annotations: {{{ref}}}\n" if ref else ""
    return f"apiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}\n{annotations}{more}---\n"


def docs_of(corpus: Corpus) -> list[tuple[str, str]]:
    return sorted((page.entity.name, page.path) for page in corpus.pages)


def reasons(corpus: Corpus) -> str:
    return "\n".join(f"{item.path}: {item.reason}" for item in corpus.skipped)


HERE = "backstage.io/techdocs-ref: 'dir:.'"
SITE = {"mkdocs.yml": "site_name: Site", "docs/index.md": "# Site\n\nHello.\n"}


def site(folder: str) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in SITE.items()}


def test_docs_are_found_by_reference_or_beside_the_descriptor(tmp_path: Path) -> None:
    below = "backstage.io/techdocs-ref: 'dir:./sub'"
    write(tmp_path, {"catalog-info.yaml": entity("root", ref=below), **site("sub")})
    write(tmp_path, {"svc/catalog-info.yaml": entity("feed", kind="System") + entity("svc"), **site("svc")})

    corpus = read_folder(tmp_path)

    assert docs_of(corpus) == [("root", "index.md"), ("svc", "index.md")]
    assert not corpus.skipped


def test_sections_hold_cards_apis_templates_and_pages(tmp_path: Path) -> None:
    api = entity(
        "api",
        kind="API",
        more="spec: {type: openapi, definition: {openapi: 3.0.0, paths: {/a: {get: {}}}}}\n",
    )
    template = entity("new", kind="Template", more="spec: {steps: [{id: a, action: b}]}\n")
    write(tmp_path, {"catalog-info.yaml": entity("svc", ref=HERE) + api + template, **SITE})

    corpus = read_folder(tmp_path)

    assert {section.kind for section in corpus.sections} == set(SectionKind) - {SectionKind.CONFIG}
    assert len({section.key for section in corpus.sections}) == len(corpus.sections)


def test_a_shared_docs_folder_is_indexed_once_and_an_elsewhere_not_at_all(tmp_path: Path) -> None:
    elsewhere = "backstage.io/techdocs-entity: component:default/one"
    lost = "backstage.io/techdocs-entity: component:default/gone"
    entities = [
        entity("one", ref=HERE),
        entity("two", ref=HERE),
        entity("three", ref=elsewhere),
        entity("four", ref=lost),
    ]
    write(tmp_path, {"catalog-info.yaml": "".join(entities), **SITE})

    corpus = read_folder(tmp_path)

    assert docs_of(corpus) == [("one", "index.md")]
    assert "component:default/two its docs folder is also that of component:default/one" in reasons(corpus)
    assert "names component:default/gone, which is not in this tree's catalog" in reasons(corpus)
    assert len(corpus.skipped) == 2


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ("dir:../outside", "leaves the tree"),
        ("dir:/etc", "leaves the tree"),
        ("dir:./missing", "folder './missing' does not exist"),
        ("dir:./catalog-info.yaml", "is a file, not a folder"),
        ("url:https://git.example/docs", "is not followed, only `dir:` inside the tree is"),
    ],
)
def test_a_reference_that_is_not_followed_says_why(tmp_path: Path, ref: str, reason: str) -> None:
    write(tmp_path, {"outside/docs/index.md": "# Secret"})
    write(tmp_path / "tree", {"catalog-info.yaml": entity("one", ref=f"backstage.io/techdocs-ref: '{ref}'")})

    corpus = read_folder(tmp_path / "tree")

    assert not corpus.pages
    assert "component:default/one backstage.io/techdocs-ref" in reasons(corpus)
    assert reason in reasons(corpus)


def test_a_url_is_replaced_by_the_docs_beside_the_descriptor(tmp_path: Path) -> None:
    ref = "backstage.io/techdocs-ref: 'url:https://git.example/one'"
    write(tmp_path, {"catalog-info.yaml": entity("one", ref=ref), **SITE})

    corpus = read_folder(tmp_path)

    assert docs_of(corpus) == [("one", "index.md")]
    assert "the mkdocs.yml beside the descriptor is read instead" in reasons(corpus)


def test_docs_that_nobody_refers_to_are_named(tmp_path: Path) -> None:
    write(tmp_path, {"catalog-info.yaml": entity("one"), **site("orphan")})

    corpus = read_folder(tmp_path)

    assert not corpus.pages
    assert "orphan/mkdocs.yml: no catalog entity refers to this docs tree" in reasons(corpus)


def test_a_site_without_a_catalog_gets_an_entity_and_a_note(tmp_path: Path) -> None:
    write(tmp_path, {"mkdocs.yml": "site_name: Ranking Guide!", "docs/index.md": "# Guide\n"})

    corpus = read_folder(tmp_path)

    assert [str(item.ref) for item in corpus.entities] == ["component:default/ranking-guide"]
    assert docs_of(corpus) == [("ranking-guide", "index.md")]
    assert "indexed as component:default/ranking-guide; add a catalog-info.yaml" in reasons(corpus)


def test_a_link_that_catalog_and_docs_both_meet_is_told_once(tmp_path: Path) -> None:
    write(tmp_path, {"tree/catalog-info.yaml": entity("svc", ref=HERE), "outside/secret.md": "# Secret"})
    write(tmp_path / "tree", SITE)
    (tmp_path / "tree" / "docs" / "elsewhere").symlink_to(tmp_path / "outside")

    skipped = read_folder(tmp_path / "tree").skipped

    assert [item.path for item in skipped] == ["docs/elsewhere"]


def test_a_tree_with_nothing_in_it_says_so(tmp_path: Path) -> None:
    corpus = read_folder(tmp_path)

    assert corpus.sections == ()
    assert ".: holds no catalog entity and no mkdocs.yml at its root; nothing can be indexed" in reasons(
        corpus
    )


def test_a_site_below_a_root_without_catalog_is_pointed_at(tmp_path: Path) -> None:
    write(tmp_path, site("guide"))

    assert "give the folder of guide/mkdocs.yml" in reasons(read_folder(tmp_path))


def test_a_catalog_file_as_root_is_read_with_what_it_leads_to_and_nothing_else(tmp_path: Path) -> None:
    own = entity("own") + entity("more", kind="Location", more="spec: {target: ./more.yaml}\n")
    write(tmp_path, {"catalog-info.yaml": own, "more.yaml": entity("led"), **SITE})
    write(tmp_path, {"examples/catalog-info.yaml": entity("example", ref=HERE), **site("examples")})

    corpus = read_folder(tmp_path / "catalog-info.yaml")

    assert [item.ref.name for item in corpus.entities] == ["own", "more", "led"]
    assert docs_of(corpus) == [("own", "index.md")]
    assert not corpus.skipped


def test_several_trees_are_one_catalog_in_which_the_first_definition_counts(tmp_path: Path) -> None:
    write(
        tmp_path / "a",
        {"catalog-info.yaml": entity("one", ref=HERE, more="spec: {dependsOn: [two]}\n"), **SITE},
    )
    write(tmp_path / "b", {"catalog-info.yaml": entity("two") + entity("one", ref=HERE), **SITE})

    corpus = read_folders([tmp_path / "a", tmp_path / "b", tmp_path / "a"])

    assert [item.ref.name for item in corpus.entities] == ["one", "two"]
    assert docs_of(corpus) == [("one", "index.md")]
    cards = {
        section.entity.name: section.text for section in corpus.sections if section.kind == SectionKind.ENTITY
    }
    assert "- Used by: one (`component:default/one`)" in cards["two"]
    assert "b/catalog-info.yaml:6: component:default/one is already defined by another tree" in reasons(
        corpus
    )


def test_progress_ends_where_it_said_it_would(tmp_path: Path) -> None:
    write(tmp_path, {"catalog-info.yaml": entity("one", ref=HERE), **SITE})
    told: dict[str, tuple[int, int]] = {}

    read_folder(tmp_path, progress=lambda stage, done, total: told.update({stage: (done, total)}))

    assert told == {"Reading catalogs": (1, 1), "Reading pages": (1, 1), "Reading entities": (1, 1)}


def test_a_missing_tree_stops_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        read_folders([tmp_path, tmp_path / "gone"])
