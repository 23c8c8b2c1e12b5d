"""Where a question begins and ends: polite words around it, which change nothing."""

from typing import TYPE_CHECKING

from ingest.answers.catalog.phrases import indexed, skip

if TYPE_CHECKING:
    from ingest.answers.catalog.grammar import Grammar

PREFIXES = (
    "please|can you|could you|would you|will you|can i|could i|may i|i want to|i would like to|i need to"
    "|i need|i want|we need|we need to|we want to|i am looking for|looking for|help me|tell me|tell us"
    "|show me|show us|show|give me|give us|get me|get|list|list me|list out|find|find me|find out|name"
    "|display|print|fetch|enumerate|identify|look up|lookup|know|see|learn|understand|do you know|do we know"
    "|any idea|any idea of|i wonder|i was wondering|wondering|remind me|hey|hi|hello|ok|okay|so|and|well|um"
    "|quick question|question|just|now|in our catalog|in the catalog|in backstage|according to the catalog"
    "|per the catalog|i would love to know|let me know|let us know|return|provide|write down|have|out|me"
    "|cuebook|thanks|for my report|for an audit|check|be so kind as to|be able to|say|explain|there are|also"
    "|then|,|.|about|view|search for|a list of|the list of|a listing of|an overview of|someone tell me"
    "|i have to know|it would be great to know|curious|out of curiosity|which are|what are|who are|who is"
    "|what is|which is|which ones are|what would be|i am interested in|i am curious|i would like"
    "|we would like to|i would need|i must know|need|want|give|report|could anyone tell me|can anyone tell me"
    "|can someone tell me|does anyone know|does anybody know|anyone know|anybody know|do you happen to know"
    "|if|according to backstage|would i find|where does it come from|i broke|somebody|someone|anybody|anyone|u|you|i|we|us|can|could|would|will|do|to|a|an|the|all|determine|figure out|how about|how come|walk|read out|pull up|look for|tell|let|like|with|my question is|question is|here is a question|point me to|direct me to|point me at|whats|info on|information on|details on"
)
SUFFIXES = (
    "please|cheers|ta|asap|does the catalog contain|does our catalog contain|does backstage have|does the catalog hold|thanks|thank you|right now|at the moment|these days|in the catalog|in backstage|in our catalog"
    "|in our org|in our organisation|in our organization|do we have|are there|is there|exist|exists|do exist"
    "|there|for me|here|at all|as of today|as of now|at present|are registered|registered|we have|there are"
    "|there is|exactly|in total|altogether|overall|if you can|if possible|according to the catalog"
    "|in this catalog|in the company|at our company|are in the catalog|are known|do you know|do you know of"
    "|by name|list them|which ones|and which|which|show them|name them|with names|list all|right|then|though"
    "|so far|are listed|listed|have been registered|in our software catalog|in the software catalog"
    "|we know of|can you find|in there|does the catalog have|does the catalog list|does the catalog know"
    "|are defined|and list them|i need this for a report|for me please|who are they|what are they|are they"
    "|in existence|to others|to other components|to the outside|to the outside world|if so who|if so list them|and if so who|and if so which|if any|if so which|who|in our case|and who is it|.|,"
)


def starts(g: "Grammar", at: int) -> list[int]:
    """Places where the question proper may begin: after any number of polite words."""
    found = [skip(g.row, at)]
    for start in found:  # grows as it is read
        for end, _ in indexed(PREFIXES).at(g.row, start):
            if skip(g.row, end) not in found:
                found.append(skip(g.row, end))
    return found


def is_end(g: "Grammar", at: int) -> bool:
    """Whether nothing but polite words follows."""
    waiting = [skip(g.row, at)]
    for place in waiting:
        if place >= len(g.row.words):
            return True
        for end, _ in indexed(SUFFIXES).at(g.row, place):
            if skip(g.row, end) not in waiting:
                waiting.append(skip(g.row, end))
    return False
