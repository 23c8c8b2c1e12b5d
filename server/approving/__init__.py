"""How approvers prove who they are: by secrets that no client of ours is given."""

from server.approving.proofs import Proofs

__all__ = ["Proofs"]
