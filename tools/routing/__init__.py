"""From a request in words to an action and its arguments; see `router`."""
