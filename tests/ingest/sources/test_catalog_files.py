"""Catalog YAML as people write it, and as nobody should."""

from pathlib import Path

import pytest

from ingest.entities import EntityRef
from ingest.errors import SourceError
from ingest.sources.catalog_files import CatalogFiles, read_catalog


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_yaml", ".yaml").replace("_json", ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def entity(name: str, *, kind: str = "Component", more: str = "") -> str:
    return f"apiVersion: backstage.io/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}\n{more}"


def refs(catalog: CatalogFiles) -> list[str]:
    return [str(entity.ref) for entity in catalog.entities]


def reasons(catalog: CatalogFiles) -> str:
    return "\n".join(f"{item.path}: {item.reason}" for item in catalog.skipped)


def test_every_document_of_a_file_is_an_entity_at_its_line(tmp_path: Path) -> None:
    write(
        tmp_path, **{"catalog-info_yaml": f"# ours\n---\n{entity('One')}---\n{entity('two', kind='Robot')}"}
    )

    catalog = read_catalog(tmp_path)

    assert refs(catalog) == ["component:default/one", "robot:default/two"]
    assert [(item.origin.path, item.origin.line) for item in catalog.entities] == [
        ("catalog-info.yaml", 3),
        ("catalog-info.yaml", 8),
    ]
    assert catalog.entities[0].metadata["name"] == "One"
    assert catalog.folder_of[EntityRef("component", "default", "one")] == tmp_path.resolve()


def test_a_malformed_document_does_not_cost_its_neighbours(tmp_path: Path) -> None:
    write(tmp_path, **{"catalog-info_yaml": f"{entity('one')}---\nkind: [\n---\n{entity('two')}"})

    catalog = read_catalog(tmp_path)

    assert refs(catalog) == ["component:default/one", "component:default/two"]
    assert catalog.skipped[0].path.startswith("catalog-info.yaml:")
    assert "malformed YAML: did not find expected node content" in catalog.skipped[0].reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("kind: Component\nmetadata: {}", "no `metadata.name`"),
        ("metadata: {name: x}", "no `kind`"),
        ("just text", "a catalog document is a mapping, this is text"),
        ("kind: Component\nmetadata: {name: 'a b'}", "`metadata.name` 'a b' is not valid"),
        (f"kind: Component\nmetadata: {{name: {'x' * 64}}}", "has 64 characters; 63 are allowed"),
        ("kind: Component\nmetadata: {name: [x]}", "`metadata.name` is a list; it must be text"),
        ("kind: Component\nmetadata: {name: x}\nspec: [a]", "`spec` is a list; it must be a mapping"),
        ("kind: Component\nmetadata: {name: '${{ values.name }}'}", "skeleton of a template"),
        ("kind: Component\nmetadata:\n  name: ${{ values.name | dump }}", "skeleton of a template"),
        ("kind: X\nmetadata: {name: x}\nspec: {owner: '${{ values.owner }}'}", "skeleton of a template"),
        ("{% if values.x %}\nkind: Component", "template expressions: a skeleton?"),
    ],
)
def test_what_is_no_entity_is_skipped_with_its_reason(tmp_path: Path, text: str, reason: str) -> None:
    write(tmp_path, **{"catalog-info_yaml": text, "other__catalog-info_yaml": entity("fine")})

    catalog = read_catalog(tmp_path)

    assert refs(catalog) == ["component:default/fine"]
    assert reason in reasons(catalog)


def test_the_first_of_two_equal_references_is_kept_and_both_places_are_named(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{
            "catalog-info_yaml": entity("Same", more="  title: first"),
            "b__catalog-info_yaml": entity("same"),
        },
    )

    catalog = read_catalog(tmp_path)

    assert [item.title for item in catalog.entities] == ["first"]
    assert catalog.skipped[0].path == "b/catalog-info.yaml:1"
    assert "already defined at catalog-info.yaml:1" in catalog.skipped[0].reason


def test_locations_are_followed_by_path_and_glob_and_never_in_circles(tmp_path: Path) -> None:
    targets = (
        "spec:\n  target: ./a/all.yaml\n  targets: ['./b/*.yaml', './c/**/x-*.yml', './.hidden/h.yaml']\n"
    )
    write(tmp_path, **{"catalog-info_yaml": entity("root", kind="Location", more=targets)})
    write(tmp_path, a__all_yaml="apiVersion: acme.example/v1\nkind: Robot\nmetadata: {name: a}")
    circle = "spec: {target: ../catalog-info.yaml}\n"
    write(tmp_path, b__one_yaml=entity("circle", kind="Location", more=circle), b__two_yaml=entity("two"))
    write(
        tmp_path,
        **{
            "c__d__x-1.yml": entity("deep"),
            "c__d__y.yml": "kind: Deployment",
            ".hidden__h_yaml": entity("h"),
        },
    )

    catalog = read_catalog(tmp_path)

    assert sorted(refs(catalog)) == [
        "component:default/deep",
        "component:default/h",
        "component:default/two",
        "location:default/circle",
        "location:default/root",
        "robot:default/a",
    ]
    assert not catalog.skipped


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("https://git.example/catalog-info.yaml", "is a URL; only files of the tree are read"),
        ("../../etc/passwd", "leaves the tree"),
        ("/etc/passwd", "leaves the tree"),
        ("../*/catalog-info.yaml", "leaves the tree"),
        ("./*/../../x.yaml", "has `..` after a wildcard"),
        ("./missing.yaml", "matches no file"),
        ("./nothing/*.yaml", "matches no file"),
        ("./folder", "is a folder"),
        ("./{1..9999999}.yaml", "too many patterns"),
    ],
)
def test_a_location_target_that_is_not_followed_is_named(tmp_path: Path, target: str, reason: str) -> None:
    (tmp_path / "tree" / "folder").mkdir(parents=True)
    more = f"spec: {{targets: ['{target}']}}"
    write(tmp_path / "tree", **{"catalog-info_yaml": entity("root", kind="Location", more=more)})

    catalog = read_catalog(tmp_path / "tree")

    assert refs(catalog) == ["location:default/root"]
    assert repr(target) in reasons(catalog)
    assert reason in reasons(catalog)


def test_an_optional_target_may_be_missing(tmp_path: Path) -> None:
    more = "spec: {target: ./x.yaml, presence: optional}"
    write(tmp_path, **{"catalog-info_yaml": entity("root", kind="Location", more=more)})

    assert not read_catalog(tmp_path).skipped


def test_other_yaml_is_read_when_it_says_that_it_is_backstage(tmp_path: Path) -> None:
    template = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: job}\n"
    kubernetes = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: pod}\n"
    write(tmp_path, components__all_yaml=f"{entity('one')}---\n{kubernetes}---\n{template}")
    write(tmp_path, deploy_yaml=kubernetes, node_modules__x__all_yaml=entity("vendored"))
    write(
        tmp_path, **{".git__all_yaml": entity("hidden"), "site__catalog-info_yaml": entity("not-generated")}
    )

    catalog = read_catalog(tmp_path)

    assert refs(catalog) == [
        "component:default/not-generated",
        "component:default/one",
        "template:default/job",
    ]
    assert not catalog.skipped


def test_placeholders_bring_values_from_files_of_the_tree(tmp_path: Path) -> None:
    more = (
        "  links: {$yaml: ./links.yaml}\nspec:\n  definition: {$text: ../shared/api.txt}\n"
        "  facts: {$json: ./facts.json}\n"
    )
    write(tmp_path, **{"svc__catalog-info_yaml": entity("one", kind="API", more=more)})
    write(tmp_path, svc__links_yaml="- {url: 'https://x.example'}", svc__facts_json='{"a": [1]}')
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "api.txt").write_text("hello", encoding="utf-8")

    (api,) = read_catalog(tmp_path).entities

    assert api.links == ({"url": "https://x.example"},)
    assert api.spec == {"definition": "hello", "facts": {"a": [1]}}


@pytest.mark.parametrize(
    ("placeholder", "reason"),
    [
        ("{$text: ./missing.md}", "'./missing.md' does not exist"),
        ("{$text: ../../secret}", "leaves the tree"),
        ("{$text: 'https://x.example/api.yaml'}", "is a URL"),
        ("{$json: ./broken.json}", "line 1"),
        ("{$yaml: ./broken.json}", "line 1"),
        ("{$yaml: [a]}", "is no path"),
    ],
)
def test_a_placeholder_that_cannot_be_filled_costs_only_its_value(
    tmp_path: Path, placeholder: str, reason: str
) -> None:
    more = f"spec:\n  owner: team\n  definition: {placeholder}\n"
    write(tmp_path, **{"catalog-info_yaml": entity("one", kind="API", more=more), "broken_json": "{]"})

    catalog = read_catalog(tmp_path)

    assert catalog.entities[0].spec == {"owner": "team"}
    assert "spec.definition: $" in catalog.skipped[0].reason
    assert reason in catalog.skipped[0].reason


def test_metadata_of_the_wrong_type_is_left_out_and_the_entity_kept(tmp_path: Path) -> None:
    more = "  annotations: [a]\n  tags: solo\n  labels: {a: 1, b: {c: d}}\n  links: here\n"
    write(tmp_path, **{"catalog-info_yaml": entity("one", more=more)})

    catalog = read_catalog(tmp_path)

    assert catalog.entities[0].annotations == {}
    assert catalog.entities[0].tags == ("solo",)
    assert catalog.entities[0].metadata["labels"] == {"a": 1}
    assert "`metadata.annotations` is a list, not a mapping" in reasons(catalog)
    assert "`metadata.links` is text, not a list" in reasons(catalog)


def test_files_that_are_no_text_of_ours_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path, **{"fine__catalog-info_yaml": entity("fine")})
    (tmp_path / "fine" / "catalog-info.bom.yaml").write_bytes(b"\xef\xbb\xbf" + entity("bom").encode())
    (tmp_path / "catalog-info.yaml").write_bytes(entity("utf16").encode("utf-16"))
    (tmp_path / "catalog-info-large.yaml").write_bytes(b"#" * 5_000_001)

    catalog = read_catalog(tmp_path)

    assert sorted(refs(catalog)) == ["component:default/bom", "component:default/fine"]
    assert "catalog-info.yaml: is not UTF-8 (byte 0xff at offset 0)" in reasons(catalog)
    assert "catalog-info-large.yaml: has 5.0 MB; at most 5 MB are read" in reasons(catalog)


def test_symbolic_links_are_followed_inside_the_tree_only(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    write(tmp_path, outside__catalog_yaml=entity("outside"))
    write(root, **{"real_yaml": entity("real"), "a__catalog-info_yaml": entity("a")})
    (root / "catalog-info.yaml").symlink_to(tmp_path / "outside" / "catalog.yaml")
    (root / "linked").symlink_to(tmp_path / "outside")
    (root / "catalog-info-real.yaml").symlink_to(root / "real.yaml")
    (root / "catalog-info-gone.yaml").symlink_to(root / "gone.yaml")

    catalog = read_catalog(root)

    assert sorted(refs(catalog)) == ["component:default/a", "component:default/real"]
    assert "catalog-info.yaml: a symbolic link that leaves the tree" in reasons(catalog)
    assert "linked: a symbolic link that leaves the tree" in reasons(catalog)
    assert "catalog-info-gone.yaml: a symbolic link to something that does not exist" in reasons(catalog)


def test_a_root_that_is_no_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere' does not exist; give a folder"):
        read_catalog(tmp_path / "nowhere")
