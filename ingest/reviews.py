"""What a page or its entity says of its review.

A page says so in its front matter, an entity in an annotation, both under the name `cuebook.dev/reviewed`: a date,
who did it, or both, in the author's words. In front matter the names that sites commonly use count as well.
"""

import re
from collections.abc import Mapping
from datetime import date

from ingest.entities import Entity

REVIEWED = "cuebook.dev/reviewed"
_COMMON = ("last_reviewed", "last-reviewed", "lastReviewed", "last_review", "reviewed", "review_date")
_LONGEST = 100
_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})(?:-(\d{2}))?(?!\d)")


def reviewed(front_matter: Mapping[str, object], entity: Entity) -> str:
    """What the page, or else its entity, says of its review; empty when nothing."""
    own = (_text(front_matter.get(name)) for name in (REVIEWED, *_COMMON))
    return next(filter(None, own), "") or _text(entity.annotations.get(REVIEWED))


def review_date(said: str) -> date | None:
    """The last date in what is said of a review, `2024-03` being its first day; None when there is none."""
    found = None
    for year, month, day in _DATE.findall(said):
        try:
            found = date(int(year), int(month), int(day or 1))
        except ValueError:  # 2024-13: some other number
            continue
    return found


def _text(value: object) -> str:
    if value is True:
        return "yes"
    if value is None or value is False or str(value).strip().lower() in {"", "false", "no"}:
        return ""
    return " ".join(str(value).split())[:_LONGEST]
