"""Which function turns a heading into its anchor: the names that sites write in `mkdocs.yml`, mapped.

A site's `toc: slugify:` is a dotted Python path. It is read as data and looked up here; nothing that a
document names is ever imported. See https://python-markdown.github.io/extensions/toc/ and
https://facelessuser.github.io/pymdown-extensions/extras/slugs/.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_CASES = ("none", "lower", "lower-ascii", "fold")
_FORMS = ("NFC", "NFD", "NFKC", "NFKD")


@dataclass(frozen=True, slots=True)
class Slug:
    """How headings become anchors: `words` makes the slug of a text, `separator` stands between words."""

    words: Callable[[str, str], str]
    separator: str = "-"

    def __call__(self, text: str) -> str:
        return self.words(text, self.separator)


def ascii_slug(text: str, separator: str) -> str:
    """`markdown.extensions.toc.slugify`; python-markdown is imported when the first page is read."""
    from markdown.extensions.toc import slugify

    return slugify(text, separator)


def unicode_slug(text: str, separator: str) -> str:
    """`markdown.extensions.toc.slugify_unicode`."""
    from markdown.extensions.toc import slugify_unicode

    return slugify_unicode(text, separator)


MKDOCS_SLUG = Slug(ascii_slug)
"""What mkdocs does unless told otherwise: ASCII letters, in lower case, with hyphens."""

_LEGACY: Mapping[str, Mapping[str, Any]] = {
    "uslugify": {"case": "lower"},
    "uslugify_encoded": {"case": "lower", "percent_encode": True},
    "uslugify_cased": {},
    "uslugify_cased_encoded": {"percent_encode": True},
    "gfm": {"case": "lower-ascii"},
    "gfm_encoded": {"case": "lower-ascii", "percent_encode": True},
}


def named_slug(name: str, keywords: Mapping[str, Any], *, separator: str = "-") -> Slug | None:
    """The slug function that a site names, such as `pymdownx.slugs.slugify` with `{"case": "lower"}`.

    None when the name, or a keyword's value, is not one that is known here.
    """
    if name == "markdown.extensions.toc.slugify":
        return Slug(ascii_slug, separator)
    if name == "markdown.extensions.toc.slugify_unicode":
        return Slug(unicode_slug, separator)
    package, _, function = name.rpartition(".")
    if package != "pymdownx.slugs":
        return None
    if function == "slugify":
        return _configured(keywords, separator)
    return _configured(_LEGACY[function], separator) if function in _LEGACY else None


def _configured(keywords: Mapping[str, Any], separator: str) -> Slug | None:
    case = keywords.get("case", "none")
    form = keywords.get("normalize", "NFC")
    if case not in _CASES or form not in _FORMS:
        return None
    encode = bool(keywords.get("percent_encode", False))
    from pymdownx.slugs import slugify

    return Slug(slugify(case=case, normalize=form, percent_encode=encode), separator)
