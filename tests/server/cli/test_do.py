"""`cuebook do`: a request in words is answered or planned, never more."""

from tests.server.cli.conftest import Cuebook


def test_a_read_is_answered_and_what_was_understood_is_told_beside_it(indexed: Cuebook) -> None:
    ran = indexed("do", "describe", "night-index")

    assert ran.json["card"]["entity"] == "component:default/night-index"
    assert ran.err.startswith('describe_entity {"entity": "component:default/night-index"}')


def test_an_effect_ends_in_a_plan(indexed: Cuebook) -> None:
    ran = indexed("do", "--json", "please refresh the index")

    assert ran.json["route"]["actions"][0]["action"] == "refresh_index"
    assert ran.json["result"]["status"] in {"planned", "waiting"}
    assert ran.json["result"]["receipt"] is None


def test_what_is_missing_is_asked_for(indexed: Cuebook) -> None:
    ran = indexed("do", "scaffold a training job called tempo")

    assert ran.code == 2
    assert "missing owner" in ran.out
    assert "group:default/retrieval" in ran.out


def test_what_no_action_does_is_refused(indexed: Cuebook) -> None:
    ran = indexed("do", "delete night-index")

    assert ran.code == 7
    assert "No action does that" in ran.out
