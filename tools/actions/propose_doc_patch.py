"""The action `propose_doc_patch`."""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from tools.action import action
from tools.drafting import page_draft, page_name, with_description, with_docs, with_owner
from tools.effect import Effect
from tools.errors import InvalidArguments, NotFound
from tools.jobs.spec import Name
from tools.naming import entity_named
from tools.patching import Raised, as_new_file, as_patch, refuse_if_patched, removal, write_patch
from tools.plan import Plan, Target
from tools.ports import Entity, EntityFile
from tools.questions.gaps import Gap, gaps
from tools.readings import Unvouched
from tools.run import Run
from tools.shapes import Input, Output
from tools.things import Said
from tools.undoing import Done, Undo

_LONGEST = 300


_LACKS = Said(
    values=(
        ("docs", ("documentation", "techdocs", "a docs folder")),
        ("description", ("what it is for", "describing")),
    )
)
_EXAMPLES = (
    "draft a {lacks} for {entity}",
    "draft the missing {lacks} of {entity} into {folder}",
    "propose a {lacks} for {entity} in folder {folder}",
    "{entity} has no {lacks}, write a patch in folder {folder}",
    "write a patch that gives {entity} a {lacks}",
    "draft a page for the gap {gap}",
    "propose a docs page for gap {gap} in folder {folder}",
    "add the missing {lacks} to {entity}",
    "make a docs patch for {entity}",
    "suggest a {lacks} for {entity}, folder {folder}",
    "prepare a patch because {entity} lacks {lacks}",
    "turn gap {gap} into a draft",
)


class ProposeDocPatch(Input):
    gap: str = Field(default="", max_length=40, description="id of a gap, as list_gaps gives it; for a page.")
    entity: str = Field(
        default="", max_length=200, description="Instead of a gap: an entity that lacks something."
    )
    lacks: Annotated[Literal["owner", "description", "docs"], _LACKS] = Field(
        default="description", description="What that entity lacks in the catalog."
    )
    folder: Name = Field(description="Folder for the patch, under `patches` in the home.")


class ProposedDoc(Output):
    patch: str = Field(description="Where the patch is, under the home; apply it with `git apply`.")
    file: str = Field(description="The file that it writes or changes, relative to the source.")
    owner: str = Field(description="Whom it is for; empty when nobody is known.")


@action(effect=Effect.WRITES, scope="patches:write", repeatable=True, examples=_EXAMPLES)
async def propose_doc_patch(input: ProposeDocPatch, run: Run) -> ProposedDoc:
    """Draft the page that a gap asks for, or what an entity lacks in the catalog, as a patch for the owner.

    The draft holds what is known: the questions, catalog facts, pointers to the nearest passages. It answers nothing.
    Calling it only plans: the plan shows the whole patch; apply the digest to write it into a folder of the home.
    """
    return await run.in_thread(_written, input)


@propose_doc_patch.planned_by
async def plan(input: ProposeDocPatch, run: Run) -> Plan:
    return await run.in_thread(_planned, input)


def _planned(input: ProposeDocPatch, run: Run) -> Plan:
    if bool(input.gap) == bool(input.entity):
        raise InvalidArguments(
            "name either a gap, as list_gaps gives it, or an entity; not both, and not neither"
        )
    made = _page(input, run) if input.gap else _metadata(input, run)
    name = str(made["entity"]).rpartition("/")[2]
    refuse_if_patched(run.jobs.home, input.folder, name)
    return Plan(
        summary=f"Write a patch that {made['what']}.",
        steps=(f"write patches/{input.folder}/{name}.patch for {made['owner'] or 'whoever owns it'}",),
        will_not=(
            "change a file of the source",
            "push, commit or open a pull request",
            "answer the question",
        ),
        targets=(
            Target(ref=str(made["entity"]), revision=str(made["owner"])),
            Target(ref=f"file:{made['file']}", revision=str(made["sha256"])),
            Target(ref=f"patch:{input.folder}/{name}", revision=""),
        ),
        reversible=True,
        details={"patch": f"patches/{input.folder}/{name}.patch", "name": name, **made},
    )


def _written(input: ProposeDocPatch, run: Run) -> ProposedDoc:
    details = run.plan.details
    write_patch(
        run.jobs.home, input.folder, str(details["name"]), str(details["diff"]), repeated=run.repeated
    )
    return ProposedDoc(patch=str(details["patch"]), file=str(details["file"]), owner=str(details["owner"]))


@propose_doc_patch.undone_by
def undo(done: Done, run: Run) -> Undo:
    """Remove the patch, if it was not changed."""
    return removal(done, run)


def _page(input: ProposeDocPatch, run: Run) -> Mapping[str, Any]:
    gap = _gap(input.gap, run)
    entity, file = _home_of(gap, run)
    path = f"{file.docs}/{page_name(gap.question)}.md"
    if (file.root / path).exists():
        raise InvalidArguments(f"{path} is there already; its owners may answer {gap.question!r} in it")
    draft = page_draft(gap, entity, run.catalog, run.library, run.principal)
    run.readings.note(
        run.principal, (Unvouched("questions that others asked", "anybody may have written them"),)
    )
    return {
        "what": f"drafts a page for {gap.question!r} of {entity.ref}",
        "entity": str(entity.ref),
        "owner": gap.owner or str(entity.owner or ""),
        "file": path,
        "sha256": "",
        "diff": as_new_file(path, draft),
    }


def _gap(id: str, run: Run) -> Gap:
    found = gaps(run.questions, run.library, run.catalog, run.refs)
    for gap in found:
        if gap.id == id:
            return gap
    raise NotFound(f"there is no gap {id!r}; list_gaps has their ids", near=[gap.id for gap in found[:5]])


def _home_of(gap: Gap, run: Run) -> tuple[Entity, EntityFile]:
    """The first entity with docs among what the gap is about and what came nearest."""
    for text in filter(None, (gap.entity, *(place.entity for place in gap.nearest))):
        entity = run.catalog.get(run.refs.parse(text))
        file = None if entity is None else run.ports.files(entity)
        if entity is not None and file is not None and file.docs:
            return entity, file
    raise InvalidArguments(
        f"nothing near {gap.question!r} has docs in a source of this home, so where a page belongs is for a person to say"
    )


def _metadata(input: ProposeDocPatch, run: Run) -> Mapping[str, Any]:
    entity = entity_named(input.entity, run)
    file = run.ports.files(entity)
    if file is None:
        raise InvalidArguments(f"{entity.ref} lies in no folder that is a source of this home")
    before = (file.root / file.path).read_text(encoding="utf-8")
    lines = before.splitlines(keepends=True)
    after, owner = _completed(input.lacks, lines, entity, file, run)
    digest = hashlib.sha256(before.encode()).hexdigest()
    return {
        "what": f"gives {entity.ref} {'its docs' if input.lacks == 'docs' else f'an {input.lacks}'.replace('an d', 'a d')}",
        "entity": str(entity.ref),
        "owner": owner,
        "file": file.path,
        "sha256": digest,
        "diff": as_patch(Raised(file.path, before, "".join(after), (), digest)),
    }


def _completed(
    lacks: str, lines: list[str], entity: Entity, file: EntityFile, run: Run
) -> tuple[list[str], str]:
    """The file with what it lacks, and whom to ask: taken from the catalog and the docs, never made up."""
    owner = str(entity.owner or "")
    if lacks == "owner":
        found = _owner_around(entity, run)
        return with_owner(lines, file.line, found), found
    if lacks == "description":
        return with_description(lines, file.line, _first_sentence(entity, run)), owner
    if not file.site:
        raise InvalidArguments(
            f"no mkdocs.yml and no folder docs lies beside {file.path}, so {entity.ref} has no docs to name"
        )
    return with_docs(lines, file.line), owner


def _owner_around(entity: Entity, run: Run) -> str:
    if entity.owner is not None:
        raise InvalidArguments(f"{entity.ref} has an owner: {entity.owner}")
    system = run.catalog.get(entity.system) if entity.system else None
    if system is None or system.owner is None:
        raise InvalidArguments(
            f"the catalog names no system of {entity.ref} that has an owner, so nobody can be proposed; ask who changes it"
        )
    return str(system.owner)


def _first_sentence(entity: Entity, run: Run) -> str:
    if entity.description:
        raise InvalidArguments(f"{entity.ref} has a description: {entity.description[:80]!r}")
    for entry in run.library.pages(str(entity.ref), principal=run.principal)[:1]:
        page = run.library.page(str(entity.ref), entry.path, principal=run.principal)
        for line in page.markdown.splitlines():
            if line.strip() and line[0].isalpha() and not run.library.concern(page):
                return line.partition(". ")[0].rstrip(".")[:_LONGEST]
    raise InvalidArguments(
        f"{entity.ref} has no docs that begin with a sentence, so there is nothing to describe it by"
    )
