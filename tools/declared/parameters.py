"""The typed parameters of a declared action, and the input model they make.

Texts are ASCII unless the file says `unicode: true`, since letters that look alike would be approved by eye; control
characters, line ends and `..` as a part of a path are refused in every text, whatever its pattern allows.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError, SchemaError

from tools.shapes import Input

_REQUIRED: Any = ...
_FIRST = re.compile(r"\^?(?:\[(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9_.:@/])+\]|[A-Za-z0-9_/])(?P<next>.?)")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # Unicode's categories
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks that show as nothing: fillers, the blank of Braille, variation selectors."""
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Strict(BaseModel):
    """A part of an action's file: unknown keys and loose types are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def prose(text: str) -> str:
    """A text that people and models read: the same. Raises `ValueError` for what a terminal obeys or nobody sees."""
    for char in text:
        if char != "\n" and unicodedata.category(char) in _UNSEEN:
            raise ValueError(f"holds {_named(char)}; control and invisible characters are refused")
    return text


class _Described(Strict):
    description: Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(prose)]


class Text(_Described):
    """`pattern` must fit the whole value; its dialect has neither look-around nor back references."""

    type: Literal["string"]
    pattern: str | None = Field(default=None, max_length=500)
    min_length: int = Field(default=1, ge=0, le=4_096)
    max_length: int = Field(default=200, ge=1, le=4_096)
    enum: Annotated[tuple[str, ...], Field(min_length=1, max_length=100)] | None = None
    unicode: bool = False
    default: str | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Text":
        if self.enum is not None and self.pattern is not None:
            raise ValueError("give either pattern or enum")
        if self.pattern is not None:
            _check_pattern(self.pattern)
        _in_order("min_length", self.min_length, "max_length", self.max_length)
        for value in self.enum or ():
            safe_text(value, unicode=self.unicode)
        return self

    def annotation(self) -> Any:
        check = AfterValidator(_checked(unicode=self.unicode))
        if self.enum is not None:
            return Literal[self.enum]
        whole = f"^(?:{self.pattern})$" if self.pattern is not None else None
        bounds = StringConstraints(min_length=self.min_length, max_length=self.max_length, pattern=whole)
        return Annotated[str, bounds, check]

    @property
    def may_be_option(self) -> bool:
        """Whether some value could begin with a dash, as far as enum and the pattern's first character tell."""
        if self.enum is not None:
            return any(value.startswith("-") for value in self.enum)
        return self.min_length == 0 or not _begins_without_dash(self.pattern)


class Integer(_Described):
    type: Literal["integer"]
    minimum: int
    maximum: int
    default: int | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Integer":
        _in_order("minimum", self.minimum, "maximum", self.maximum)
        return self

    def annotation(self) -> Any:
        return Annotated[int, Field(ge=self.minimum, le=self.maximum)]

    @property
    def may_be_option(self) -> bool:
        return self.minimum < 0


class Number(_Described):
    type: Literal["number"]
    minimum: Finite
    maximum: Finite
    default: Finite | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Number":
        _in_order("minimum", self.minimum, "maximum", self.maximum)
        return self

    def annotation(self) -> Any:
        return Annotated[float, Field(ge=self.minimum, le=self.maximum, allow_inf_nan=False)]

    @property
    def may_be_option(self) -> bool:
        return self.minimum < 0


class Boolean(_Described):
    type: Literal["boolean"]
    default: bool | None = None

    def annotation(self) -> Any:
        return bool

    @property
    def may_be_option(self) -> bool:
        return False


class EntityOf(_Described):
    """An entity of the catalog, by reference, name or title; passed on as `form` says."""

    type: Literal["entity"]
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=63)] | None = None
    form: Literal["ref", "name"] = "ref"
    default: str | None = None

    def annotation(self) -> Any:
        bounds = StringConstraints(min_length=1, max_length=300)
        return Annotated[str, bounds, AfterValidator(_checked(unicode=True))]

    @property
    def may_be_option(self) -> bool:
        return False


Single = Annotated[Text | Integer | Number | Boolean | EntityOf, Field(discriminator="type")]


class ListOf(_Described):
    type: Literal["list"]
    items: Single
    min_items: int = Field(default=0, ge=0, le=100)
    max_items: int = Field(ge=1, le=100)
    default: tuple[str | int | float | bool, ...] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "ListOf":
        _in_order("min_items", self.min_items, "max_items", self.max_items)
        return self

    def annotation(self) -> Any:
        many: Any = tuple.__class_getitem__((self.items.annotation(), ...))
        return Annotated[many, Field(min_length=self.min_items, max_length=self.max_items)]

    @property
    def may_be_option(self) -> bool:
        return self.items.may_be_option


Parameter = Annotated[Text | Integer | Number | Boolean | EntityOf | ListOf, Field(discriminator="type")]


def input_model(action: str, parameters: Mapping[str, Parameter]) -> type[Input]:
    """The input of a declared action. Raises `ValueError` for a name, a pattern or a default that cannot be."""
    fields: dict[str, Any] = {}
    for name, parameter in parameters.items():
        if hasattr(Input, name) or name.startswith(("model_dump", "model_validate")):
            raise ValueError(
                f"parameters.{name}: this name has a meaning of its own in what reads arguments; choose another, such as "
                f"`the_{name}`"
            )
        taken, default = parameter.annotation(), _REQUIRED
        try:
            adapter: TypeAdapter[Any] = TypeAdapter(taken)
        except SchemaError as error:
            raise ValueError(f"parameters.{name}: {error}") from error
        if parameter.default is not None:
            default = adapter.validate_python(parameter.default)
        fields[name] = (taken, Field(default=default, description=parameter.description))
    title = "".join(part.capitalize() for part in action.split("_"))
    made: type[Input] = create_model(title, __base__=Input, **fields)
    return made


def safe_text(value: str, *, unicode: bool) -> str:
    """The same text. Raises `ValueError` that names the character or the part that is refused."""
    for char in value:
        kind = unicodedata.category(char)
        if kind in _UNSEEN or _INVISIBLE.match(char):
            raise ValueError(f"holds {_named(char)}; line ends, control and invisible characters are refused")
        if not unicode and not char.isascii():
            raise ValueError(
                f"holds {_named(char)}, which is not ASCII and may look like another; spell it in ASCII"
            )
    if unicodedata.normalize("NFKC", value) != value:
        raise ValueError("is not in Unicode's normal form NFKC, so it could look like another text")
    if ".." in re.split(r"[/\\]", value):
        raise ValueError("has `..` as a part of a path; name the place itself")
    return value


def _checked(*, unicode: bool) -> Callable[[str], str]:
    def check(value: str) -> str:
        try:
            return safe_text(value, unicode=unicode)
        except ValueError as error:
            raise PydanticCustomError("unsafe_text", "{reason}", {"reason": str(error)}) from error

    return check


def _named(char: str) -> str:
    return f"U+{ord(char):04X} {unicodedata.name(char, 'control character')}"


def _check_pattern(pattern: str) -> None:
    """Raises `ValueError` for one that is none by itself, such as `a)|(?:.*`, which would leave the group around it."""
    if re.search(r"\(\?(?!:)", pattern):
        raise ValueError(f"pattern {pattern!r}: of groups with (? only (?:…) is taken")
    try:
        TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
    except SchemaError as error:
        raise ValueError(f"pattern {pattern!r}: {' '.join(str(error).split())}") from error


def _in_order(least: str, low: float, most: str, high: float) -> None:
    if low > high:
        raise ValueError(f"{least} {low} is more than {most} {high}, so that no value would fit")


def _begins_without_dash(pattern: str | None) -> bool:
    """Conservative: true only when the pattern begins with one plain character or class that no dash fits."""
    if pattern is None or "|" in pattern:
        return False
    first = _FIRST.match(pattern)
    return first is not None and first["next"] not in {"?", "*", "{"}
