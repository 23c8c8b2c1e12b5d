"""A job's output as text that may be shown: what it printed is data, also to a terminal."""

import codecs
import re

_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def readable(data: bytes, *, whole: bool) -> tuple[str, int]:
    """The text without control characters, and how many bytes at the end are half a character.

    Carriage returns become line ends. With `whole` nothing is held back.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(data, final=whole)
    held = len(decoder.getstate()[0])
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", lines), held
