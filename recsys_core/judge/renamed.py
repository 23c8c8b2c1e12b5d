"""Figures whose protocol's name means something else today: told, so that nobody compares them with new ones.

See docs/adr/0013-protocols-carry-the-names-of-the-literature.md.
"""

from recsys_core.judge.protocol import load_protocol, protocols

#: What a hash was called, and what the protocol of the same content is called today.
FORMER = {
    "43abf26a98efd924550311fcce30d18f67cd75c4309dc35f5d6a95c2162a1a4f": "loo-refit",
    "926709816f93dde6afa652c6d33992e9cb36c9de21eac280423972838ccd2bd4": "loo-full",
}


def changed(name: str, digest: str) -> str:
    """A sentence where figures of `name` were measured by something else than what is called so today; else ""."""
    today = load_protocol(name).hash if name in protocols() else ""
    if today == digest:
        return ""
    held = f"The protocol {name!r} changed: its hash was {digest[:12]}"
    held += f" and is {today[:12]} now" if today else ", and none is called so now"
    if now := FORMER.get(digest):
        held += f"; what it was is called {now!r} today"
    return f"{held}. Train and judge again. "
