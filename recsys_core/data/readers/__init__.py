"""Readers, one file a format: `ml_100k.py` reads the format `ml-100k`."""

from recsys_core.data.readers.formats import formats, read

__all__ = ["formats", "read"]
