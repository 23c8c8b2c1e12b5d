import pytest

from server.approving.passphrases import NOBODYS, Passphrase, unusable


def test_a_passphrase_matches_in_any_spelling_and_nothing_else_does() -> None:
    kept = Passphrase.of("caffé latte at nine")
    assert kept.matches("caffe\u0301 latte at nine")
    assert not kept.matches("caffe latte at nine")
    assert kept.n >= 2**15
    assert "latte" not in kept.model_dump_json()
    assert Passphrase.of("caffé latte at nine") != kept


def test_nobodys_passphrase_is_none() -> None:
    assert not NOBODYS.matches("")


@pytest.mark.parametrize("text", ["", "short", "ababababababab", "x" * 1001, "ada-lovelaceada-lovelace"])
def test_what_is_easily_guessed_is_no_passphrase(text: str) -> None:
    assert unusable(text, name="ada-lovelace")


def test_a_cost_below_the_least_is_refused() -> None:
    with pytest.raises(ValueError, match="n"):
        Passphrase(salt="00" * 16, hash="0" * 64, n=2)
