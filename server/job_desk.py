"""Where jobs run: this machine, or a Ray cluster by setting."""

from typing import TYPE_CHECKING

from server.settings import Settings, SettingsInvalid

if TYPE_CHECKING:
    from tools.jobs.backend import JobBackend
    from tools.jobs.desk import JobDesk
    from tools.jobs.recipes import Recipes
    from tools.models.book import ModelBook
    from tools.state import State


def job_desk(settings: Settings, state: "State", book: "ModelBook") -> "JobDesk":
    """Opens no connection."""
    from tools.jobs.desk import JobDesk
    from tools.jobs.recipes import CoreRecipes
    from tools.models.results import RegisteredResults

    recipes = CoreRecipes()
    return JobDesk(
        _backend(settings, recipes),
        state.jobs,
        recipes,
        home=settings.home,
        settings=settings.jobs,
        results=RegisteredResults(book),
    )


def _backend(settings: Settings, recipes: "Recipes") -> "JobBackend":
    if settings.jobs.backend == "ray":
        return _ray(settings, recipes)
    from tools.declared.job import exec_of
    from tools.jobs.local import LocalJobs
    from tools.jobs.spec import COMMAND

    commands = {**recipes.commands, COMMAND: exec_of}
    return LocalJobs(settings.home, commands=commands, slots=settings.jobs.slots)


def check_cluster(settings: Settings) -> None:
    """Raises `SettingsInvalid` for a cluster beyond this machine that the operator did not allow."""
    if settings.jobs.backend != "ray":
        return
    from tools.declared.addresses import server_named

    address = str(settings.jobs.ray.address)
    try:
        server = server_named(address)
    except ValueError as error:
        raise SettingsInvalid(f"CUEBOOK_JOBS__RAY__ADDRESS: {error}") from error
    if not server.is_loopback and server.entry not in settings.actions.allowed_hosts:
        raise SettingsInvalid(
            f"CUEBOOK_JOBS__RAY__ADDRESS {address!r}: {server.entry} is neither this machine nor among "
            "CUEBOOK_ACTIONS__ALLOWED_HOSTS"
        )


def _ray(settings: Settings, recipes: "Recipes") -> "JobBackend":
    from tools.jobs.ray import RayJobs

    ray = settings.jobs.ray
    return RayJobs(
        settings.home,
        str(ray.address),
        recipes=tuple(recipes.commands),
        token=ray.token.get_secret_value() if ray.token else "",
        python=ray.python,
        runtime_env=ray.runtime_env,
    )
