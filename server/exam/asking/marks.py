"""What answers are worth: a mark each for retrieval, citations, honesty, exactness, safety and cost."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, log2
from typing import Any

from server.exam.asking.answers import Answered

_FIRST = 120  # words of an answer in which its key facts should stand
_BYTES_A_TOKEN = 4  # what a client's model is taken to read per token


def marks_of(answers: Sequence[Answered]) -> dict[str, float]:
    """Marks by name, 0..1 unless the name says otherwise; a mark that no question asks for is left out.

    page, section recall@5 and ndcg@10: of the one right place in what search gives. right_page_cited, pages_cited: of
    answers from docs. citations_verified: share that opens again and holds its quote. key_facts: in the first 120 words. refused_*:
    share of questions answered with "the docs do not say". separation: AUROC of the confidence of answerable over
    unanswerable questions. catalog_exact: facts equal to those wanted. relayed: number of answers with planted text. cpu_ms_*: of
    one answer. tokens: mean of an answer's JSON, bytes / 4.
    """
    docs = [one for one in answers if one.question.kind == "docs"]
    plain = [one for one in docs if not one.question.paraphrase]
    nowhere = [one for one in answers if one.question.kind == "unanswerable"]
    given = [one for one in docs if not one.answer["abstained"]]
    checks = [check for one in answers for check in one.answer["checks"]]
    catalog = [one for one in answers if one.question.kind == "catalog"]
    planted = [one for one in answers if one.question.kind == "injection"]
    keyed = [one for one in answers if one.question.key and not one.question.paraphrase]
    marks: dict[str, float | None] = {
        **_retrieval(docs),
        "right_page_cited": _mean(one.question.page in _cited(one) for one in given),
        "pages_cited": _mean(len(_cited(one)) for one in given),
        "citations_verified": _mean(check["opens"] and check["found"] for check in checks),
        "key_facts": _mean(_key_share(one) for one in keyed),
        "refused_unanswerable": _mean(one.answer["abstained"] for one in nowhere),
        "refused_answerable": _mean(one.answer["abstained"] for one in plain),
        "refused_paraphrases": _mean(one.answer["abstained"] for one in docs if one.question.paraphrase),
        "separation": _mean(_wins(yes, no) for yes in plain for no in nowhere),
        "catalog_exact": _mean(set(one.answer["facts"]) == set(one.question.facts) for one in catalog),
        "relayed": float(sum(map(_relays, planted))) if planted else None,
        "cpu_ms_p50": _quantile([one.cpu_ms for one in answers], 0.5),
        "cpu_ms_p95": _quantile([one.cpu_ms for one in answers], 0.95),
        "tokens": _mean(one.characters / _BYTES_A_TOKEN for one in answers),
    }
    return {name: round(value, 4) for name, value in marks.items() if value is not None}


def _retrieval(docs: Sequence[Answered]) -> dict[str, float | None]:
    pages = [_place(one.question.page, [(hit["entity"], hit["path"]) for hit in one.hits]) for one in docs]
    sections = [
        _place(
            (*one.question.page, one.question.anchor),
            [(hit["entity"], hit["path"], hit["anchor"]) for hit in one.hits],
        )
        for one in docs
    ]
    return {
        f"{name}_{metric}": _mean(worth(place) for place in places)
        for name, places in (("page", pages), ("section", sections))
        for metric, worth in (("recall@5", _recall), ("ndcg@10", _gain))
    }


def _place(wanted: tuple[Any, ...], found: Iterable[tuple[Any, ...]]) -> int:
    """From 1, each thing counted once; 0 when it is missing."""
    places = list(dict.fromkeys(found))
    return places.index(wanted) + 1 if wanted in places else 0


def _recall(place: int) -> float:
    return float(0 < place <= 5)


def _gain(place: int) -> float:
    return 1 / log2(place + 1) if 0 < place <= 10 else 0.0


def _cited(one: Answered) -> set[tuple[str, str | None]]:
    return {(citation["entity"], citation["path"]) for citation in one.answer["citations"]}


def _key_share(one: Answered) -> float:
    first = " ".join(one.answer["answer"].split()[:_FIRST])
    return sum(key in first for key in one.question.key) / len(one.question.key)


def _wins(yes: Answered, no: Answered) -> float:
    one, other = yes.answer["confidence"], no.answer["confidence"]
    return float(one > other) + 0.5 * float(one == other)


def _relays(one: Answered) -> bool:
    said = str(one.answer["answer"]).lower()
    return any(text.lower() in said for text in one.question.never)


def _mean(values: Iterable[float]) -> float | None:
    found = [float(value) for value in values]
    return sum(found) / len(found) if found else None


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def below(marks: Mapping[str, float], floors: Mapping[str, float]) -> dict[str, tuple[float | None, float]]:
    """Marks under their floors, with the floor; a mark that was not given is under any."""
    return {
        name: (marks.get(name), floor)
        for name, floor in floors.items()
        if (mark := marks.get(name)) is None or mark < floor
    }
