"""Forms of English verbs and nouns, as far as the tables need them."""

_IRREGULAR = {
    "run": "run", "take": "taken", "hold": "held", "have": "had", "read": "read", "make": "made", "build": "built",
    "oversee": "overseen", "sit": "sat",
}  # fmt: skip


def plural(noun: str) -> str:
    """Of the last word: `dependencies`, `boxes`, `owners`; `children` and `people` as they are."""
    head, _, last = noun.rpartition(" ")
    irregular = {"child": "children", "person": "people", "staff": "staff"}
    if last in irregular:
        found = irregular[last]
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        found = f"{last[:-1]}ies"
    else:
        found = f"{last}es" if last.endswith(("s", "x", "ch", "sh")) else f"{last}s"
    return f"{head} {found}".strip()


def third_person(verb: str) -> str:
    """`owns`, `relies`, `publishes`, `has`."""
    if verb == "have":
        return "has"
    return plural(verb)


def gerund(verb: str) -> str:
    """`owning`, `relying`, `running`, `using`."""
    if verb in {"run", "sit"}:
        return f"{verb}{verb[-1]}ing"
    return f"{verb[:-1]}ing" if verb.endswith("e") and not verb.endswith("ee") else f"{verb}ing"


def participle(verb: str) -> tuple[str, ...]:
    """`owned`, `relied on`, `run`, `taken care of`."""
    first, *rest = verb.split()
    if first in _IRREGULAR:
        return (_IRREGULAR[first], *rest)
    if first.endswith("e"):
        return (f"{first}d", *rest)
    return (f"{first[:-1]}ied" if first[-1] == "y" and first[-2] not in "aeiou" else f"{first}ed", *rest)
