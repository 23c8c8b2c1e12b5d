"""What is read: catalog YAML, TechDocs, API definitions and templates of one or more folder trees."""

from ingest.sources.folder import FolderSource, Progress, read_folder, read_folders, read_sources
from ingest.sources.source import Source, SourceRead

__all__ = ["FolderSource", "Progress", "Source", "SourceRead", "read_folder", "read_folders", "read_sources"]
