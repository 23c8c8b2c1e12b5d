"""Puts the questions that pages declare to an index of these pages, made for that and thrown away."""

import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from ingest.answers.assistant import Assistant
from ingest.declared_questions import DeclaredQuestion, declared, why_broken
from ingest.documents import Corpus
from ingest.index.build import build_index
from ingest.library import Library
from server.indexing import Progress
from server.parts import make_embedder
from server.settings import Settings
from tools.principal import LOCAL, Principal


@dataclass(frozen=True, slots=True)
class Tested:
    """One declared question; `why` is empty when it is answered as declared. `seconds` is wall time."""

    entity: str
    path: str
    question: str
    why: str
    seconds: float = 0.0


def tested(corpus: Corpus, *, settings: Settings, progress: Progress | None = None) -> tuple[Tested, ...]:
    """Every question that a page of `corpus` declares, and every declaration that cannot be used.

    Answered without a model, so that the result is the same each time. What was embedded for the home's index is not
    embedded again. Raises what `build_index` raises.
    """
    found = [(page, declared(page)) for page in corpus.pages]
    broken = [
        Tested(str(page.entity), page.path, "", problem) for page, each in found for problem in each.problems
    ]
    questions = [question for _, each in found for question in each.questions]
    if not questions:
        return tuple(broken)
    with tempfile.TemporaryDirectory(prefix="cuebook-docs-test-") as folder:
        home = Path(folder)
        _bring_embeddings(settings.home, home)
        embedder = make_embedder(settings)
        build_index(corpus, home=home, embedder=embedder, progress=progress)
        with closing(Library.open(home, embedder=embedder)) as library:
            assistant = Assistant(library)
            return (*broken, *(_tested(question, assistant) for question in questions))


def _tested(question: DeclaredQuestion, assistant: Assistant) -> Tested:
    started = time.perf_counter()
    answer = assistant.ask(question.ask, principal=Principal(ref=LOCAL))
    why = why_broken(question, answer)
    seconds = round(time.perf_counter() - started, 3)
    return Tested(str(question.entity), question.path, question.ask, why, seconds)


def junit(results: Sequence[Tested]) -> str:
    """The results as JUnit XML, a test case for each question and a suite for each page."""
    root = ElementTree.Element("testsuites", name="cuebook docs test")
    pages = dict.fromkeys((each.entity, each.path) for each in results)
    for entity, path in pages:
        of_page = [each for each in results if (each.entity, each.path) == (entity, path)]
        suite = ElementTree.SubElement(root, "testsuite", name=f"{entity} {path}", tests=str(len(of_page)))
        suite.set("failures", str(sum(bool(each.why) for each in of_page)))
        for each in of_page:
            name = each.question or "its front matter"
            case = ElementTree.SubElement(
                suite, "testcase", classname=f"{entity} {path}", name=name, time=f"{each.seconds:.3f}"
            )
            if each.why:
                ElementTree.SubElement(case, "failure", message=each.why)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _bring_embeddings(home: Path, to: Path) -> None:
    """Copy what the home has embedded. It is only a cache: where it cannot be read, everything is embedded."""
    (to / "index").mkdir()
    for path in sorted((home / "index").glob("*.sqlite")):
        try:
            with (
                closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as reader,
                closing(sqlite3.connect(to / "index" / path.name)) as writer,
            ):
                reader.backup(writer)
        except sqlite3.Error:
            (to / "index" / path.name).unlink(missing_ok=True)
