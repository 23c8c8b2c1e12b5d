"""How approvers prove who they are: by secrets that no client of ours is given."""

from server.approving.proof import ApproverTokens
from server.approving.proofs import Proofs

__all__ = ["ApproverTokens", "Proofs"]
