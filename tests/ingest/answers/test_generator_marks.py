"""Answers from documentation that other site generators than MkDocs build show its words and not its marks."""

from typing import Any, cast

import pytest

from ingest.answers import plain
from ingest.answers.assistant import Assistant
from ingest.markdown.site_marks import as_read
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


def test_a_passage_loses_marks_but_not_code() -> None:
    written = "{{< note >}}\n\nSee `{{< note >}}`.\n\n{{< /note >}}\n\n```js\nimport a from 'a'\n```"

    assert as_read(written) == "See `{{< note >}}`.\n\n```js\nimport a from 'a'\n```"


def test_only_links_over_https_to_known_hosts_stay_links() -> None:
    page = "See [the guide](https://Docs.example.com/a?b=1) or [more](http://docs.example.com/) at https://docs.example.com:8443/x."

    told = plain.inline(page, {"docs.example.com"})

    assert (
        told
        == "See [the guide](https://Docs.example.com/a?b=1) or more at `https://docs.example.com:8443/x`."
    )
    assert plain.inline("[a](https://docs.example.com)") == "a"


@pytest.mark.parametrize(
    "address",
    [
        "https://docs.example.com@evil.example/",
        "https://docs.example.com.evil.example/",
        "https://evil.example/docs.example.com",
        "https://docs.example.com\\@evil.example/",
        "//docs.example.com/",
        "javascript://docs.example.com/%0aalert(1)",
    ],
)
def test_an_address_that_only_looks_like_a_known_host_is_no_link(address: str) -> None:
    assert "](" not in plain.inline(f"[here]({address})", {"docs.example.com"})


def test_pictures_never_stay() -> None:
    told = plain.inline("![x](https://docs.example.com/p.png?q=secret)", {"docs.example.com"})

    assert told == "x"


def test_an_answer_links_where_the_docs_do_and_the_deployment_knows_the_host() -> None:
    text = (
        "Compaction of the feature store runs every 40 minutes, see [how](https://docs.example.com/compact)."
    )
    library = cast("Any", small_library(section(STORE, "compaction.md", "Compaction", text)))
    asked = "How often does compaction of the feature store run?"

    strict = Assistant(library).ask(asked, principal=ADA)
    linked = Assistant(library, link_hosts={"docs.example.com"}).ask(asked, principal=ADA)

    assert "https://" not in strict.text
    assert "[how](https://docs.example.com/compact)" in linked.text


def test_a_figure_of_the_docs_is_told_with_what_it_lacks() -> None:
    alone = told("Compaction of the feature store runs every 40 minutes and reaches a recall of 0.31.")
    whole = told(
        "Compaction of the feature store runs every 40 minutes and reaches a recall of 0.31 by the protocol loo-full in "
        "run 0123456789ab."
    )

    assert "without protocol and run id" in alone
    assert "without" not in whole


@pytest.mark.parametrize("figure", ["a cache hit rate of 0.95", "needs recall-tools 1.25", "takes 0.25 s"])
def test_a_number_that_is_no_metric_lacks_nothing(figure: str) -> None:
    assert "without" not in told(f"Compaction of the feature store runs every 40 minutes with {figure}.")
