"""Recognises text that tries to instruct an assistant or, through it, the reader.

What documents say is data. A sentence that addresses an assistant, asks to ignore earlier instructions, or
scripts what to tell the user is neither followed nor quoted; the passage is flagged to its owner. This is a
net of patterns with a bias to drop: it does not catch a lie told in a plain tone, which only the citation
and the page's owner can answer for.
"""

import base64
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

_READER = (
    r"(?:\bAIs?\b|\bLLMs?\b|assistants?|chat ?bots?|language models?|copilots?|(?:AI|coding|support|autonomous) agents?|"
    r"(?:automated|machine) (?:readers?|summari[sz]ers?)|bots? (?:reading|summari[sz]ing|indexing)|summari[sz]ation (?:tools?|models?))"
)
_ELSEWHERE = (  # the same order in other languages: to leave aside what was said before
    r"(?:ignorier\w*|vergiss|missachte\w*) .{0,30}(?:anweisung|vorgabe|instruktion|regel)\w*|"
    r"(?:ignore[zr]?|oublie[zr]?) .{0,30}(?:instructions?|consignes?|r[eè]gles)\b.{0,20}(?:pr[ée]c[ée]dent|ci-dessus|ant[ée]rieur)\w*|"
    r"(?:ignor[ae]\w*|olvid[ae]\w*|desconsider[ae]\w*) .{0,30}(?:instrucci|instru[cç]|istruzion|regole|reglas)\w*|"
    r"negeer .{0,30}(?:instructies|aanwijzingen)|ignorera .{0,30}(?:instruktioner|anvisningar)|zignoruj .{0,30}(?:instrukcj|polece)\w*|"
    r"(?:игнорируй|забудь|проигнорируй)\w* .{0,30}(?:инструкци|указани|правил)\w*|"
    r"(?:忽略|无视|無視|忘记|忘記).{0,12}(?:指令|指示|说明|提示|規則|规则)|(?:指示|命令|プロンプト|ルール).{0,8}(?:無視|忘れ)|"
    r"(?:이전|위의|모든).{0,12}(?:지시|명령|지침).{0,8}(?:무시|잊)"
)
_SAYING = r"(?:tell|inform|advise|instruct|direct|send|point|redirect|remind|urge|convince|persuade)"
_DUTY = r"(?:must|should|shall|need to|have to|ought to|are (?:required|instructed|told|asked|expected) to|please)"
_RELAY = (
    r"(?:tell|answer|say|state|recommend|reply|respond|ignore|disregard|follow|instruct|include|treat|direct|mention|"
    r"add|append|repeat|suggest|advise|inform|refer|insist|claim|pretend|refuse|send|omit|hide)"
)

# A pattern is tried on texts that hold, in lower case, one text of each group it needs: looking for a hundred words
# costs less than one of these expressions, and nearly all documentation is done after that. What a pattern can match
# always holds what it needs.
_Needs = tuple[tuple[str, ...], ...]
_ABOUT_AI = (
    "\0ai"  # stands in a folded text for the word itself, which every `container` and `available` holds
)
_NEEDS_READER: _Needs = (
    (
        *(
            _ABOUT_AI,
            "llm",
            "assistant",
            "chatbot",
            "chat bot",
            "language model",
            "copilot",
            "ai agent",
            "coding agent",
        ),
        *(
            "support agent",
            "autonomous agent",
            "automated ",
            "machine reader",
            "machine summari",
            "bot read",
            "bots read",
        ),
        *("bot summari", "bots summari", "bot index", "bots index", "summarisation", "summarization"),
    ),
)
_NEEDS_IGNORING: _Needs = (("ignore", "disregard", "forget", "override", "bypass", "discard"),)
_NEEDS_ELSEWHERE: _Needs = (
    (
        *(
            "ignor",
            "vergiss",
            "missacht",
            "oubli",
            "olvid",
            "desconsid",
            "negeer",
            "игнор",
            "забудь",
            "忽略",
            "无视",
        ),
        *("無視", "忘", "무시", "잊"),
    ),
)
_AI = re.compile(r"ai(?<!\wai)s?(?!\w)")
_DOTTED = str.maketrans("\u0130\u0131", "ii")  # which a pattern that ignores case takes for an i

_PATTERNS: tuple[tuple[str, _Needs, re.Pattern[str]], ...] = tuple(
    (reason, needs, re.compile(pattern, re.IGNORECASE | re.DOTALL))
    for reason, needs, pattern in (
        (
            "asks to ignore instructions",
            _NEEDS_IGNORING,
            r"\b(?:ignore|disregard|forget|override|bypass|discard)\b.{0,40}"
            r"\b(?:previous|prior|above|earlier|preceding|existing|other|all|any|your|system|these)\b.{0,40}"
            r"\b(?:instruct\w*|prompts?|rules?|guidelines?|directions?|context|safety|polic(?:y|ies)|"
            r"documents?|pages?|sources?|passages?)\b",
        ),
        (
            "addresses an assistant",
            _NEEDS_READER,
            rf"{_READER}[^.!?]{{0,60}}\b{_DUTY}\b[^.!?]{{0,80}}\b{_RELAY}\b",
        ),
        (
            "addresses an assistant",
            _NEEDS_READER,
            rf"(?:\b(?:note|notice|message|instructions?|attention|hint|hey|dear|important|for)\b[^.!?]{{0,30}}\b"
            rf"(?:to|for)?\b[^.!?]{{0,20}}|^\W*){_READER}\s*(?:[:,—–-]|reading|indexing|answering|that (?:read|index|answer))",
        ),
        (
            "addresses an assistant",
            _NEEDS_READER,
            r"\b(?:if|when|as|since|because)\b you(?:['’]re| are)? (?:an? )?" + _READER,
        ),
        (
            "addresses an assistant",
            (*_NEEDS_READER, ("you are",)),
            r"\byou are (?:now |no longer )?(?:an? |the )?(?:[\w-]+ ){0,3}" + _READER,
        ),
        (
            "scripts what to tell the user",
            (
                (
                    "tell",
                    "inform",
                    "advise",
                    "instruct",
                    "direct",
                    "send",
                    "point",
                    "remind",
                    "urge",
                    "convince",
                    "persuade",
                ),
                ("user", "reader", "ask", "whoever"),
            ),
            rf"\b{_SAYING}\b (?:the |any |every |all |your |whoever )?"
            r"(?:users?|readers?|askers?|whoever|anyone who asks|person asking|engineer asking)\b(?! (?:group|team)s?\b)",
        ),
        (
            "scripts what to answer",
            (
                ("answer", "respond", "reply", "recommend", "say"),
                ("always", "must", "should", "only", "with", "that"),
            ),
            r"\b(?:(?:always|must|should|only) (?:answer|respond|reply|say|recommend)|(?:answer|respond|reply) (?:only )?"
            r"(?:with|that))\b[^.!?]{0,80}\b(?:user|question|asked|asks|answer|reply|prompt|recommend)",
        ),
        (
            "scripts what to answer",
            (("asked ",),),
            r"\b(?:when|whenever|if)\b (?:you are |you're )?asked (?:about|how|who|what|which|for)\b",
        ),
        (
            "speaks of a prompt",
            (("prompt", "message", "instruction", "system", "assistant", "inst]", "<"),),
            r"\b(?:system|developer|hidden) (?:prompt|message|instructions?)\b|<\|?/?(?:im_?(?:start|end)|system|endoftext|(?:tool|function)_?(?:result|call|use)s?)\b|"
            r"\[/?INST\]|\bBEGIN (?:SYSTEM|INSTRUCTIONS?)\b|^\W*(?:system|assistant)\s*:\s*you\b",
        ),
        ("asks to ignore instructions", _NEEDS_ELSEWHERE, _ELSEWHERE),
        (
            "scripts what to answer",
            (
                ("summar", "answer", "repl", "response", "output"),
                ("should", "must", "has to", "ought to", "need to", "needs to"),
            ),
            r"\b(?:summar(?:y|ies)|answers?|repl(?:y|ies)|responses?|outputs?)\b[^.!?]{0,40}\b(?:about|of|from|on|to|based on|generated "
            r"from) (?:this|the) (?:page|document|section|topic|question|runbook)[^.!?]{0,30}\b(?:should|must|has to|ought to|needs? to)\b",
        ),
        (
            "gives a new role",
            (
                (
                    "from now on",
                    "henceforth",
                    "your new ",
                    "your real ",
                    "your actual ",
                    "your only ",
                    " mode",
                    "act as",
                    "new instruct",
                    "new directive",
                ),
            ),
            r"\b(?:from now on|henceforth),? (?:you|act|respond|answer|always)\b|\byour (?:new|real|actual|only) (?:task|instructions?|"
            r"objective|goal|role) (?:is|are)\b|\b(?:developer|god|jailbreak|DAN) mode (?:is )?(?:on|enabled|activated)\b|"
            r"\bact as (?:an? )?(?:unrestricted|unfiltered|root|jailbroken)\b|\bnew (?:instructions?|directives?) (?:for you|from "
            r"(?:the )?(?:system|developers?|administrators?))\b",
        ),
        (
            "speaks of a prompt",
            (("sys", "[", "override", "notice to", "instruction"),),
            r"<<\s*/?SYS\b|\[\s*(?:system|admin(?:istrator)?|assistant)[ _-]*(?:note|notice|message|override|instructions?|prompt)\s*\]|"
            r"\b(?:system|admin(?:istrator)?) (?:override|notice to (?:the )?model)\b|(?<!#)#+ ?(?:system|instruction)s? ?:|"
            r"\b(?:assistant|system|tool)_?instructions?\s*[:=]",
        ),
        (
            "asks to decode and obey",
            (
                ("decode", "decrypt", "unscramble", "rot13", "base64"),
                ("follow", "obey", "execute", "carry out", "do what", "act on", "comply"),
            ),
            r"\b(?:decode|decrypt|unscramble|rot13|base64)\b[^.!?]{0,60}\b(?:follow|obey|execute|carry out|do what|act on|comply)\b",
        ),
        (
            "sends what is asked elsewhere",
            (
                ("append", "add", "include", "insert", "put", "encode", "send", "forward"),
                ("question", "query", "prompt", "conversation", "context", "chat", "session"),
                ("http", "url", "link", "image", "query string", "@"),
            ),
            r"\b(?:append|add|include|insert|put|encode|send|forward)\b[^.!?]{0,40}\b(?:user['’]?s?|their|the|your|this) (?:question|query|"
            r"prompt|conversation|context|chat|session)\b[^.!?]{0,60}(?:https?:|\burl\b|\blink\b|\bimage\b|\bquery string\b|\bto \S+@)",
        ),
        (
            "sends what is asked elsewhere",
            (("http",), ("=",)),
            r"https?://[^\s)\]>\"']*[?&][\w-]+=\s*(?:\{+|<|%7B|\[|\$\{?)\s*(?:user|question|query|prompt|conversation|context|answer|"
            r"secret|token|data|chat)",
        ),
        (
            "asks for secrets",
            (
                ("paste", "post", "send", "share", "reveal", "print", "exfiltrate", "upload"),
                ("token", "password", "secret", "credential", "key"),
            ),
            r"\b(?:paste|post|send|share|reveal|print|exfiltrate|upload)\b[^.!?]{0,40}\b(?:your|their|the user['’]?s?)\b"
            r"[^.!?]{0,30}\b(?:tokens?|passwords?|secrets?|credentials?|api keys?|private keys?)\b",
        ),
        (
            "asks for secrets",
            (
                ("paste", "post", "send", "share", "forward", "submit", "copy", "upload", "exfiltrate"),
                ("token", "pass", "secret", "credential", "key"),
                ("http", "www.", "@"),
            ),
            r"\b(?:paste|post|send|share|forward|submit|copy|upload|exfiltrate)\b[^.!?]{0,60}"
            r"\b(?:tokens?|passwords?|passphrases?|secrets?|credentials?|api keys?|private keys?)\b[^.!?]{0,40}"
            r"\b(?:to|at|on|into)\b[^.!?]{0,20}(?:https?://|www\.|\S+@)",
        ),
    )
)

_ADDRESSED = re.compile(
    rf"^[ \t]*(?:\||#|//|--|;|[-+]|\d+[.)])[^\n|:]{{0,40}}?\b{_READER}[^\n|:]{{0,20}}:[^\n]{{0,160}}\b{_RELAY}\b|"
    rf"\|[ \t]*(?:note to |for )?{_READER}\s*[:,][^\n]{{0,600}}\b{_RELAY}\b",
    re.IGNORECASE | re.MULTILINE,
)
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)
_SMUGGLED = re.compile("[\U000e0020-\U000e007e]{4,}|[\U000e0100-\U000e01ef]{4,}|[\u202d\u202e]")
_BASE64 = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{24,}={0,2}(?![\w+/=])")
_SPELLED = re.compile(r"(?<!\w)(?:\w[ .-]){5,}\w(?!\w)")
_LOOKALIKES = str.maketrans("аеорсухіѕԁɡοΙАВЕІКМНОРСТХ", "aeopcyxisdgoIABEIKMHOPCTX")
_MIXED = re.compile(r"(?<!\w)(?=\w*[A-Za-z])(?=\w*[\u0370-\u052f\u0261])\w+")
_PART, _OVERLAP = 4_000, 1_000  # characters
_CODED = 4_000  # characters of what may be base64 that are decoded


@lru_cache(maxsize=8_192)
def why_suspicious(text: str) -> str | None:
    """The reason not to relay `text`, or None when it reads like ordinary documentation."""
    plain = text
    if not text.isascii():  # what hides or disguises letters is made of others
        if _SMUGGLED.search(text):
            return "hides text"
        plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
        plain = _MIXED.sub(lambda match: match.group().translate(_LOOKALIKES), plain)
    lines = re.sub(r"[*_`>]+|<!--|-->", "", plain)
    joined = re.sub(r"\s+", " ", lines)
    return (
        _somewhere(_matched, joined)
        or _somewhere(_at_a_line_start, lines)
        or _somewhere(_spelled_out, joined)
        or _encoded(joined)
    )


def _somewhere(look: Callable[[str], str | None], text: str) -> str | None:
    """What `look` finds in one of the overlapping parts of a long text: some patterns take time by the square."""
    if len(text) <= _PART:
        return look(text)
    for start in range(0, len(text), _PART - _OVERLAP):
        # A part that is none of the first must not look like the beginning of the text.
        if why := look(f"{'x ' if start else ''}{text[start : start + _PART]}"):
            return why
    return None


def _matched(text: str) -> str | None:
    folded = _folded(text)
    for reason, needs, pattern in _PATTERNS:
        if _holds(folded, needs) and pattern.search(text):
            return reason
    return None


def _folded(text: str) -> str:
    folded = text.translate(_DOTTED).lower()
    return folded + _ABOUT_AI if _AI.search(folded) else folded


def _holds(folded: str, needs: _Needs) -> bool:
    """Asked of every text that is read: loops take a third of the time of `all` and `any` over generators."""
    for group in needs:
        for one in group:
            if one in folded:
                break
        else:
            return False
    return True


def _at_a_line_start(lines: str) -> str | None:
    """Comments in code and cells of tables address an assistant where they begin."""
    begins = _holds(_folded(lines), _NEEDS_READER) and _ADDRESSED.search(lines)
    return "addresses an assistant" if begins else None


def _spelled_out(text: str) -> str | None:
    """`i g n o r e` is a word."""
    spelled = _SPELLED.sub(lambda match: re.sub(r"[ .-]", "", match.group()), text)
    return _matched(spelled) if spelled != text else None


def _encoded(text: str) -> str | None:
    for match in _BASE64.finditer(text):
        coded = match.group()[:_CODED]
        try:
            decoded = base64.b64decode(coded + "=" * (-len(coded) % 4)).decode("ascii")
        except ValueError:
            continue
        if _matched(decoded):
            return "hides text"
    return None


def suspicious(text: str) -> bool:
    """Whether `text` must not be quoted, relayed or shown to a model as guidance."""
    return why_suspicious(text) is not None
