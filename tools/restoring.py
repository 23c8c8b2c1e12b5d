"""The mark of a restore under way: while it stands, nothing under the home is opened."""

from pathlib import Path

from tools.errors import StateError

MARK = "restoring.json"


def refuse_while_restoring(home: Path) -> None:
    """Raise `StateError` when a restore into `home` was interrupted half way."""
    if (home / MARK).exists():
        raise StateError(
            f"a restore into {home} was interrupted; run `cuebook restore` again, it puts things right first"
        )
