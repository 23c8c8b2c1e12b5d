"""What can go wrong while reading data, training, judging or recommending.

RecsysError
├── DataMissing            a file or folder that should hold data is not there
├── BrokenLine             a line of a data file cannot be read; carries path, number and value
├── InvalidData            a data set as a whole contradicts itself or is empty
├── InvalidConfig          a configuration has an unknown key or an impossible value
├── UnknownStage           no stage, reader or rule of this kind exists
├── UnknownProtocol        no evaluation protocol of this name exists
├── UnknownUser            a user id the data set does not hold
├── UnknownItem            an item id the catalogue does not hold
├── EmptyHistory           a recommendation was asked for somebody without a history
├── InvalidScores          a model returned NaN, infinity or the wrong shape
├── ArtifactDamaged        a stored model is incomplete or changed since it was written
├── ArtifactVersion        a stored model was written by another version of the format
└── LibraryMissing         an optional library is needed; the message has the install command
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
        super().__init__(
            f"{path.name} line {number}: {shown!r} is not {expected}; correct the line and read again"
        )


class InvalidConfig(RecsysError, ValueError):
    """A configuration has an unknown key or an impossible value."""


class UnknownStage(RecsysError, LookupError):
    """No stage, reader or rule of this kind exists."""


class UnknownProtocol(RecsysError, LookupError):
    """No evaluation protocol of this name exists."""


class UnknownUser(RecsysError, LookupError):
    """A user id the data set does not hold."""


class UnknownItem(RecsysError, LookupError):
    """An item id the catalogue does not hold."""


class EmptyHistory(RecsysError, ValueError):
    """A recommendation was asked for somebody without a history."""


class InvalidScores(RecsysError, ValueError):
    """A model returned NaN, infinity or the wrong shape."""


class ArtifactDamaged(RecsysError):
    """A stored model is incomplete or changed since it was written."""


class ArtifactVersion(RecsysError):
    """A stored model was written by another version of the format."""


class LibraryMissing(RecsysError, ImportError):
    """An optional library is needed; the message has the install command."""
