"""Logs are structured, go to standard error, and keep secrets to themselves."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from server.logs import configure_logging
from server.settings import ApiToken, LogSettings, Settings

TOKEN = "correct-horse-battery"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def settings(**log: object) -> Settings:
    return Settings(
        sources=(),
        api_tokens=(ApiToken.model_validate({"name": "ci", "token": TOKEN}),),
        log=LogSettings.model_validate(log),
    )


def test_no_secret_reaches_the_log_wherever_it_sits(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(settings(json=True))
    log = structlog.get_logger("test")

    log.info(f"header {TOKEN}", api_key="k-123", nested={"password": "p", "list": [f"x{TOKEN}y"]})
    logging.getLogger("other").warning("Authorization: Bearer abcdefghijkl")
    log.error("failed", exc_info=ValueError(TOKEN))

    out, err = capsys.readouterr()
    assert out == ""
    for secret in (TOKEN, "k-123", '"p"', "abcdefghijkl"):
        assert secret not in err
    first = json.loads(err.splitlines()[0])
    assert first["event"] == "header ***"
    assert first["nested"]["list"] == ["x***y"]
    assert all(json.loads(line) for line in err.splitlines())


def test_quiet_commands_say_only_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(settings(), quiet=True)

    structlog.get_logger("test").info("fine")
    structlog.get_logger("test").warning("not fine")

    err = capsys.readouterr().err
    assert "not fine" in err
    assert err.count("\n") == 1
