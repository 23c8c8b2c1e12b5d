"""A running Backstage as a source: its catalog and the TechDocs that it has built, over its own API."""
