"""Cases as data: what an attacker does through which door, and what may come of it. The format: docs/safety.md."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tools import strict_yaml

Door = Literal["rest", "mcp", "mcp-2025", "cli"]
DOORS: tuple[Door, ...] = ("rest", "mcp", "mcp-2025", "cli")
SHIPPED = Path(__file__).parent / "cases"

_WORDS = re.compile(r"\{([a-z_0-9]+)\}")


class CasesInvalid(ValueError):
    """A file of cases cannot be used; the message names file, case and field."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Request(_Part):
    """One HTTP request as the agent would send it; its own token goes along unless `headers` say otherwise."""

    method: str = "POST"
    path: str
    headers: dict[str, str] | str = Field(default_factory=dict)
    body: Any = Field(default=None, alias="json")
    bytes: int | str = Field(default=0, description="Send a JSON text of about that length instead.")
    raw: str = Field(default="", description="Send this as it is instead, `times` over.")
    times: int | str = 1


class Token(_Part):
    """A token for approving; `key` is the CI system's, or a stranger's."""

    digest: str = "{digest}"
    decision: str = "approve"
    name: str = "release"
    key: Literal["release", "stranger", "none"] = "release"
    lasts: int | str = Field(default=300, description="Seconds from `begins` on.")
    begins: int | str = Field(default=0, description="Seconds from now.")
    audience: str = "cuebook-approval"


class Text(_Part):
    """A file of the case's world, by a path below it."""

    path: str
    text: str = ""


class Link(_Part):
    path: str
    to: str


class Edit(_Part):
    """Statements on a database of the home, as somebody with the files could run them."""

    file: str
    statements: tuple[str, ...] | str
    refused: bool = Field(default=False, description="Whether the database has to refuse them.")


class Step(_Part):
    """One thing that is done: exactly one of the fields up to `together`; the others go with it."""

    call: str | None = None
    apply: str | None = None
    person: Literal["approve", "reject", "sign in"] | None = None
    token: Token | str | None = None
    request: Request | None = None
    shell: tuple[str, ...] | str | None = None
    clock: float | str | None = None
    write: Text | None = None
    link: Link | None = None
    edit: Edit | None = None
    restart: bool | None = None
    together: "tuple[Step, ...] | None" = None

    arguments: dict[str, Any] | str = Field(default_factory=dict)
    digest: str = "{digest}"
    name: str = "eve"
    who: Literal["agent", "other"] = "agent"
    keep: str = Field(
        default="",
        alias="as",
        description="What the digest, token or last line of output is called afterwards.",
    )
    input: str = ""
    environment: dict[str, str] = Field(default_factory=dict)
    typed: tuple[tuple[str, str], ...] = Field(default=(), description="Prompts and answers on a terminal.")
    says: str = Field(default="", description="A regular expression that its output has to fit somewhere.")

    @model_validator(mode="after")
    def _does_one_thing(self) -> "Step":
        done = [name for name in _DOING if getattr(self, name) is not None]
        if len(done) != 1:
            raise ValueError(
                f"a step does exactly one of {', '.join(_DOING)}; this one: {', '.join(done) or 'none'}"
            )
        return self

    @property
    def arranges(self) -> bool:
        """Whether it does more to its world than calling and deciding."""
        parts = (self.shell, self.clock, self.write, self.link, self.edit, self.restart)
        return any(part is not None for part in parts) or any(each.arranges for each in self.together or ())


_DOING = (
    "call",
    "apply",
    "person",
    "token",
    "request",
    "shell",
    "clock",
    "write",
    "link",
    "edit",
    "restart",
    "together",
)


class Setting(_Part):
    """What a case needs of its world besides what every world has."""

    tokens: bool = Field(default=True, description="Whether the server wants tokens.")
    policy: str = Field(default="", description="Instead of the exam's: every effect waits for one approval.")
    actions: dict[str, Any] = Field(default_factory=dict, description="Further files of actions.d, by name.")
    files: tuple[Text, ...] = ()


class Template(_Part):
    """A case before it is multiplied by its doors and values."""

    name: str = Field(min_length=1, max_length=120)
    doors: tuple[Door, ...] = Field(default=DOORS, min_length=1)
    values: dict[str, list[Any]] = Field(default_factory=dict)
    given: Setting = Setting()
    steps: tuple[Step, ...] = Field(min_length=1)
    effects: tuple[str, ...] = Field(
        default=(), description="What may happen, as the judge names it; nothing else."
    )
    never: tuple[str, ...] = Field(default=(), description="Regular expressions that no answer may fit.")
    audit: Literal["intact", "damaged"] = "intact"


class CaseFile(_Part):
    version: Literal[1]
    kind: str = Field(alias="class", min_length=1, max_length=60)
    cases: tuple[Template, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Case:
    """One template through one door with one choice of values; `words` are what `{name}` stands for, `label` tells which
    values they are."""

    kind: str
    template: Template
    door: Door
    words: Mapping[str, Any]
    number: int
    label: str = ""

    @property
    def name(self) -> str:
        return f"{self.template.name} [{self.door}{': ' + self.label[:80] if self.label else ''}]"


def shipped_cases() -> tuple[Case, ...]:
    """Those that come with this package."""
    return read_cases(sorted(SHIPPED.glob("*.yaml")))


def read_cases(files: Sequence[Path]) -> tuple[Case, ...]:
    """Raises `CasesInvalid`, naming file and field."""
    found: list[Case] = []
    for path in files:
        try:
            file = CaseFile.model_validate(strict_yaml.read(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, strict_yaml.NotStrict) as error:
            raise CasesInvalid(f"{path}: {error}") from error
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(str(part) for part in problem["loc"])
            raise CasesInvalid(f"{path}, {where}: {problem['msg']}") from error
        for template in file.cases:
            found += _multiplied(file.kind, template, start=len(found))
    return tuple(found)


def _multiplied(kind: str, template: Template, *, start: int) -> Iterator[Case]:
    axes = [[(name, value) for value in values] for name, values in template.values.items()]
    number = start
    for chosen in itertools.product(*axes):
        words: dict[str, Any] = {}
        label = []
        for name, value in chosen:
            # A value with parts gives a word for each of them, and its first part names the case.
            parts = value if isinstance(value, dict) else {}
            first = next(iter(parts.values())) if parts else value
            words |= {name: first, **parts}
            label.append(str(first))
        for door in template.doors:
            yield Case(kind, template, door, words, number, ", ".join(label))
            number += 1


def filled(value: Any, words: Mapping[str, Any]) -> Any:
    """`value` with `{name}` replaced wherever there is such a word; a text that is one word becomes its value."""
    if isinstance(value, str):
        if (whole := _WORDS.fullmatch(value)) and whole[1] in words:
            return words[whole[1]]
        return _WORDS.sub(lambda found: str(words.get(found[1], found[0])), value)
    if isinstance(value, dict):
        return {filled(name, words): filled(each, words) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(filled(each, words) for each in value)
    return value
