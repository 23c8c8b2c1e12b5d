"""Giving and taking back standing grants, each recorded in the audit before it counts."""

from tools.approver import Approver
from tools.catalogue import Actions
from tools.effect import Effect
from tools.errors import InvalidArguments
from tools.journal import Journal
from tools.policy.grants import Grant, Grants, GrantTerms
from tools.principal import Principal


class Granting:
    """Call it on a worker thread."""

    def __init__(self, grants: Grants, journal: Journal, actions: Actions) -> None:
        self._grants = grants
        self._journal = journal
        self._actions = actions

    def add(self, terms: GrantTerms, approvers: tuple[Approver, ...]) -> Grant:
        """Store a grant that these people just proved they want.

        Raises `UnknownAction`, `InvalidArguments` for terms that fit no call of the action, and `Unavailable` when
        the audit cannot be written.
        """
        self.refuse_what_fits_nothing(terms)
        refs = tuple(dict.fromkeys(approver.principal.ref for approver in approvers))
        self._journal.intent(
            approvers[0].principal,
            action=terms.action,
            digest="",
            arguments=terms.model_dump(mode="json", exclude_none=True),
            to="grant",
            approved_by=sorted(refs),
        )
        return self._grants.add(terms, approvers=refs)

    def list(self) -> tuple[Grant, ...]:
        """All of them, newest first."""
        return self._grants.list()

    def revoke(self, id: str, by: Principal) -> Grant:
        """Takes no secret: it only makes things stricter. Raises `NotFound`."""
        grant = self._grants.revoke(id, by=by.ref)
        self._journal.note("grant_revoked", by, action=grant.terms.action, rule=f"grant {id}", outcome="ok")
        return grant

    def withdraw(self, approver: str, by: Principal) -> int:
        """Revoke what somebody gave who is no approver any more; how many there were."""
        theirs = [grant for grant in self.list() if approver in grant.approvers and grant.revoked_at is None]
        for grant in theirs:
            self.revoke(grant.id, by)
        return len(theirs)

    def refuse_what_fits_nothing(self, terms: GrantTerms) -> None:
        """Raises what `add` does, before anybody is asked for a secret."""
        action = self._actions.get(terms.action)
        if action.effect is Effect.READS:
            raise InvalidArguments(f"{action.name} only reads, which takes no approval and so no grant")
        taken = action.input.model_fields
        for path in terms.arguments:
            if path.partition(".")[0] not in taken:
                raise InvalidArguments(
                    f"{action.name} takes no {path!r}; it takes {', '.join(taken) or 'nothing'}"
                )
