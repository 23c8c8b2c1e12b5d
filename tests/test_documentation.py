"""Lists that would rot: everything that exists is documented, and everything that is documented exists."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from server.app import make_app
from server.cli.app import app as cli
from server.settings import Settings, describe
from server.telemetry import Telemetry
from tools.catalogue import Actions

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PARAMETER = re.compile(r"{(\w+)}")
TEXTS = [*DOCS, *(ROOT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"))]


def text_of(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def rows_of(name: str) -> list[str]:
    """What stands in backticks at the beginning of each table row."""
    return re.findall(r"(?m)^\| (`[^|]*?) \|", text_of(name))


def committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = listed.stdout.decode().split("\0")[:-1]
    if not names:
        pytest.skip("not a git checkout, so there is no telling what is committed")
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_every_setting_has_its_row_with_its_name_and_default(tmp_path: Path) -> None:
    lines = describe(Settings(home=tmp_path, sources=()))
    rows = dict(re.findall(r"(?m)^\| `(CUEBOOK_\w+)` \| (.+?) \|", text_of("settings.md")))

    assert {line.variable for line in lines} == set(rows)
    assert {line.variable for line in lines if f"`{line.name}`" not in rows[line.variable]} == {
        "CUEBOOK_HOME",  # where the file is cannot stand in the file
        "CUEBOOK_API_TOKENS",  # a table of its own
        "CUEBOOK_AUTH__ISSUERS",  # likewise
        "CUEBOOK_JOBS__DATA",  # a table for each data set
    }


def test_every_default_in_the_settings_table_is_the_default() -> None:
    stated = re.findall(r"(?m)^\| `(CUEBOOK_\w+)` \| [^|]+ \| `([^`]+)` \|", text_of("settings.md"))
    lines = {line.variable: line.value for line in describe(Settings(sources=()))}

    assert stated
    assert {name: value for name, value in stated if lines[name] != value} == {}


def test_every_action_has_its_row_with_effect_and_scope() -> None:
    rows = re.findall(r"(?m)^\| `(\w+)` \| (\w+) \| `([\w:]+)` \|", text_of("actions.md"))

    assert {(info.name, info.effect.value, info.scope) for info in Actions.discover().list()} == set(rows)


def test_every_route_has_its_row(tmp_path: Path) -> None:
    document = make_app(Settings(home=tmp_path, sources=())).openapi()
    actions = {info.name for info in Actions.discover().list()}
    served = {
        f"{method.upper()} {PARAMETER.sub(lambda name: name[1].upper(), path)}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    served -= {f"POST /api/v1/actions/{name}" for name in actions}
    rows = {route for row in rows_of("rest.md") for route in re.findall(r"`([A-Z]+ /[^`]+)`", row)}

    assert served | {"POST /api/v1/actions/NAME"} == rows


def test_every_metric_has_its_row_with_its_labels() -> None:
    telemetry = Telemetry()
    telemetry.watch_index(age=lambda: 1, chunks=lambda: 1, ready=lambda: True)
    telemetry.request(method="GET", route="/", status=200, seconds=1)
    with telemetry.action("ask", door="rest", outcome_of=lambda _error: ""):
        pass
    served = {
        (re.sub(r"_(?:bucket|count|sum)$", "", name), frozenset(re.findall(r"(\w+)=", labels)) - {"le"})
        for name, labels in re.findall(r"(?m)^(cuebook_\w+)(?:{(.*)})? ", telemetry.exposition().decode())
        if not name.endswith("_created")
    }
    rows = re.findall(r"(?m)^\| `(cuebook_\w+)` \| ([^|]+) \|", text_of("running.md"))

    assert served == {(name, frozenset(re.findall(r"`(\w+)`", labels))) for name, labels in rows}


def test_every_command_has_its_row_and_every_row_its_command() -> None:
    commands = set(get_command(cli).commands)  # type: ignore[attr-defined]  # a group
    rows = {row for cell in rows_of("cli.md") for row in re.findall(r"`(?:cuebook )?([a-z]+)\b[^`]*`", cell)}

    assert commands <= rows
    assert rows - commands <= {
        "accuracy",
        "embed",
        "gaps",
        "health",
        "test",
        "rebuild",
        "check",
        "promote",
        "rollback",
        "list",
        "show",
        "compare",
        "preview",
        "sync",
        "call",
        "protocols",
        "trial",
        "logs",
        "cancel",
        "query",
        "verify",
        "anchor",
        "reject",
        "add",
        "remove",
        "key",
        "explain",
        "ids",
        "similar",
        "matrix",
        "revoke",
    }


@pytest.mark.parametrize("path", TEXTS, ids=[str(path.relative_to(ROOT)) for path in TEXTS])
def test_every_file_of_ours_that_a_text_names_is_there(path: Path) -> None:
    named = re.findall(
        r"`((?:server|tools|ingest|tests|docs|examples|benchmarks|requirements)/[\w./-]*)`",
        path.read_text(encoding="utf-8"),
    )

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_heavy_packages_are_imported_in_the_files_that_the_architecture_names() -> None:
    rows = re.findall(
        r"(?m)^\| ([a-z, ]+) \| `((?:ingest|tools|server)/[\w./]+)` \|", text_of("architecture.md")
    )

    assert len(rows) >= 5
    for packages, name in rows:
        for package in packages.split(", "):
            allowed = [path for path in (ROOT / name, *(ROOT / name).rglob("*.py")) if path.suffix == ".py"]
            found = [
                path
                for part in ("server", "tools", "ingest")
                for path in (ROOT / part).rglob("*.py")
                if re.search(rf"(?m)^\s*(?:import|from) {package}(?:_\w+)?\b", path.read_text("utf-8"))
            ]
            assert found, package
            assert set(found) <= set(allowed), package


def test_the_package_needs_what_the_lock_is_made_from() -> None:
    wanted = (ROOT / "requirements" / "runtime.in").read_text(encoding="utf-8").splitlines()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert [line for line in wanted if line and not line.startswith("#")] == project["dependencies"]


@pytest.mark.parametrize("name", ["runtime.lock", "dev.lock", "embedder.txt", "training.txt"])
def test_a_lock_pins_everything_and_names_no_registry(name: str) -> None:
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]

    assert pins
    assert [line for line in pins if not re.match(r"[\w.\[\]-]+==\S+( ; .+)?$", line)] == []


def test_no_committed_file_holds_a_machine_path_or_a_registry_address() -> None:
    marks = re.compile(
        rb"(?<![\w.])/(?:work|root|home/\w+|Users|tmp/venv)/\w|(?:index-url|pypi\.\w+/simple|:\d+/simple\b)"
    )
    found = [
        f"{path.relative_to(ROOT)}: {mark[0].decode(errors='replace')}"
        for path in committed()
        if path != Path(__file__) and (mark := marks.search(path.read_bytes()))
    ]

    assert found == []
