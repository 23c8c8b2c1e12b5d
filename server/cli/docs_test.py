"""`cuebook docs test`: whether pages answer what they declare."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from server.cli.exits import Exit
from server.cli.progress import Progress
from server.cli.session import AsJson, Home, print_json, settings_of

if TYPE_CHECKING:
    from server.docs_test import Tested


def test_docs(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders with the changed docs; without any, the configured sources."),
    ] = None,
    report: Annotated[Path | None, typer.Option("--junit", help="Write a JUnit report there.")] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Ask every question that a page declares in its front matter; exit code 1 if one is not answered as declared.

    Reads the folders as they are now into a temporary index; the home's own stays.
    """
    from dataclasses import asdict

    from ingest.sources import read_sources
    from server.docs_test import junit, tested
    from server.indexing import chosen_sources
    from server.sources import opened_sources

    settings = settings_of(home)
    with Progress() as progress:
        sources = opened_sources(paths or chosen_sources(settings), settings)
        corpus = read_sources(sources, progress=progress)
        results = tested(corpus, settings=settings, progress=progress)
    if report is not None:
        report.write_text(junit(results), encoding="utf-8")
    broken = [each for each in results if each.why]
    if as_json:
        print_json({"questions": [asdict(each) for each in results], "broken": len(broken)})
    else:
        _print(results)
    if broken:
        raise typer.Exit(Exit.FAILED)


def _print(results: "tuple[Tested, ...]") -> None:
    for each in results:
        mark = "BROKEN" if each.why else "ok    "
        print(f"{mark} {each.entity} {each.path}: {each.question or 'front matter'}")
        if each.why:
            print(f"       {each.why}")
    broken = sum(bool(each.why) for each in results)
    print(f"{len(results) - broken} of {len(results)} declared questions are answered" if results else _NONE)


_NONE = "No page declares questions. Add a list `questions:` to a page's front matter."
