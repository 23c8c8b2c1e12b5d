"""One file an action; `tools.catalogue` finds them, nothing lists them."""
