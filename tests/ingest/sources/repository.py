"""A small Git repository: two components, releases, a changelog, and commits at known times."""

import os
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

CATALOG = """apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {{name: {name}, annotations: {{backstage.io/techdocs-ref: "dir:."}}}}
spec: {{type: service, lifecycle: production, owner: ranking}}
"""


def git(folder: Path, *arguments: str, at: str = "2026-11-01T12:00:00+00:00") -> str:
    """Run git there at that time, without anybody's configuration."""
    person = {"NAME": "Ada", "EMAIL": "ada@example.com", "DATE": at}
    names = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()}
    environment = {**os.environ, **names, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, message: str, files: Mapping[str, str], *, at: datetime | str) -> str:
    """Write the files and commit them; returns the commit's name."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", ".")
    moment = at if isinstance(at, str) else at.isoformat()
    git(folder, "commit", "-qm", message, at=moment)
    return git(folder, "rev-parse", "HEAD")


def example(folder: Path) -> Path:
    """Two components, the tag v1.4, and two commits after it."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    first = {
        "ranker/catalog-info.yaml": CATALOG.format(name="ranker"),
        "ranker/docs/index.md": "# Ranker\n\nThe ranker orders candidates.\n",
        "ranker/CHANGELOG.md": "# Changelog\n\n## 1.4\n\nThe cap of repeated creators is 3.\n",
        "store/catalog-info.yaml": CATALOG.format(name="store"),
        "store/docs/index.md": "# Store\n\nThe store keeps features.\n",
    }
    commit(folder, "Begin", first, at="2026-11-01T12:00:00+00:00")
    git(folder, "tag", "v1.4")
    later = {"ranker/docs/index.md": "# Ranker\n\nThe ranker orders 500 candidates.\n"}
    commit(
        folder, "Rank 500 candidates\n\nMeasured on the cold slice.", later, at="2026-11-24T09:30:00+00:00"
    )
    commit(folder, "Keep features for a day", {"store/ttl.txt": "1d"}, at="2026-11-25T10:00:00+00:00")
    return folder
