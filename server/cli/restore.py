"""`cuebook restore`: the other half of `cuebook backup`."""

from pathlib import Path
from typing import Annotated

import typer

from server.cli.session import AsJson, Home, print_json, settings_of


def restore(
    archive: Annotated[Path, typer.Argument(help="An archive that `cuebook backup` wrote.", exists=True)],
    force: Annotated[bool, typer.Option(help="Replace existing state; the old one is moved aside.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Check an archive and put its state back; nothing changes when a check fails."""
    from tools.backup import restore as read_backup

    report = read_backup(archive, settings_of(home).home, force=force)
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        print(f"restored {len(report.members)} files of {report.created_at} into {report.home}")
        if report.moved_aside:
            print(f"what stood there is in {report.moved_aside}")
        if report.kept:
            print(f"this home keeps its own {', '.join(report.kept)}")
        if report.ended_plans or report.ended_grants:
            print(
                f"{report.ended_plans} open plans and {report.ended_grants} standing grants of then count no more, "
                "since they may have been used after it was saved; plan and grant anew what is still wanted"
            )
        if "approvers.json" in report.members:
            print("who may approve came back too; look at `cuebook approvers list`")
