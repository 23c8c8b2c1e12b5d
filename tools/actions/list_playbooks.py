"""The action `list_playbooks`."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from tools.action import action
from tools.effect import Effect
from tools.run import Run
from tools.schema import portable_schema
from tools.shapes import Input, Output
from tools.things import Names, Thing

if TYPE_CHECKING:
    from tools.playbooks.shelf import Playbook


class ListPlaybooks(Input):
    name: Annotated[str, Names(Thing.PLAYBOOK)] = Field(
        default="", max_length=64, description="Only this one."
    )


class PlaybookStep(Output):
    id: str = Field(description="The step.")
    action: str = Field(description="The action that it is.")
    effect: str = Field(description="reads, writes or starts_job.")


class PlaybookCard(Output):
    name: str = Field(description="What run_playbook takes.")
    title: str = Field(description="What it is for, in a few words.")
    description: str = Field(description="What it does.")
    inputs: dict[str, Any] = Field(description="What it asks for, as JSON Schema.")
    steps: tuple[PlaybookStep, ...] = Field(description="Its actions, in order.")
    cpu_hours: float = Field(description="Its budget: CPU-hours that all steps together may take.")
    gpu_hours: float = Field(description="Likewise GPU-hours.")


class Playbooks(Output):
    items: tuple[PlaybookCard, ...] = Field(description="By name.")
    total: int = Field(description="How many there are.")
    left_out: tuple[str, ...] = Field(description="Files that cannot be used, each with its reason.")


_EXAMPLES = (
    "list the playbooks",
    "which playbooks are there",
    "show the playbook {name}",
    "what does the playbook {name} do",
    "what inputs does the playbook {name} take",
    "describe the playbook {name}",
    "what playbooks do we have",
    "available playbooks",
    "which steps does the playbook {name} have",
    "explain the playbook {name}",
    "show all playbooks with their inputs",
    "is there a playbook for training and promoting",
    "which predefined playbooks can I use",
    "what can the playbooks do",
)


@action(effect=Effect.READS, scope="playbooks:read", examples=_EXAMPLES)
async def list_playbooks(input: ListPlaybooks, run: Run) -> Playbooks:
    """List the playbooks: predefined actions in a fixed order that run_playbook plans as one unit."""
    return await run.in_thread(_listed, input)


def _listed(input: ListPlaybooks, run: Run) -> Playbooks:
    shelf = run.playbooks.shelf
    found = (shelf.get(input.name),) if input.name else tuple(shelf)
    return Playbooks(
        items=tuple(_card(each, run) for each in found),
        total=len(found),
        left_out=tuple(f"{each.path}: {each.reason}" for each in shelf.skipped),
    )


def _card(playbook: "Playbook", run: Run) -> PlaybookCard:
    file, actions = playbook.file, run.playbooks.actions
    return PlaybookCard(
        name=file.name,
        title=file.title,
        description=file.description,
        inputs=portable_schema(playbook.input, mode="validation"),
        steps=tuple(
            PlaybookStep(id=step.id, action=step.action, effect=actions.get(step.action).effect.value)
            for step in file.steps
        ),
        cpu_hours=file.budget.cpu_hours,
        gpu_hours=file.budget.gpu_hours,
    )
