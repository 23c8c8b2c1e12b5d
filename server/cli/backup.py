"""`cuebook backup`: everything that cannot be rebuilt, in one archive."""

from pathlib import Path
from typing import Annotated

import typer

from server.cli.session import AsJson, Home, print_json, settings_of


def backup(
    archive: Annotated[Path, typer.Argument(help="The archive to write, such as cuebook.tar.gz.")],
    with_index: Annotated[bool, typer.Option(help="Put the index in too; it can be rebuilt.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Copy state, audit, models and what you wrote yourself, while everything goes on, into one archive."""
    from tools.backup import backup as write_backup

    report = write_backup(settings_of(home).home, archive, with_index=with_index)
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        print(f"{archive}: {len(report.members)} files, {report.bytes:,} bytes")
