"""Which code and which machine made an artifact."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

from recsys_core.manifest import Code, Environment

LIBRARIES = ("numpy", "scipy", "implicit", "gensim", "voyager", "safetensors", "pydantic")
PACKAGE = Path(__file__).parent


def code() -> Code:
    """The package's version, and the git commit where its files are under git."""
    return Code(version=_version("cuebook"), revision=_revision())


def environment() -> Environment:
    """Python, platform, and the versions of the libraries that decide figures."""
    versions = {name: version for name in LIBRARIES if (version := _version(name))}
    return Environment(
        python=platform.python_version(),
        platform=f"{platform.system()}-{platform.machine()}",
        libraries=versions,
        threads=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
    )


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _revision() -> str | None:
    # an installed package may lie in somebody else's repository: its commit would say nothing about this code
    if _git("ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    commit, changes = _git("rev-parse", "HEAD"), _git("status", "--porcelain", "--", ".")
    return None if commit is None else f"{commit}+changed" if changes else commit


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(PACKAGE), *arguments], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
