"""Why a token is not taken.

    IdentityError
    ├── TokenRefused         it does not stand for anybody here (401)
    └── IssuerUnavailable    the issuer's keys cannot be read, so nobody can say (503)

No message repeats the token or anything of it that was not checked to be short and plain.
"""


class IdentityError(Exception):
    """Root of this package's errors."""


class TokenRefused(IdentityError):
    """A token that stands for nobody here; the message says which rule it failed."""


class IssuerUnavailable(IdentityError):
    """The issuer's keys cannot be read and none that are recent enough are known."""
