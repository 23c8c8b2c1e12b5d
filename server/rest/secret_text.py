"""Secrets in the bodies of requests. JSON can spell half a character (`"\\ud800"`), and no secret is made of those."""

from typing import Annotated

from pydantic import AfterValidator, SecretStr


def _whole(secret: SecretStr) -> SecretStr:
    try:
        secret.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("is no text; it holds half of a character") from None
    return secret


SecretText = Annotated[SecretStr, AfterValidator(_whole)]
