"""Settings come from one place and say what is wrong with them."""

from pathlib import Path

import pytest

from server.settings import Settings, SettingsInvalid, default_sources, describe, load

TOKEN = "correct-horse-battery"


def test_a_command_line_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "settings.toml").write_text('port = 1\nhost = "localhost"\n[log]\nlevel = "ERROR"\n')
    monkeypatch.setenv("CUEBOOK_HOME", str(tmp_path))
    monkeypatch.setenv("CUEBOOK_HOST", "::1")

    settings = load({"port": 3, "host": None})

    assert (settings.port, settings.host, settings.log.level) == (3, "::1", "ERROR")
    sources = {line.name: line.source for line in describe(settings)}
    assert sources["port"] == "command line"
    assert sources["host"] == "environment"
    assert sources["log.level"] == "settings.toml"
    assert sources["embedder.kind"] == "default"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CUEBOOK_PORT", "many", "CUEBOOK_PORT (`port` in settings.toml) 'many'"),
        ("CUEBOOK_EMBEDER__KIND", "minilm", "did you mean CUEBOOK_EMBEDDER__KIND?"),
        ("CUEBOOK_EMBEDDER__KIND", "bert", "'minilm', 'openai' or 'hashing'"),
        ("CUEBOOK_EMBEDDER__KIND", "openai", "needs `url` and `model`"),
        ("CUEBOOK_MODEL__NAME", "llama", "`name` and `url` go together"),
        ("CUEBOOK_EMBEDDER__URL", "ftp://x", "no http(s) address"),
        ("CUEBOOK_API_TOKENS", '[{"name": "ci", "token": "short"}]', "shorter than 16 characters"),
        ("CUEBOOK_API_TOKENS", "[{", "no valid JSON"),
        ("CUEBOOK_SOURCES", "[1", "starts like a JSON list"),
    ],
)
def test_a_wrong_variable_is_named(
    name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsInvalid) as refused:
        load()

    assert message in str(refused.value)


def test_a_refused_value_that_may_be_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUEBOOK_MODEL__URL", "http://ada:hunter2@models.example/v1")
    monkeypatch.setenv("CUEBOOK_API_TOKENS", '[{"name": "ci", "token": "hunter3"}]')

    with pytest.raises(SettingsInvalid) as refused:
        load()

    assert "hunter" not in str(refused.value)


def test_a_broken_settings_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("port = ")

    with pytest.raises(SettingsInvalid, match=r"settings\.toml cannot be read"):
        load({"home": tmp_path})


def test_an_unknown_key_in_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("prot = 1")

    with pytest.raises(SettingsInvalid, match="prot"):
        load({"home": tmp_path})


def test_paths_are_separated_as_in_a_shell_or_written_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUEBOOK_SOURCES", "a:b")
    assert load().sources == (Path("a"), Path("b"))

    monkeypatch.setenv("CUEBOOK_SOURCES", '["c d"]')
    assert load().sources == (Path("c d"),)


def test_secrets_are_described_without_their_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUEBOOK_API_TOKENS", f'[{{"name": "ci", "token": "{TOKEN}"}}]')
    monkeypatch.setenv("CUEBOOK_EMBEDDER__API_KEY", TOKEN)

    settings = load()

    assert TOKEN not in str(describe(settings)) + repr(settings)
    assert settings.secrets == (TOKEN, TOKEN)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(Settings(sources=()), "port", 1)  # noqa: B010 - mypy would not let an assignment pass


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("build-7", False)],
)
def test_only_loopback_counts_as_this_machine(host: str, loopback: bool) -> None:
    assert Settings(host=host, sources=()).on_loopback is loopback


def test_a_checkout_indexes_the_demo_and_itself_and_other_folders_nothing(tmp_path: Path) -> None:
    assert default_sources(tmp_path) == ()

    (tmp_path / "examples" / "org").mkdir(parents=True)
    (tmp_path / "catalog-info.yaml").touch()

    assert default_sources(tmp_path) == (tmp_path / "examples/org", tmp_path / "catalog-info.yaml")
