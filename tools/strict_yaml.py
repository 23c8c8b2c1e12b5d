"""YAML that people write to decide something: plain data, without what makes it ambiguous or explosive.

Refused are a key that stands here twice (the last one would win silently), aliases, tags and keys that are no text.
"""

from typing import Any

LARGEST = 1_000_000  # bytes
_DEEPEST = 20


class NotStrict(ValueError):
    """The text is no YAML, or uses a part of it that is refused here; the message names the line."""


def read(text: str) -> Any:
    """The one document in `text`. Raises `NotStrict`."""
    import yaml

    if len(text) > LARGEST:
        raise NotStrict(f"it is longer than {LARGEST:,} characters")
    loader = _loader_class()(text)
    try:
        return loader.get_single_data()
    except yaml.YAMLError as error:
        raise NotStrict(f"it is no YAML: {' '.join(str(error).split())}") from error
    except NotStrict:
        raise
    except ValueError as error:  # a date that is none, a number of thousands of digits
        raise NotStrict(
            f"a value cannot be read as what it looks like ({error}); put it in quotes"
        ) from error
    finally:
        loader.dispose()


def _loader_class() -> Any:
    import yaml

    class Strict(yaml.SafeLoader):
        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                event = _next(self)
                raise NotStrict(
                    f"line {_line(event)}: the alias *{event.anchor}; aliases are refused, write the value out"
                )
            self.depth += 1
            if self.depth > _DEEPEST:
                raise NotStrict(f"line {_line(_next(self))}: nested deeper than {_DEEPEST} levels")
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen = set()
            for key, _ in node.value:
                if key.tag != "tag:yaml.org,2002:str":
                    raise NotStrict(
                        f"line {_line(key)}: a key is no text, but {key.value!r}; put it in quotes"
                    )
                if key.value in seen:
                    raise NotStrict(f"line {_line(key)}: the key {key.value!r} stands here twice")
                seen.add(key.value)
            return super().construct_mapping(node, deep=deep)

    return Strict


def _next(loader: Any) -> Any:
    return loader.peek_event()


def _line(found: Any) -> int:
    return int(found.start_mark.line) + 1
