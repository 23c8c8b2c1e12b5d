"""Optional libraries: imported when a stage needs them, refused with the command that installs them."""

import importlib
from types import ModuleType

from recsys_core.errors import LibraryMissing


def library(name: str, *, module: str = "", needed_for: str = "this model", install: str = "") -> ModuleType:
    """The module `module` of the distribution `name`. Raises LibraryMissing with the command that installs it."""
    try:
        return importlib.import_module(module or name)
    except ModuleNotFoundError as error:
        command = install or f"pip install {name}"
        raise LibraryMissing(f"{needed_for} needs {name}; install it with: {command}") from error
