"""Playbooks: actions in a fixed order, written as YAML, planned and approved as one unit. See `docs/playbooks.md`."""

from tools.playbooks.shelf import Playbook, Shelf, SkippedPlaybook

__all__ = ["Playbook", "Shelf", "SkippedPlaybook"]
