"""Answers from documentation that other site generators than MkDocs build show its words and not its marks."""

import pytest

from tests.ingest.answers.small_library import ADA, STORE, assistant, section, small_library


def told(text: str) -> str:
    page = section(STORE, "compaction.md", "Compaction", text)
    answer = assistant(small_library(page)).ask(
        "How often does compaction of the feature store run?", principal=ADA
    )
    assert not answer.abstained
    for citation in answer.citations:
        assert citation.path != "compaction.md" or citation.quote in text
    return answer.text


@pytest.mark.parametrize(
    "text",
    [
        "{{< note >}}\nCompaction of the feature store runs every 40 minutes.\n{{< /note >}}",
        ":::note Timing\n\nCompaction of the feature store runs every 40 minutes.\n\n:::",
        "import Tabs from '@theme/Tabs';\n\n<Tabs>\n\nCompaction of the feature store runs every 40 minutes.\n\n</Tabs>",
        '{{% alert title="Note" %}}\nCompaction of the {{< term text="feature store" >}} runs every 40 minutes.\n{{% /alert %}}',
        '<Admonition type="note">Compaction of the feature store runs every 40 minutes.</Admonition>',
        "1. Wait: compaction of the feature store runs every 40 minutes.\n\n    :::tip\n    Be patient.\n    :::\n\n2. Look at compaction again.",
    ],
)
def test_marks_do_not_show(text: str) -> None:
    answer = told(text)

    assert "ompaction of the feature store runs every 40 minutes." in answer
    for mark in ("{{", "}}", ":::", "import ", "<Tabs", "<Admonition", "</"):
        assert mark not in answer


def test_code_keeps_what_looks_like_a_mark() -> None:
    answer = told(
        "Compaction of the feature store runs as set here:\n\n```\n{{< note >}}\nimport a from 'a'\n:::\n```"
    )

    assert "{{< note >}}\nimport a from 'a'\n:::" in answer
