"""What is read: catalog YAML, TechDocs, API definitions and templates of one or more folder trees."""

from ingest.sources.folder import Progress, read_folder, read_folders

__all__ = ["Progress", "read_folder", "read_folders"]
