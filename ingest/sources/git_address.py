"""Addresses of Git repositories as sources: `git+https://host/path@ref`, `git+file:///path@ref`."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ingest.errors import SourceError

# A path that was taken apart and put together again has lost slashes: git+https:/host is the same.
_ADDRESS = re.compile(
    r"git\+(?P<scheme>https|file):/+(?P<place>[^\s@?#:]+(?::\d{1,5}/[^\s@?#:]+)?)(?:@(?P<ref>[A-Za-z0-9][\w./+-]{0,199}))?"
)


@dataclass(frozen=True, slots=True)
class GitAddress:
    """`place` is `host/path`, or an absolute path without its first slash; `ref` a branch, tag or commit, "" for HEAD."""

    scheme: str
    place: str
    ref: str = ""

    @classmethod
    def parse(cls, text: str) -> "GitAddress":
        """Raises `SourceError`."""
        match = _ADDRESS.fullmatch(text)
        if match is None or ".." in match["place"].split("/") or (match["ref"] or "").startswith("-"):
            raise SourceError(
                f"{text[:200]!r} is no address of a Git repository; write git+https://host/path, or "
                "git+file:///path, with @branch, @tag or @commit behind it if it is not HEAD that you mean"
            )
        return cls(match["scheme"], match["place"], match["ref"] or "")

    @property
    def url(self) -> str:
        """As git takes it; a user or password in it is not allowed, so there is none to leak."""
        return f"{self.scheme}://{'/' if self.scheme == 'file' else ''}{self.place}"

    @property
    def name(self) -> str:
        """The last part of the path, without `.git`."""
        return (
            re.sub(r"[^a-z0-9._-]+", "-", Path(self.place).name.removesuffix(".git").lower()).strip("-.")
            or "git"
        )

    @property
    def folder(self) -> str:
        """A folder's name that no other address has."""
        return f"{self.name}-{sha256(f'{self.url}@{self.ref}'.encode()).hexdigest()[:10]}"

    def check_host(self, allowed: Collection[str]) -> None:
        """Raises `SourceError` for a host that the operator did not allow."""
        host = self.place.partition("/")[0].lower()
        if self.scheme == "https" and host not in allowed:
            known = ", ".join(sorted(allowed)) or "none"
            raise SourceError(
                f"the host {host!r} is not allowed for sources; they are: {known}. Add it to CUEBOOK_SOURCE_HOSTS"
            )


def is_git_address(text: str) -> bool:
    """Whether a source is meant as a repository."""
    return text.startswith("git+")
