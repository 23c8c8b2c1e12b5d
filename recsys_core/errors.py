"""What can go wrong while reading data, training, judging, recommending or keeping a registry.

RecsysError
├── DataMissing            a file or folder that should hold data is not there
├── BrokenLine             a line of a data file cannot be read; carries path, number and value
├── InvalidData            a data set as a whole contradicts itself or is empty
├── InvalidConfig          a configuration has an unknown key or an impossible value
├── UnknownStage           no stage, reader or rule of this kind exists
├── UnknownProtocol        no evaluation protocol of this name exists
├── UnknownSurface         no surface of this name exists
├── UnknownUser            a user id the data set does not hold
├── UnknownItem            an item id the catalogue does not hold
├── EmptyHistory           a recommendation was asked for somebody without a history
├── InvalidSituation       a surface was asked without what it goes on from, such as a query
├── InvalidScores          a model returned NaN, infinity or the wrong shape
├── ArtifactDamaged        a stored model is incomplete or changed since it was written
├── ArtifactVersion        a stored model was written by another version of the format
├── LibraryMissing         an optional library is needed; the message has the install command
├── OutputExists           the folder a recipe should write holds something else already
├── OutputBusy             another process is writing that folder, or the registry, right now
├── HeldOutSeen            a model would be judged on items that it may have learned from
└── RegistryError
    ├── UnknownVersion     no such model, version or alias
    ├── AlreadyRegistered  the same artifact is registered under another name
    ├── Conflict           an alias or tag is not what the caller expected it to be
    ├── NotComparable      figures of different protocols or kinds were to be compared or sorted
    ├── RegistryNewer      a file of the registry was written by a newer version
    └── RegistryUnavailable  MLflow or the files under the home do not answer
"""

from pathlib import Path


class RecsysError(Exception):
    """Root of this package's errors; the message says what was wrong and what to do next."""


class DataMissing(RecsysError):
    """A file or folder that should hold data is not there."""


class InvalidData(RecsysError, ValueError):
    """A data set as a whole contradicts itself or is empty."""


class BrokenLine(InvalidData):
    """A line of a data file cannot be read.

    Attributes: `path`, `number` (1-based, as editors count) and `value`, the text that is wrong.
    """

    def __init__(self, path: Path, number: int, value: str, expected: str) -> None:
        self.path, self.number, self.value = path, number, value
        shown = value if len(value) <= 80 else value[:77] + "..."
        what = "row" if path.suffix.lower() in {".parquet", ".pq"} else "line"
        super().__init__(
            f"{path.name} {what} {number}: {shown!r} is not {expected}; correct the {what} and read again"
        )


class InvalidConfig(RecsysError, ValueError):
    """A configuration has an unknown key or an impossible value."""


class UnknownStage(RecsysError, LookupError):
    """No stage, reader or rule of this kind exists."""


class UnknownProtocol(RecsysError, LookupError):
    """No evaluation protocol of this name exists."""


class UnknownSurface(RecsysError, LookupError):
    """No surface of this name exists."""


class UnknownUser(RecsysError, LookupError):
    """A user id the data set does not hold."""


class UnknownItem(RecsysError, LookupError):
    """An item id the catalogue does not hold."""


class EmptyHistory(RecsysError, ValueError):
    """A recommendation was asked for somebody without a history."""


class InvalidSituation(RecsysError, ValueError):
    """A surface was asked without what it goes on from, such as a query."""


class InvalidScores(RecsysError, ValueError):
    """A model returned NaN, infinity or the wrong shape."""


class ArtifactDamaged(RecsysError):
    """A stored model is incomplete or changed since it was written."""


class ArtifactVersion(RecsysError):
    """A stored model was written by another version of the format."""


class LibraryMissing(RecsysError, ImportError):
    """An optional library is needed; the message has the install command."""


class OutputExists(RecsysError):
    """The folder a recipe should write holds something else already."""


class OutputBusy(RecsysError):
    """Another process is writing that folder, or the registry, right now."""


class HeldOutSeen(RecsysError, ValueError):
    """A model would be judged on items that it may have learned from."""


class RegistryError(RecsysError):
    """Root of what can go wrong in the registry."""


class UnknownVersion(RegistryError, LookupError):
    """No such model, version or alias."""


class AlreadyRegistered(RegistryError):
    """The same artifact is registered under another name."""


class Conflict(RegistryError):
    """An alias or tag is not what the caller expected it to be; nothing was changed."""


class NotComparable(RegistryError, ValueError):
    """Figures of different protocols or kinds were to be compared or sorted."""


class RegistryNewer(RegistryError):
    """A file of the registry was written by a newer version."""


class RegistryUnavailable(RegistryError):
    """MLflow or the files under the home do not answer."""
