"""Which job a request means: `job-1f…`, `the last eval`, `my running als job`."""

import re
from collections.abc import Iterable, Iterator, Sequence

from tools.routing.known import KnownJob
from tools.things import Mention, Thing

_ID = re.compile(r"\bjob-[0-9a-f]{4,}\b")
_WHICH = r"(?:last|latest|newest|most recent|recent|previous|current|currently running|running|queued|failed|stuck|active|ongoing)"
_WORK = r"(?:training|train|evaluation|eval|evaluating|judging|embedding)"
_WHOSE = r"(?:my|the|that|this|our|his|her)"
_SAID = re.compile(
    rf"\b(?={_WHOSE}\s|{_WHICH}\s)(?:(?P<article>{_WHOSE})\s+)?(?P<which>(?:{_WHICH}\s+){{0,4}})(?P<middle>(?:[\w-]+\s+){{0,2}}?)"
    rf"(?:(?P<work>{_WORK})(?:\s+(?P<job>job|run|process))?|(?P<only>job|run))\b(?!\w|-\w)"
)
_WHATEVER = re.compile(
    r"\b(?:whatever|everything|anything|all|the one|the one that|what)(?: that)?(?: is|'s|’s) (?:running|going on|under way)\b"
)
_RECIPES = {"train": "train", "eval": "evaluate", "judg": "evaluate", "embed": "embed"}


def jobs_in(text: str, jobs: Sequence[KnownJob], *, taken: Iterable[Mention]) -> Iterator[Mention]:
    """A mention for each job that fits, the newest first; one without a value where there is none.

    taken: what the request names besides, of which a model's name tells jobs apart.
    """
    for match in _ID.finditer(text):
        yield Mention(Thing.JOB, match[0], match.start(), match.end(), kind="active")
    called = {each.value.partition(":")[0] for each in taken if each.thing in {Thing.MODEL, Thing.MODEL_KIND}}
    under_way = [job for job in jobs if job.is_active]
    for match in _WHATEVER.finditer(text):
        for place, job in enumerate(under_way):
            yield Mention(
                Thing.JOB, job.id, match.start(), match.end(), sure=0.4 - 0.01 * place, kind="active"
            )
    for match in _SAID.finditer(text):
        if not _is_one(match):
            continue
        found = list(_fitting(match, jobs, called))
        for place, job in enumerate(found):
            kind = "active" if job.is_active else job.recipe
            yield Mention(Thing.JOB, job.id, match.start(), match.end(), sure=0.9 - 0.01 * place, kind=kind)
        if not found:
            yield Mention(Thing.JOB, "", match.start(), match.end(), sure=0.3)


def _is_one(match: re.Match[str]) -> bool:
    """`the training`, `my job`, `last eval`: one that is there already, rather than work to be done."""
    if match["middle"].strip() in {"a", "an", "new", "another"} or re.search(
        r"\b(?:a|an|new|another|on|of|for|and|to|is|did|does|with|me|log|logs|model|data)\b", match["middle"]
    ):
        return False
    return bool(match["which"]) or (bool(match["article"]) and not match["middle"].strip().startswith("new"))


def _fitting(match: re.Match[str], jobs: Sequence[KnownJob], called: set[str]) -> Iterator[KnownJob]:
    work = match["work"] or ""
    recipe = next((name for start, name in _RECIPES.items() if work.startswith(start)), "")
    which = match["which"]
    state = "failed" if "failed" in which else "queued" if "queued" in which else ""
    running = any(word in which for word in ("running", "current", "active", "ongoing", "stuck"))
    fitting = [
        job
        for job in jobs
        if (not recipe or job.recipe == recipe)
        and (not state or job.state == state)
        and (not running or job.is_active)
    ]
    exactly = [job for job in fitting if set(match["middle"].split()) & set(job.words[:1])]
    named = exactly or [job for job in fitting if called & set(job.words)]
    found = named or fitting
    yield from found[:1] if re.search("last|latest|newest|recent", which) else found
