"""The account of this machine that runs the process: for whom the command line and stdio act."""

import os
import pwd


def this_account() -> str:
    """`account:NAME`, by the process's own number: no variable changes it. The number where it has no name."""
    number = os.getuid()
    try:
        return f"account:{pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"account:{number}"
