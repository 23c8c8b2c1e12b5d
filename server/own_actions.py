"""Every action of a deployment: those that ship, a folder of Python files, the YAML files of `actions.d`; and playbooks."""

from typing import TYPE_CHECKING

from server.settings import Settings
from tools.catalogue import Actions
from tools.errors import InvalidAction, PlaybookInvalid

if TYPE_CHECKING:
    from tools.playbooks import Shelf

if TYPE_CHECKING:
    from tools.declared.network import Network


def every_action(settings: Settings, *, network: "Network | None" = None) -> Actions:
    """`network` replaces the system's. Raises `InvalidAction` for a folder that was set and does not exist."""
    own = settings.actions
    extra = (own.folder,) if own.folder else ()
    folder = own.declared or settings.home / "actions.d"
    if not folder.is_dir():
        if own.declared:
            raise InvalidAction(f"the folder {str(folder)!r} does not exist; create it or unset it")
        return Actions.discover(extra)
    from tools.declared import Allowed, read_folder

    allowed = Allowed(
        executables=own.executables,
        environment=own.environment,
        hosts=own.allowed_hosts,
        private_hosts=own.private_hosts,
        secrets=own.secrets,
        **({} if network is None else {"network": network}),
    )
    declared = read_folder(folder, allowed)
    return Actions.discover(extra, declared=declared.actions, skipped=declared.skipped)


def every_playbook(settings: Settings, actions: Actions) -> "Shelf":
    """The playbooks that ship and the team's own. Raises `PlaybookInvalid` for a folder that was set and does not exist."""
    from tools.playbooks import Shelf

    folder = settings.actions.playbooks
    if folder is not None and not folder.is_dir():
        raise PlaybookInvalid(f"the folder {str(folder)!r} does not exist; create it or unset it")
    return Shelf.discover(actions, (folder or settings.home / "playbooks",))
