"""Questions that are no plain set: outages, paths, comparisons, superlatives, whom to call. One shape a line.

A shape is a row of pieces: `(a|b)` one of these phrases, `[a|b]` the same or nothing, `X` and `Y` noun phrases, `N` and `M`
nouns with filters, `R` the noun of a relation, `V` a relation's verb. What a shape means stands in `builds`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

_FAIL = (
    "(goes|go|is|went|were|was|gets|are|becomes|turns|would be|should be|had been|has gone|should go|would go|breaks|fails|dies|disappears|has an outage|has a outage|stops working|stops|crashes|broke|failed|"
    "has an incident|is not available|was gone|gone|is not working|were to fail|were to go|breaks down|stopped working|crashed|is having an outage|suffers an outage|fell over|falls over|is broken|stops responding|is not responding|were removed|is removed|is deleted) "
    "[down|away|offline|unavailable|out|broken|removed|deleted|lost|missing|switched off|turned off|failing|dead|unreachable|not available|shut down|taken down|decommissioned|retired|degraded|gone|unhealthy|unresponsive]"
)
_HIT = "(break|breaks|affected|impacted|hit|fail|fails|suffer|suffers|stop working|stops working|stop|stops|go down|goes down|broken|in trouble|at risk|disrupted|feel it|be down|down|fall over|affect|impact)"
_WILL = "[would|will|could|might|can|is|are|gets|get|may|does|do|else would|else will|else is|all] [be|get|also|also be|have been|been]"
_OUTAGE = "(outage|failure|loss|incident|downtime|outages|failures|crash|unavailability)"
_WHEN = "(if|when|once|in case|should|whenever|as soon as|while|because|after|were)"
_CALL = "(page|call|alert|wake|wake up|phone|escalate to|notify|contact|reach|ask|ping|tell|talk to|reach out to|inform|message|get hold of|turn to|go to|speak to|speak with|warn)"
_SHOULD = "(should|must|need to|needs to|have to|has to|should i|do i|can i|must i|could i|would i|to|should we|do we|can we|must we|should one|do you|would we|shall i|shall we|must be|should be|do i need to|do i have to|should you|can you)"
_ABOUT = "(for|about|when|if|once|because of|over|regarding|concerning|on|at night for|with questions about|with questions on|in case|with|about a problem with|about problems with|about an issue with|about issues with)"
_BROKEN = "(is broken|is on fire|is slow|is stuck|looks broken|looks stuck|looks slow|is unhealthy|is in trouble|is failing|pages|alerts|misbehaves|seems broken|is acting up|has problems|has a problem|has issues|acts up|is misbehaving)"
_LINKED = "(connected|related|linked|tied|wired|coupled|associated|attached)"
_MOST = "(most|highest number of|greatest number of|largest number of|biggest number of|maximum number of)"
_LEAST = "(fewest|least|lowest number of|smallest number of|minimum number of)"
_WHO = "(what|who|whom|which|which entities|what things|which things|whose|what else|who else|everything that|everything which|everyone who|what all|which ones|whatever)"
_SHAPES = rf"""
impact: {_WHO} {_WILL} {_HIT} [by] {_WHEN} X {_FAIL}
impact: {_WHO} {_WILL} {_HIT} by (an|the|a) {_OUTAGE} (of|in|at|to) X
impact: {_WHO} {_WILL} {_HIT} by [an|a|the] X {_OUTAGE}
impact: {_WHO} {_WILL} {_HIT} without X
impact: {_WHEN} X {_FAIL} [,] [then] {_WHO} [else] {_WILL} {_HIT}
impact: X {_FAIL} [.|,] (what|who|which entities|what else) {_WILL} {_HIT}
impact: [what is|what would be|what are|show|show me] [the] (impact|blast radius|effect|effects|consequences|fallout|repercussions) (of|from|if|when) [an|a|the] [{_OUTAGE} of|{_OUTAGE} in|{_OUTAGE} at] X [{_OUTAGE}]
impact: [what is|what would be|show|show me] [the] (impact|effect|consequences) (if|when) X {_FAIL}
impact: [what is|what would be|show|show me] X (impact|blast radius)
impact: X 's blast radius
impact: what (happens|would happen|will happen) [downstream|next|elsewhere] to (entities|other entities|the rest|everything else|others|the other entities|the rest of the catalog|other components|other services) {_WHEN} X {_FAIL}
impact among: (which|what) N {_WILL} {_HIT} by X (being down|being offline|being unavailable|going down|failing)
impact: {_WHO} {_WILL} {_HIT} by X (being down|being offline|being unavailable|going down|failing)
impact: what (happens|breaks|would happen|would break) (downstream|elsewhere) {_WHEN} X {_FAIL}
impact: what does [an|a|the] X {_OUTAGE} (affect|break|impact|hit)
impact: what does [an|a|the] {_OUTAGE} (of|in|at) X (affect|break|impact|hit)
impact: (what|who) (does|would|will) X (break|affect|impact|hit|take down|take with it)
impact: (what|which entities) (would|will|do|does) [we] (lose|break) {_WHEN} X {_FAIL}
impact among: (which|what) N {_WILL} {_HIT} [by] {_WHEN} X {_FAIL}
impact among: (which|what) N {_WILL} {_HIT} by (an|the|a) {_OUTAGE} (of|in|at|to) X
impact among: {_WHEN} X {_FAIL} [,] (which|what) N {_WILL} {_HIT}
impact among: N (affected|impacted|hit) [by] {_WHEN} X {_FAIL}
impact among: N (affected|impacted|hit) by [a|an|the] {_OUTAGE} (of|in|at|to) X
impact among: N (affected|impacted|hit) by [a|an|the] X {_OUTAGE}
impact owners: (who|whom|which teams|which team|which owners|which groups) {_SHOULD} (tell|warn|notify|inform|be told|be warned|be notified|be informed|notified|told|informed|warned|know) {_WHEN} X {_FAIL}
impact owners: [the] (owners|teams) to (tell|warn|notify|inform|alert|contact) {_WHEN} X {_FAIL}
impact owners: whose (services|components|things|systems|stuff|work) {_WILL} {_HIT} [by] {_WHEN} X {_FAIL}
impact owners: (who owns what|owners of what|whose is what|who owns everything that|owners of everything that|owners of everything) {_WILL} {_HIT} [by] {_WHEN} X {_FAIL}
impact owners: who is responsible for what {_HIT} {_WHEN} X {_FAIL}
on call: (who|whom|which team|what team) {_SHOULD} {_CALL} {_WHEN} X {_BROKEN}
on call: (who|whom|which team|what team) {_SHOULD} {_CALL} {_ABOUT} X
on call: (who|whom|which team) {_SHOULD} {_CALL} [right away] {_WHEN} X {_FAIL}
on call: {_WHEN} X {_FAIL} [,] (who|whom|which team) {_SHOULD} {_CALL} [about it|for help|right away]
on call: X {_FAIL} [.|,] (who|whom|which team) {_SHOULD} {_CALL} [about it|for help|right away|first]
on call: X {_BROKEN} [.|,] (who|whom|which team) {_SHOULD} {_CALL} [about it|for help|right away|first]
on call: (who|which team|who all) (is|are) [the] (on call|oncall) [person|team|engineer|engineers] [for] X
on call: [the] (on call|oncall) [person|team|engineer|rota|rotation] (for|of) X
on call: (who|which team) (answers|gets|takes|receives|handles) [the] (pages|pager|alerts|page|incidents) (for|of|about) X
on call: (who|which team) (gets paged|is paged|gets alerted|gets called|gets woken up) {_ABOUT} X
on call: (who|which team) carries the pager for X
path: (how|in what way|in which way) (is|are|was) X {_LINKED} (to|with) Y
path: (how|in what way) (is|are) X and Y {_LINKED} [to each other|with each other]
path: (how|in what way) (does|do) X (relate|connect|link|get) to Y
path: (how|in what way) do X and Y (relate|connect|interact) [to each other|with each other]
path: [is there|what is|show|show me|find|give me] [the|a|any] [shortest|dependency] (path|connection|link|relation|relationship|route|chain|relations) (from|between) X (to|and) Y
path: what (connects|links|relates|ties) X (to|with|and) Y
path: what (is|are) between X and Y
path: what does X have to do with Y
path: (is|are) X [in any way|somehow|indirectly] {_LINKED} (to|with) Y
path: (is|are) X and Y [in any way|somehow] {_LINKED}
depends: is there [any|a|some] [direct] (dependency|dependence) (from|of|between) X (to|on|and) Y
compare: compare X (and|with|to|versus|vs|against) Y
compare: [what is|what are|show] [the] (difference|differences) between X and Y
compare: (how do|how does) X and Y (differ|compare)
compare: how (does|do|is|are) X (differ from|compare to|compare with|different from) Y
compare: X (vs|versus|compared to|compared with) Y
compare: what (distinguishes|differentiates) X (from|and) Y
dangling: (which|what) N (have|has) (dangling|broken|unresolved|dead) (relations|references|refs|links|relationships)
dangling: N with (dangling|broken|unresolved|dead) (relations|references|refs|links|relationships)
dangling: [show|show me|are there|what are] [the|all|any] (dangling|broken|unresolved|dead) (relations|references|refs|relationships) [are there|exist|do we have]
dangling: (which|what) (relations|references|refs|links) (are|is) (dangling|broken|unresolved|dead)
dangling: [which|what] (dangling|broken|unresolved|dead) (relations|references|refs|relationships) [are there|exist|do we have]
dangling: [which|what] N [that|which] (refer to|reference|point to|depend on) (something|things|anything|entities) (missing from|absent from|not in|that is not in|that are not in|not found in) (the catalog|our catalog|backstage)
dangling: [which|what] N [that|which] (refer to|reference|point to|depend on|link to|point at) (something|things|anything|entities|an entity|one|what) [that|which] (does not exist|do not exist|is not in the catalog|are not in the catalog|is missing|are missing|is unknown|cannot be found|no longer exist|no longer exists|is nowhere|not in the catalog)
dangling: [which|what] N [that|which] (refer to|reference|point to|depend on) (something|things|anything|entities) (missing from|absent from|not in|that is not in|that are not in|not found in) (the catalog|our catalog|backstage)
dangling: [which|what] N [that|which] (refer to|reference|point to|depend on|link to|point at) (missing|non existent|nonexistent|unknown|undefined) (entities|entity|things|components|targets)
dangling targets: (which|what) (entities|things|targets) (are|is) (referenced|referred to|pointed to|pointed at|depended on) but (do not exist|does not exist|missing|are missing|not in the catalog|are not in the catalog|unknown|not defined|are not defined)
dangling targets: (targets|missing targets) of [the] (dangling|broken|unresolved) (relations|references)
dangling targets: (what|which) are the [missing] targets of [the] (dangling|broken|unresolved) (relations|references)
ranked: [which|what] N (has|have|with|having|got|gets|had|counts|that has|that have) [by far] [the] {_MOST} R
fewest: [which|what] N (has|have|with|having|that has|that have) [the] {_LEAST} R
ranked: N (with|having) [the] {_MOST} R
ranked of: [which|what] N (has|have|with|having|that has|that have) [the] {_MOST} M
fewest of: [which|what] N (has|have|with|having|that has|that have) [the] {_LEAST} M
ranked verb: [which|what|who] N V [the] {_MOST} M
ranked verb: (who|which one) V [the] {_MOST} M
fewest verb: [which|what|who] N V [the] {_LEAST} M
ranked by: [which|what] N (is|are|gets) V [the] {_MOST} M
ranked by most: [which|what] N (do|does) [the] {_MOST} M V
ranked used: [which|what is|what are] [the] (most|most widely|most heavily|most often|most frequently) (depended on|depended upon|relied on|relied upon|required|needed|used|consumed|called) N
ranked used: [which|what] N (is|are|gets) [the] (most|most widely|most heavily|most often|the most) (depended on|depended upon|relied on|relied upon|required|needed|used|consumed|called)
ranked used: [which|what] N (is|are|gets) (depended on|depended upon|relied on|relied upon|required|needed|used|consumed|called) [by] [the] (most|most often|by the most|by most|more than any other)
ranked of: [which|what|what is|which is] [the|our] (largest|biggest) N by [the] [number of|count of] M
ranked size: [which|what|what is|which is|what are] [the|our] (largest|biggest) N [in the catalog]
ranked size: (which|what) N is [the] (largest|biggest)
fewest size: [which|what|what is|which is] [the|our] smallest N
fewest size: (which|what) N is [the] smallest
"""


_PIECE = re.compile(r"\([^)]*\)|\[(?:[^\[\]()]|\([^)]*\))*\]|\S+")


@dataclass(frozen=True)
class Shape:
    """`pieces`: what kind each is (`words` or a slot), the phrases it allows, whether it may be left out."""

    name: str
    pieces: tuple[tuple[str, str, bool], ...]


@cache
def shapes() -> tuple[Shape, ...]:
    """Every line of the table."""
    return tuple(_read_shape(line) for line in _SHAPES.strip().splitlines())


def _read_shape(line: str) -> Shape:
    name, _, pieces = line.partition(": ")
    return Shape(name, tuple(_read_piece(piece) for piece in _PIECE.findall(pieces)))


def _read_piece(piece: str) -> tuple[str, str, bool]:
    """What kind of piece, the phrases it allows, whether it may be left out."""
    if piece in {"X", "Y", "N", "M", "R", "V"}:
        return piece, "", False
    optional = piece.startswith("[")
    inside = piece.strip("[]") if optional else piece.strip("()")
    return "words", "|".join(_alternatives(inside)), optional


def _alternatives(inside: str) -> Iterator[str]:
    """`a|b (c|d) e` as `a`, `b c e`, `b d e`."""
    depth, start, parts = 0, 0, []
    for at, letter in enumerate(f"{inside}|"):
        depth += (letter == "(") - (letter == ")")
        if letter == "|" and depth == 0:
            parts.append(inside[start:at])
            start = at + 1
    for part in parts:
        if (group := re.search(r"\(([^)]*)\)", part)) is None:
            yield part
        else:
            for option in group[1].split("|"):
                yield from _alternatives(f"{part[: group.start()]}{option}{part[group.end() :]}")
