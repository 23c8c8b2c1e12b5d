"""`cuebook ingest`: read catalog and docs, build the index. (`ingest` is the package's name, hence the file's.)"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from server.cli.progress import Progress
from server.cli.session import AsJson, Home, print_json, settings_of

_SHOWN = 20


def ingest(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Folders with catalog YAML and TechDocs, Git repositories as git+https://… or git+file:///…, or a Backstage as backstage+https://…; without any, the configured sources."
        ),
    ] = None,
    rebuild: Annotated[bool, typer.Option(help="Build from nothing; trust no cached embedding.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Index folders of catalog YAML and TechDocs; what did not change is not embedded again."""
    from server.indexing import index_sources

    with Progress() as progress:
        report = index_sources(paths or None, settings=settings_of(home), rebuild=rebuild, progress=progress)
    if as_json:
        print_json(report)
        return
    print(summary(report))
    if changed := told_again(report):
        print(changed)
    for skipped in report["skipped"][:_SHOWN]:
        print(f"  skipped {skipped['path']}: {skipped['reason']}")
    if len(report["skipped"]) > _SHOWN:
        print(f"  … and {len(report['skipped']) - _SHOWN} more; --json lists them all")


def told_again(report: Mapping[str, Any]) -> str:
    """What became of questions that had failed; empty when none were asked again."""
    again = report.get("asked_again") or {"asked": 0}
    if not again["asked"]:
        return ""
    lost = (
        f"; {again['unanswered_now']} that were answered are not any more" if again["unanswered_now"] else ""
    )
    return (
        f"{again['asked']} questions asked again: {again['answered_now']} that had failed are answered now "
        f"(`cuebook docs gaps --changed`){lost}"
    )


def summary(report: Mapping[str, Any]) -> str:
    """One line about an index build."""
    counts = report["counts"]
    state = f"generation {report['generation']}" if report["changed"] else "nothing changed"
    return (
        f"{counts['entities']} entities, {counts['pages']} pages, {counts['sections']} sections: "
        f"{state} in {report['seconds']:.1f} s ({report['embedded']} embedded, {report['cached']} from cache)"
    )
