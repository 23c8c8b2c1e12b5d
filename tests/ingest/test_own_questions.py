"""Our own pages answer what they declare: what `cuebook docs test` would say of this repository."""

from ingest.answers.assistant import Assistant
from ingest.declared_questions import declared, why_broken
from ingest.library import Library
from tools.principal import LOCAL, Principal


def test_our_pages_answer_what_they_declare(demo_library: Library) -> None:
    reader, assistant = Principal(ref=LOCAL), Assistant(demo_library)
    entries = demo_library.pages("component:default/cuebook-server", principal=reader)
    pages = [
        demo_library.page("component:default/cuebook-server", one.path, principal=reader) for one in entries
    ]
    found = [declared(page) for page in pages]
    questions = [question for each in found for question in each.questions]

    assert [problem for each in found for problem in each.problems] == []
    assert len(questions) >= 4
    answered = [(one, assistant.ask(one.ask, principal=reader)) for one in questions]
    assert [(one.ask, why) for one, answer in answered if (why := why_broken(one, answer))] == []
