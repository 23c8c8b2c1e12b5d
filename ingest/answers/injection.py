"""Recognises text that tries to instruct an assistant or, through it, the reader.

What documents say is data. A sentence that addresses an assistant, asks to ignore earlier instructions, or
scripts what to tell the user is neither followed nor quoted; the passage is flagged to its owner. This is a
net of patterns with a bias to drop: it does not catch a lie told in a plain tone, which only the citation
and the page's owner can answer for.
"""

import re
import unicodedata

_READER = (
    r"(?:\bAIs?\b|\bLLMs?\b|assistants?|chat ?bots?|language models?|copilots?|(?:AI|coding|support) agents?)"
)
_SAYING = r"(?:tell|inform|advise|instruct|direct|send|point|redirect|remind|urge|convince|persuade)"
_DUTY = r"(?:must|should|shall|need to|have to|ought to|are (?:required|instructed|told|asked|expected) to|please)"
_RELAY = (
    r"(?:tell|answer|say|state|recommend|reply|respond|ignore|disregard|follow|instruct|include|treat|direct|mention|"
    r"add|append|repeat|suggest|advise|inform|refer|insist|claim|pretend|refuse|send|omit|hide)"
)

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern, re.IGNORECASE | re.DOTALL))
    for reason, pattern in (
        (
            "asks to ignore instructions",
            r"\b(?:ignore|disregard|forget|override|bypass|discard)\b.{0,40}"
            r"\b(?:previous|prior|above|earlier|preceding|existing|other|all|any|your|system|these)\b.{0,40}"
            r"\b(?:instruct\w*|prompts?|rules?|guidelines?|directions?|context|safety|polic(?:y|ies)|"
            r"documents?|pages?|sources?|passages?)\b",
        ),
        ("addresses an assistant", rf"{_READER}[^.!?]{{0,60}}\b{_DUTY}\b[^.!?]{{0,80}}\b{_RELAY}\b"),
        (
            "addresses an assistant",
            rf"(?:\b(?:note|notice|message|instructions?|attention|hint|hey|dear|important|for)\b[^.!?]{{0,30}}\b"
            rf"(?:to|for)?\b[^.!?]{{0,20}}|^\W*){_READER}\s*(?:[:,—–-]|reading|indexing|answering|that (?:read|index|answer))",
        ),
        (
            "addresses an assistant",
            r"\b(?:if|when|as|since|because)\b you(?:['’]re| are)? (?:an? )?" + _READER,
        ),
        (
            "addresses an assistant",
            r"\byou are (?:now |no longer )?(?:an? |the )?(?:[\w-]+ ){0,3}" + _READER,
        ),
        (
            "scripts what to tell the user",
            rf"\b{_SAYING}\b (?:the |any |every |all |your |whoever )?"
            r"(?:users?|readers?|askers?|whoever|anyone who asks|person asking|engineer asking)\b(?! (?:group|team)s?\b)",
        ),
        (
            "scripts what to answer",
            r"\b(?:(?:always|must|should|only) (?:answer|respond|reply|say|recommend)|(?:answer|respond|reply) (?:only )?"
            r"(?:with|that))\b[^.!?]{0,80}\b(?:user|question|asked|asks|answer|reply|prompt|recommend)",
        ),
        (
            "scripts what to answer",
            r"\b(?:when|whenever|if)\b (?:you are |you're )?asked (?:about|how|who|what|which|for)\b",
        ),
        (
            "speaks of a prompt",
            r"\b(?:system|developer|hidden) (?:prompt|message|instructions?)\b|<\|?(?:im_start|system|endoftext)\|?>|"
            r"\[/?INST\]|\bBEGIN (?:SYSTEM|INSTRUCTIONS?)\b|^\W*(?:system|assistant)\s*:\s*you\b",
        ),
        (
            "asks for secrets",
            r"\b(?:paste|post|send|share|reveal|print|exfiltrate|upload)\b[^.!?]{0,40}\b(?:your|their|the user['’]?s?)\b"
            r"[^.!?]{0,30}\b(?:tokens?|passwords?|secrets?|credentials?|api keys?|private keys?)\b",
        ),
    )
)

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]")


def why_suspicious(text: str) -> str | None:
    """The reason not to relay `text`, or None when it reads like ordinary documentation."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    plain = re.sub(r"[*_`>]+", "", re.sub(r"\s+", " ", plain))
    return next((reason for reason, pattern in _PATTERNS if pattern.search(plain)), None)


def suspicious(text: str) -> bool:
    """Whether `text` must not be quoted, relayed or shown to a model as guidance."""
    return why_suspicious(text) is not None
