"""What `@action` refuses at import, and what it tells clients."""

from typing import Any

import pytest
from pydantic import Field, SecretStr

from tools import Effect, Input, Output, Plan, Run, Started, action


class Name(Input):
    name: str = Field(description="A name.")


class Greeting(Output):
    text: str = Field(description="A greeting.")


def test_effect_and_scope_have_no_default() -> None:
    with pytest.raises(TypeError, match="needs both `effect=`"):
        action(scope="docs:read")
    with pytest.raises(TypeError, match="neither has a default"):
        action(effect=Effect.READS)


def test_effect_and_scope_are_keywords() -> None:
    with pytest.raises(TypeError, match="positional"):
        action(Effect.READS, "docs:read")  # type: ignore[call-arg]  # the mistake under test


@pytest.mark.parametrize("scope", ["docs", "", "docs read", "Docs:Read"])
def test_a_scope_names_a_thing_and_a_verb(scope: str) -> None:
    with pytest.raises(TypeError, match="thing:verb"):
        action(effect=Effect.READS, scope=scope)


def test_an_effect_is_no_text() -> None:
    wrong: Any = "reads"
    with pytest.raises(TypeError, match=r"Effect\.READS"):
        action(effect=wrong, scope="docs:read")


def test_an_action_without_a_docstring_is_refused() -> None:
    with pytest.raises(TypeError, match="docstring is missing"):

        @action(effect=Effect.READS, scope="docs:read")
        async def greet(input: Name, run: Run) -> Greeting:
            return Greeting(text=input.name)


def test_an_action_takes_an_input_and_a_run() -> None:
    wrong: Any = action(effect=Effect.READS, scope="docs:read")

    async def greet(name: str) -> str:
        """Greet."""
        return name

    with pytest.raises(TypeError, match=r"async def greet\(input: <an Input>, run: Run\) -> <an Output>"):
        wrong(greet)


def test_an_action_is_asynchronous() -> None:
    wrong: Any = action(effect=Effect.READS, scope="docs:read")

    def greet(input: Name, run: Run) -> Greeting:
        """Greet."""
        return Greeting(text=input.name)

    with pytest.raises(TypeError, match=r"CPU work goes through `run\.in_thread`"):
        wrong(greet)


def test_an_action_with_an_effect_needs_a_plan_step() -> None:
    @action(effect=Effect.WRITES, scope="docs:write")
    async def greet(input: Name, run: Run) -> Greeting:
        """Greet."""
        return Greeting(text=input.name)

    with pytest.raises(TypeError, match=r"has no plan step; add `@greet\.planned_by"):
        greet.complete()


def test_a_read_has_no_plan_step() -> None:
    @action(effect=Effect.READS, scope="docs:read")
    async def greet(input: Name, run: Run) -> Greeting:
        """Greet."""
        return Greeting(text=input.name)

    async def plan(input: Name, run: Run) -> Plan:
        return Plan()

    with pytest.raises(TypeError, match="a read is not planned"):
        greet.planned_by(plan)


def test_a_field_without_a_description_is_refused() -> None:
    class Bare(Input):
        name: str

    @action(effect=Effect.READS, scope="docs:read")
    async def greet(input: Bare, run: Run) -> Greeting:
        """Greet."""
        return Greeting(text=input.name)

    with pytest.raises(TypeError, match="no description: name"):
        greet.complete()


def test_a_secret_never_enters_a_stored_plan() -> None:
    class Keyed(Input):
        key: SecretStr = Field(description="A key.")

    wrong: Any = action(effect=Effect.WRITES, scope="docs:write")

    async def greet(input: Keyed, run: Run) -> Greeting:
        """Greet."""
        return Greeting(text="")

    with pytest.raises(TypeError, match="key would be stored in the plan"):
        wrong(greet)


def test_an_action_that_starts_a_job_answers_its_handle() -> None:
    wrong: Any = action(effect=Effect.STARTS_JOB, scope="jobs:start")

    async def greet(input: Name, run: Run) -> Greeting:
        """Greet."""
        return Greeting(text="")

    with pytest.raises(TypeError, match=Started.__name__):
        wrong(greet)


def test_info_is_what_the_code_says() -> None:
    @action(effect=Effect.DESTROYS, scope="docs:write")
    async def greet(input: Name, run: Run) -> Greeting:
        """Greet somebody.

        Use it at the door.
        """
        return Greeting(text=input.name)

    info = greet.info
    assert (info.title, info.description) == ("Greet somebody", "Greet somebody.\n\nUse it at the door.")
    assert (info.annotations.read_only, info.annotations.destructive) == (False, True)
    context = info.input_schema["properties"].pop("context")
    assert "conversation" in context["description"]
    assert info.input_schema == {
        "type": "object",
        "properties": {"name": {"type": "string", "description": "A name."}},
        "required": ["name"],
        "additionalProperties": False,
    }
    assert set(info.output_schema["properties"]) >= {"status", "plan", "digest", "result", "job"}
