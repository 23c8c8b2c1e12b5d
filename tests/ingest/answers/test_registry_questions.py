"""Questions that the registry alone answers: which model is best, and about versions that no entity stands for."""

from dataclasses import replace
from typing import Any

import pytest

from ingest.answers import Answer, is_verbatim
from ingest.entities import Entity
from ingest.errors import ModelBookUnavailable, NotFound
from ingest.model_book import FakeModelBook, Measure
from tests.ingest.answers.models import BACKUP_3, ENTITIES, LOO, MIX, MIX_1, RANKING, models_library
from tests.ingest.answers.small_library import ADA, SmallLibrary, assistant, entity, small_library

HOLDER = "resource:default/registry"
TRIED = replace(
    MIX_1, name="als-1125", aliases=(), run_id="run-that-made-als",
    judgements=(replace(LOO, measures=(Measure("ndcg@10", 0.2, 0.1, 0.3), Measure("recall@50", 0.3, 0.2, 0.4))),),
)  # fmt: skip
STRICT = replace(LOO, protocol="loo-full", protocol_hash="f" * 64)
STRICT_1 = replace(MIX_1, name="strict", aliases=(), judgements=(STRICT,))


def library(**changes: Any) -> SmallLibrary:
    """mix:1 with its entity; als-1125:1 and strict:1, which no entity stands for; two protocols that are entities."""
    own = [
        entity("Resource", "registry", type="model-registry", owner="platform"),
        *(entity("Resource", name, type="evaluation-protocol") for name in ("loo-refit", "loo-full")),
    ]
    made = small_library(*models_library().sections, entities=(*ENTITIES, *own))
    held = {
        "mix": MIX_1,
        "als-1125": TRIED,
        "als-1125:1": TRIED,
        "strict": STRICT_1,
        "mix:1": MIX_1,
        "strict:1": STRICT_1,
    }
    made.models = FakeModelBook(held)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def ask(question: str, of: SmallLibrary | None = None) -> Answer:
    return assistant(of or library()).ask(question, principal=ADA)


@pytest.mark.parametrize(
    ("question", "facts"),
    [
        ("Which model is best on loo-refit?", ("als-1125:1", "mix:1")),
        ("What is the best model on loo-refit by recall@50?", ("mix:1", "als-1125:1")),
        ("Which model has the highest recall on loo-full?", ("strict:1",)),
        ("Rank the models", ("als-1125:1", "mix:1", "strict:1")),
        ("How good is als-1125?", ("als-1125:1",)),
        ("Who owns the model als-1125:1?", ("als-1125:1",)),
        ("What is als-1125?", ("als-1125:1",)),
        ("How good is the model strict?", ("strict:1",)),
    ],
)
def test_the_registry_answers_what_only_it_knows(question: str, facts: tuple[str, ...]) -> None:
    answer = ask(question)

    assert (answer.facts, answer.produced_by) == (facts, "registry")


@pytest.mark.parametrize(
    "question",
    [
        "Which model is best for Radio?",  # that is about Radio
        "What is the best way to roll back a model?",
        "How strict is the gate?",
        "How good is als-1125-b?",
        "How good is als-1125:7?",
        "Which model is best on holdout-random?",
    ],
)
def test_what_the_registry_does_not_know_is_left_to_the_docs(question: str) -> None:
    assert ask(question).produced_by != "registry"


def test_versions_are_ranked_within_one_protocol_and_each_line_opens() -> None:
    of = library()
    answer = ask("Which model is best?", of)

    full, strict = answer.text.split("\n\nOf ")
    assert (
        "Of 2 versions that `loo-refit` (hash `86db35657ea0`) judged on the data `world-0`, `als-1125:1` has"
        in full
    )
    assert "1 versions that `loo-full` (hash `ffffffffffff`)" in strict
    assert "cuebook models compare als-1125:1 mix:1" in answer.note
    assert [one.entity for one in answer.citations] == [HOLDER, MIX, HOLDER]
    for one in answer.citations:
        assert is_verbatim(one, of.section(one.entity, one.path, one.anchor, principal=ADA).text)


def test_a_version_without_entity_is_told_with_owner_run_and_the_figure_asked_for() -> None:
    told = ask("What is the recall@50 of als-1125?").text

    for fact in (RANKING, "run-that-made-als", "recall@50 0.3000", "loo-refit", "world-0"):
        assert fact in told
    assert "ndcg@10" not in told


def test_a_model_whose_entity_is_hidden_stays_hidden() -> None:
    def may_see(one: Entity) -> bool:
        return str(one.ref) != MIX

    of = library(may_see=may_see)

    assert "`mix:1`" not in ask("Which model is best on loo-refit?", of).text
    assert ask("How good is mix:1?", of).produced_by != "registry"
    with pytest.raises(NotFound):
        of.page(HOLDER, "registry:mix/1", principal=ADA)


def test_without_an_entity_of_the_registry_its_versions_have_no_page_and_are_not_told() -> None:
    of = models_library(mix=MIX_1, als=TRIED, item_knn=BACKUP_3)

    assert ask("How good is als-1125?", of).produced_by != "registry"


def test_a_registry_that_cannot_be_read_leaves_the_question_to_the_docs() -> None:
    of = library(models=FakeModelBook(problem=ModelBookUnavailable("version 9")))

    assert ask("Which model is best?", of).produced_by != "registry"
