"""`read_doc_section`: verbatim text, in parts, with its neighbours."""

import pytest

from tools import Principal
from tools.call import Caller
from tools.errors import NotFound

STORE = "component:default/feature-store"


async def test_a_section_comes_verbatim_with_its_neighbours(caller: Caller, ada: Principal) -> None:
    read = await caller.call("read_doc_section", {"entity": "Feature Store", "path": "index.md"}, ada)
    assert read["markdown"] == "# Feature store\n\nServes features to rankers."
    assert (read["before"], read["after"]) == (None, {"anchor": "freshness", "heading": "Freshness"})
    assert (read["entity"], read["owner"], read["next_offset"]) == (STORE, "group:default/ranking", None)


async def test_a_long_page_comes_in_parts_that_join(caller: Caller, ada: Principal) -> None:
    asked = {"entity": STORE, "path": "index.md", "whole_page": True}
    whole = await caller.call("read_doc_section", asked, ada)
    first = whole["markdown"][:40]
    rest = await caller.call("read_doc_section", {**asked, "offset": 40}, ada)
    assert first + rest["markdown"] == whole["markdown"]
    assert len(whole["markdown"]) == whole["total_chars"] == rest["total_chars"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"entity": STORE, "path": "nope.md"}, "its pages are: index.md"),
        ({"entity": STORE, "path": "index.md", "anchor": "nope"}, "the anchors there are: '', 'freshness'"),
        ({"entity": STORE, "whole_page": True}, "a whole page needs its path; the pages of .* are: index.md"),
        ({"entity": "api:default/features", "path": "x.md"}, "its pages are: none, it has no docs"),
        ({"entity": "feature-stor", "path": "index.md"}, "did you mean component:default/feature-store"),
        (
            {"entity": "ranker", "path": "runbook.md"},
            "names 2 entities; call again with one of component:default/ranker, res",
        ),
        ({"entity": STORE, "path": "../../etc/passwd"}, "has no docs page '../../etc/passwd'"),
    ],
)
async def test_a_wrong_address_is_answered_with_right_ones(
    caller: Caller, ada: Principal, arguments: dict[str, object], told: str
) -> None:
    with pytest.raises(NotFound, match=told):
        await caller.call("read_doc_section", arguments, ada)
