"""Becomes the program of a declared job: run as a script with the job's `config.json`, from the job's folder.

Between plan and start a program can be replaced; so its hash, and that of each file that the vector names, is looked at
once more right before. Only the standard library is imported.
"""

import hashlib
import json
import os
import sys
from pathlib import Path


def main(arguments: list[str]) -> None:
    """Does not return where it succeeds."""
    config = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
    for name, revision in config["files"].items():
        with Path(name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != revision:
            sys.stderr.write(
                f"{name} changed since it was planned: was {revision}, is now {found}; nothing ran. "
                "Plan it again\n"
            )
            sys.exit(65)
    mine = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    os.execve(config["argv"][0], config["argv"], {**mine, **config["environment"]})  # noqa: S606 - no shell is meant


if __name__ == "__main__":
    main(sys.argv)
