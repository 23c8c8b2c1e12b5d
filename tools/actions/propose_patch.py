"""The action `propose_patch`."""

from typing import Annotated

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.errors import InvalidArguments, NotAllowed, NotFound
from tools.jobs.spec import Name
from tools.naming import entity_named
from tools.patching import as_patch, raised_in, refuse_if_patched, removal, write_patch
from tools.plan import Plan, Target
from tools.repositories import Repository
from tools.run import Run
from tools.shapes import Input, Output
from tools.things import Names, Thing
from tools.undoing import Done, Undo


class ProposePatch(Input):
    repository: Name = Field(description="Repository, by the name the operator gave it.")
    dependency: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,199}$",
        description="A library's distribution, or a golden path's template as .copier-answers.yml names it.",
    )
    version: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9.+!_-]{0,63}$", description="The version that it is raised to."
    )
    folder: Annotated[Name, Names(Thing.NEW_NAME)] = Field(
        description="Folder for the patch, under `patches` in the home."
    )
    owner: str = Field(
        default="",
        max_length=200,
        description="Refuse unless this group or user owns the repository's entity.",
    )


class Proposed(Output):
    patch: str = Field(description="Where the patch is, under the home; apply it with `git apply`.")
    files: tuple[str, ...] = Field(description="Files of the repository that it would change.")


_EXAMPLES = (
    "propose a patch that raises {dependency} to {version} in {repository}",
    "raise {dependency} to {version} in {repository} and put the patch into {folder}",
    "bump {dependency} to {version} in {repository}",
    "upgrade {dependency} to {version} in {repository}",
    "write a patch for {repository} that updates {dependency} to {version}",
    "update {dependency} to {version} in {repository} if {owner} owns it",
    "move {repository} to {dependency} {version}",
    "raise {dependency} to {version} for {repository}",
    "{repository} should use {dependency} {version}",
    "pin {dependency} at {version} in {repository}",
    "get {repository} onto {dependency} {version}",
    "make a patch that lifts {dependency} to {version} in {repository}",
    "upgrade {repository} to {dependency} {version}",
    "set {dependency} to {version} in {repository}, folder {folder}",
    "propose raising {dependency} in {repository} to {version}",
    "we want {repository} on {dependency} {version}",
    "{repository} needs {dependency} {version}",
    "patch {repository} to {dependency} {version} in folder {folder}",
    "require {dependency} {version} in {repository}",
    "{repository} should use {dependency} {version}, put the patch in {folder}",
    "{repository} to {dependency} {version}, patch into {folder}",
)


@action(effect=Effect.WRITES, scope="patches:write", repeatable=True, examples=_EXAMPLES)
async def propose_patch(input: ProposePatch, run: Run) -> Proposed:
    """Write a patch that raises a library or a golden path in a local checkout, for its owners to apply.

    Calling it only plans: the plan shows the whole patch; apply the digest to write it into a folder of the home. The
    repository is only read, and nothing is pushed.
    """
    return await run.in_thread(_written, input)


@propose_patch.planned_by
async def plan(input: ProposePatch, run: Run) -> Plan:
    return await run.in_thread(_planned, input)


def _planned(input: ProposePatch, run: Run) -> Plan:
    repository = _repository(input.repository, run)
    owner = _owner(input, repository, run)
    refuse_if_patched(run.jobs.home, input.folder, input.repository)
    found = raised_in(repository.path, input.dependency, input.version)
    if not found:
        raise InvalidArguments(
            f"{input.repository} pins {input.dependency!r} nowhere below {input.version}: pyproject.toml, requirements "
            "files and .copier-answers.yml were read; leave the repository out"
        )
    return Plan(
        summary=f"Write a patch that raises {input.dependency} to {input.version} in {input.repository}.",
        steps=tuple(f"change {line}" for each in found for line in each.lines),
        will_not=("change a file of the repository", "push, commit or open a pull request"),
        targets=(
            Target(ref=repository.entity, revision=owner),
            *(Target(ref=f"file:{input.repository}/{each.path}", revision=each.sha256) for each in found),
            Target(ref=f"patch:{input.folder}/{input.repository}", revision=""),
        ),
        reversible=True,
        details={
            "patch": f"patches/{input.folder}/{input.repository}.patch",
            "entity": repository.entity,
            "owner": owner,
            "diff": "".join(as_patch(each) for each in found),
            "paths": [each.path for each in found],
        },
    )


def _written(input: ProposePatch, run: Run) -> Proposed:
    details = run.plan.details
    write_patch(run.jobs.home, input.folder, input.repository, str(details["diff"]), repeated=run.repeated)
    return Proposed(patch=str(details["patch"]), files=tuple(details["paths"]))


@propose_patch.undone_by
def undo(done: Done, run: Run) -> Undo:
    """Remove the patch, if it was not changed."""
    return removal(done, run)


def _repository(name: str, run: Run) -> Repository:
    found = run.repositories.get(name)
    if found is None:
        known = sorted(run.repositories)
        raise NotFound(
            f"there is no repository {name!r}; the repositories are: {', '.join(known) or 'none'}. The operator adds "
            "one with CUEBOOK_ACTIONS__REPOSITORIES",
            near=known,
        )
    return found


def _owner(input: ProposePatch, repository: Repository, run: Run) -> str:
    """Who owns the repository's entity. Raises `NotFound`, and `NotAllowed` for another owner than was named."""
    entity = entity_named(repository.entity, run)
    owner = str(entity.owner) if entity.owner is not None else ""
    if input.owner and str(entity_named(input.owner, run).ref) != owner:
        raise NotAllowed(
            f"{input.repository} is {entity.ref}, which {owner or 'nobody'} owns and not {input.owner}; leave it out, "
            "or ask its owners"
        )
    return owner
